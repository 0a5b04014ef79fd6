import asyncio
import bz2
import errno
import gzip
import lzma
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core.event import Batch, Position
from logwatcher.core.formats import FORMATS, MAX_LINE
from logwatcher.sources import chain, rotation
from logwatcher.sources.lines import Tally
from logwatcher.sources.logfile import Mark
from logwatcher.sources.lookout import POLL_S, Lookout
from logwatcher.sources.tail import MAX_BATCH, RETRY_S, Follower, follow

parse = FORMATS["combined"].parse


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


def compress(path: Path, suffix: str = ".gz") -> Path:
    """As gzip and its like do it: the time of the last writing stays."""
    packed = path.with_name(path.name + suffix)
    packed.write_bytes(COMPRESS[suffix](path.read_bytes()))
    shutil.copystat(path, packed)
    path.unlink()
    return packed


def line(name: object, end: str = "\n") -> str:
    return f'::1 - - [12/May/2024:06:25:03 +0000] "GET /{name} HTTP/1.1" 200 2 "-" "-"{end}'


class Log:
    """A log file, what is written to it, and what is read of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0
        self.position: Position | None = None
        self.read: list[str] = []
        self.tally = Tally()
        self.follower = Follower(path, "web", parse)

    def start(self, *, from_end: bool = False) -> None:
        """As a new process would, from the last position that was saved."""
        self.follower.close()
        self.follower = Follower(
            self.path,
            "web",
            parse,
            position=self.position,
            from_end=from_end,
        )

    def write(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)

    def write_lines(self, count: int = 1) -> None:
        """Lines of their own paths."""
        for _ in range(count):
            self.write(line(self.written))
            self.written += 1

    def look(self) -> list[Batch]:
        """Read once, and save events and position, as one transaction does."""
        batches = self.follower.read()
        for batch in batches:
            self.read += [event.path for event in batch.events]
            self.position = batch.position
            self.tally.add(Tally(len(batch.events), batch.unmatched, list(batch.samples)))
        return batches

    def catch_up(self) -> list[str]:
        """Read until nothing comes any more."""
        silent = 0
        while silent < 3 or self.follower.pause_s == 0:
            silent = 0 if self.look() else silent + 1
        return self.read

    def rotate(self) -> Path:
        """As logrotate does: ``.1`` becomes ``.2`` and so on before."""
        old = self.make_room()
        self.path.rename(old)
        return old

    def make_room(self) -> Path:
        """Where the next old file belongs."""
        stem = self.path.name + "."
        names = [path.name.removeprefix(stem) for path in self.path.parent.glob(f"{stem}[0-9]*")]
        for name in sorted(names, key=lambda name: -int(name.partition(".")[0])):
            number, dot, suffix = name.partition(".")
            new = self.path.with_name(f"{stem}{int(number) + 1}{dot}{suffix}")
            self.path.with_name(stem + name).rename(new)
        return self.path.with_name(stem + "1")

    def copy_and_truncate(self) -> Path:
        copy = self.make_room()
        shutil.copyfile(self.path, copy)
        os.truncate(self.path, 0)
        os.utime(self.path)  # to the ns; by itself a truncation is timed by the kernel's tick
        return copy

    @property
    def expected(self) -> list[str]:
        return [f"/{number}" for number in range(self.written)]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be silent for a while before it is done with."""
    monkeypatch.setattr(chain, "GRACE_S", 0)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "access.log")
    yield log
    log.follower.close()


def test_what_is_there_and_what_comes_is_read(log: Log) -> None:
    log.write_lines(3)
    assert log.catch_up() == ["/0", "/1", "/2"]
    log.write_lines(2)
    assert log.catch_up() == log.expected
    assert log.tally.matched == 5


def test_a_file_that_is_not_there_is_waited_for(log: Log) -> None:
    assert log.look() == []
    log.write_lines()
    assert log.catch_up() == ["/0"]


def test_from_the_end_means_from_the_next_whole_line(log: Log) -> None:
    log.write_lines(2)
    log.write("half of ")
    log.start(from_end=True)
    assert log.catch_up() == []
    log.write("a line\n" + line("new"))
    assert log.catch_up() == ["/new"]
    assert log.tally.unmatched == 1


def test_the_end_is_remembered_though_nothing_has_come(log: Log) -> None:
    log.write_lines(2)
    log.start(from_end=True)
    assert log.catch_up() == []
    log.write(line("new"))
    log.start()
    assert log.catch_up() == ["/new"]


def test_the_end_of_an_empty_file_is_its_start(log: Log) -> None:
    log.path.touch()
    log.start(from_end=True)
    log.look()
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_file_made_later_is_read_from_its_start(log: Log) -> None:
    log.start(from_end=True)
    assert log.look() == []
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_line_is_not_read_before_its_end(log: Log) -> None:
    first, second = line("a")[:30], line("a")[30:]
    log.write(first)
    assert log.catch_up() == []
    log.write(second)
    assert log.catch_up() == ["/a"]
    assert log.tally.unmatched == 0


def test_the_position_is_behind_the_last_whole_line(log: Log) -> None:
    log.write(line("a") + "half")
    log.catch_up()
    assert log.position is not None
    assert log.position.offset == len(line("a"))
    assert log.position.path == str(log.path)
    assert log.position.inode == log.path.stat().st_ino


def test_a_restart_goes_on_behind_the_last_batch(log: Log) -> None:
    log.write_lines(2)
    log.write(line("x")[:20])
    log.catch_up()
    log.start()
    log.write(line("x")[20:])
    assert log.catch_up() == ["/0", "/1", "/x"]


def test_a_restart_in_the_middle_of_a_backlog_repeats_nothing(log: Log) -> None:
    log.write_lines(2 * MAX_BATCH + 500)
    while log.look():
        log.start()
    assert log.read == log.expected


def test_batches_are_bounded_and_each_has_its_own_position(log: Log) -> None:
    log.write(("x" * 20 + "\n") * 5 * MAX_BATCH)
    log.write_lines(1)
    offsets = []
    while batches := log.look():
        offsets += [batch.position.offset for batch in batches if batch.position]
    assert offsets == sorted(set(offsets))
    assert len(offsets) >= 5
    assert log.tally.unmatched == 5 * MAX_BATCH


def test_lines_that_are_no_events_move_the_position_too(log: Log) -> None:
    log.write("nonsense\n")
    [batch] = log.look()
    assert batch.events == []
    assert batch.position is not None
    assert batch.position.offset == len("nonsense\n")


def test_a_renamed_file_is_read_to_its_end_first(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(1)
    old = log.rotate()
    with old.open("a") as writer:  # has not been told yet
        writer.write(line(3))
    log.written = 4
    assert log.catch_up() == log.expected
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_renamed_file_is_read_while_the_new_one_is_empty(log: Log) -> None:
    log.write_lines(1)
    log.catch_up()
    old = log.rotate()
    log.path.touch()
    log.catch_up()
    with old.open("a") as writer:
        writer.write(line(1))
    log.written = 2
    assert log.catch_up() == log.expected
    log.write_lines(1)
    assert log.catch_up() == log.expected


def test_a_renamed_file_has_some_time_to_become_silent(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "GRACE_S", 60)
    log.write_lines(1)
    log.catch_up()
    old = log.rotate()
    log.write(line(2))
    assert log.catch_up() == ["/0"]
    with old.open("a") as writer:
        writer.write(line(1))
    assert log.catch_up() == ["/0", "/1"]


def test_the_last_line_of_a_renamed_file_needs_no_end(log: Log) -> None:
    log.write(line("a", end=""))
    log.look()
    log.rotate()
    log.write(line("b"))
    assert log.catch_up() == ["/a", "/b"]


def test_several_rotations_between_two_looks_at_the_lines_are_followed(log: Log) -> None:
    log.write_lines(2 * MAX_BATCH)
    log.look()
    for number in range(3):
        log.path.rename(log.path.with_name(f"old.{number}"))
        log.write_lines(2)
        log.look()
    assert log.catch_up() == log.expected


def test_a_removed_file_comes_back(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.path.unlink()
    assert log.catch_up() == log.expected
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_copied_and_truncated_file_is_read_from_its_start(log: Log) -> None:
    log.write_lines(3)
    log.catch_up()
    shutil.copy(log.path, log.path.with_suffix(".1"))
    os.truncate(log.path, 0)
    assert log.catch_up() == log.expected
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_truncated_file_that_has_grown_beyond_its_old_size_is_noticed(log: Log) -> None:
    log.write_lines(3)
    log.catch_up()
    os.truncate(log.path, 0)
    log.write_lines(10)
    assert log.catch_up() == log.expected


def test_a_writer_that_keeps_its_place_leaves_a_hole_that_is_skipped(log: Log) -> None:
    with log.path.open("w") as writer:
        writer.write(line(0) * 2000)
        writer.flush()
        log.catch_up()
        os.truncate(log.path, 0)
        writer.write(line(1))
    assert log.catch_up() == ["/0"] * 2000 + ["/1"]
    assert log.tally.unmatched == 0


def test_a_restart_finds_the_file_that_was_renamed_meanwhile(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)
    log.rotate()
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected


def test_a_restart_finds_it_before_the_new_one_is_made(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)
    log.rotate()
    log.start()
    assert log.catch_up() == log.expected
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_restart_after_a_truncation_begins_again(log: Log) -> None:
    log.write_lines(3)
    log.catch_up()
    os.truncate(log.path, 0)
    log.write_lines(10)
    log.start()
    assert log.catch_up() == log.expected


def test_another_file_with_the_same_inode_is_not_taken_for_the_old_one(log: Log) -> None:
    log.write_lines(3)
    log.catch_up()
    with log.path.open("r+") as file:
        file.write(line("new") * 10)
    log.start()
    log.read.clear()
    assert log.catch_up() == ["/new"] * 10


def test_a_file_that_is_gone_is_not_looked_for_forever(log: Log) -> None:
    log.write_lines(3)
    log.catch_up()
    log.path.rename(log.path.with_name("elsewhere"))
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected


def test_all_files_that_were_renamed_meanwhile_are_read_in_order(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    for _ in range(12):
        log.write_lines(2)
        log.rotate()
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected


@pytest.mark.parametrize(
    "name",
    [
        "access.log-202405{:02}",
        "access.log.2024-05-{:02}",
        "access.log-2024-05-01_{:02}",
        "access.log-17154903{:02}",
        "access-202405{:02}.log",
    ],
)
def test_files_with_dates_in_their_names_are_read_in_order(log: Log, name: str) -> None:
    log.write_lines(2)
    log.catch_up()
    for day in (9, 10, 11, 12):
        log.write_lines(2)
        log.path.rename(log.path.with_name(name.format(day)))
    compress(log.path.with_name(name.format(10)))
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected


def test_where_names_do_not_tell_the_order_the_last_writing_does(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    for age, name in enumerate(["access.log-20240512", "access.log.1", "access.log-20240510"]):
        log.write_lines(2)
        old = log.path.rename(log.path.with_name(name))
        os.utime(old, (1_715_000_000 + age, 1_715_000_000 + age))
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected


def test_other_files_beside_it_are_not_read(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.rotate()
    for name in ["access.log.bak", "access.log~", "access.log.1.tmp", "access.logs", "error.log.1"]:
        log.path.with_name(name).write_text(line("other"))
    log.path.with_name("access.log.0").mkdir()
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_file_that_was_compressed_meanwhile_is_read_on(log: Log, suffix: str) -> None:
    log.write_lines(3)
    log.catch_up()
    log.write_lines(3)
    compress(log.rotate(), suffix)
    log.write_lines(3)
    compress(log.rotate(), suffix)
    log.write_lines(3)
    log.start()
    assert log.catch_up() == log.expected


def test_a_restart_goes_on_in_the_middle_of_a_compressed_file(log: Log) -> None:
    log.write_lines(1)
    log.catch_up()
    log.write_lines(2 * MAX_BATCH)
    compress(log.rotate())
    log.write_lines(1)
    log.start()
    while len(log.read) < MAX_BATCH:
        for batch in log.follower.read()[:1]:
            log.read += [event.path for event in batch.events]
            log.position = batch.position
    log.start()
    assert log.catch_up() == log.expected
    log.start()
    assert log.catch_up() == log.expected


def test_a_file_is_read_once_while_both_forms_of_it_are_there(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)
    old = log.rotate()
    packed = old.with_name("access.log.1.gz")
    packed.write_bytes(gzip.compress(old.read_bytes())[:-10])
    log.write_lines(2)
    log.start()
    assert log.catch_up() == log.expected
    assert log.tally.unmatched == 0


def test_an_open_file_that_gets_compressed_is_read_once(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)
    first = log.rotate()
    log.write_lines(2)
    log.look()
    compress(first)
    second = log.rotate()
    log.write_lines(2)
    log.follower._open()
    compress(second)
    assert log.catch_up() == log.expected


def test_a_compressed_file_that_is_cut_is_told_and_passed(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(1000)
    packed = compress(log.rotate())
    packed.write_bytes(packed.read_bytes()[:-10])
    log.write_lines(2)
    log.start()
    assert log.catch_up()[-2:] == log.expected[-2:]
    assert [sample.reason for sample in log.tally.samples] == [
        "access.log.1.gz: Compressed file ended before the end-of-stream marker was reached"
    ]


def test_old_files_that_can_not_be_read_are_told_and_passed(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_lines(2)
    log.catch_up()
    log.rotate()
    log.write_lines(1)
    log.rotate()
    log.write_lines(1)
    forbid(monkeypatch, log.path.with_name("access.log.1"))
    log.start()
    assert log.catch_up() == ["/0", "/1", "/3"]
    assert [sample.reason for sample in log.tally.samples] == ["access.log.1: Permission denied"]


def test_what_was_not_read_before_a_truncation_is_read_from_the_copy(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    for _ in range(3):
        log.write_lines(2)
        log.copy_and_truncate()
    log.write_lines(20)
    assert log.catch_up() == log.expected


def test_a_restart_finds_the_copies_that_were_made_meanwhile(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    for _ in range(3):
        log.write_lines(2)
        compress(log.copy_and_truncate())
    log.write_lines(20)
    log.start()
    assert log.catch_up() == log.expected


def test_a_copy_is_not_read_before_the_file_is_truncated(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.rotate()
    log.write_lines(20)
    log.start()
    copy = log.make_room()
    shutil.copyfile(log.path, copy)
    log.look()
    os.truncate(log.path, 0)
    assert log.catch_up() == log.expected
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_a_copy_is_read_though_nothing_is_written_after_the_truncation(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_lines(2)
    log.catch_up()
    log.rotate()
    log.write_lines(20)
    log.start()
    with monkeypatch.context() as patience:
        patience.setattr(chain, "GRACE_S", 60)
        log.look()
    log.copy_and_truncate()
    assert log.catch_up() == log.expected


def test_a_copy_is_read_though_nothing_was_seen_of_the_file_that_it_is_of(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.copy_and_truncate()
    assert log.catch_up() == log.expected
    log.write_lines(20)
    log.copy_and_truncate()
    assert log.catch_up() == log.expected


def test_a_copy_is_found_behind_an_empty_file_that_was_compressed(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.copy_and_truncate()
    log.catch_up()
    empty = log.rotate()
    log.look()
    compress(empty)
    log.write_lines(20)
    log.look()
    log.copy_and_truncate()
    assert log.catch_up() == log.expected


def test_a_copy_that_has_just_been_begun_is_not_taken_for_an_old_file(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.rotate()
    log.write_lines(20)
    copy = log.make_room()
    copy.touch()
    log.start()
    log.look()
    shutil.copyfile(log.path, copy)
    assert log.catch_up() == log.expected
    os.truncate(log.path, 0)
    log.write_lines(2)
    assert log.catch_up() == log.expected


def forbid(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let this file be one that may not be read; root may read all."""
    real = os.open

    def refuse(name: Path, flags: int) -> int:
        if Path(name) == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(name, flags)

    monkeypatch.setattr(os, "open", refuse)


def test_a_file_that_may_not_be_read_is_told_and_waited_for(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.rotate()
    log.write_lines(2)
    with pytest.MonkeyPatch.context() as monkeypatch:
        forbid(monkeypatch, log.path)
        assert log.catch_up() == ["/0", "/1"]
        assert log.follower.progress.fault == "Permission denied"
        assert log.follower.pause_s == POLL_S
    assert log.catch_up() == log.expected
    assert log.follower.progress.fault == ""


def test_a_disk_that_fails_is_waited_for(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)

    def fail(*arguments: object) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as broken:
        broken.setattr(os, "pread", fail)
        assert log.catch_up() == ["/0", "/1"]
        assert log.follower.progress.fault == "Stale file handle"
        assert log.follower.pause_s == RETRY_S
    assert log.catch_up() == log.expected


@pytest.mark.parametrize("failing", range(1, 7))
def test_no_line_is_passed_over_when_files_are_renamed_too_fast_to_be_seen(
    log: Log, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    calls = count(1)

    def trace(path: Path, mark: Mark) -> rotation.Trace:
        if next(calls) == failing:
            raise OSError(errno.EAGAIN, "its files are being renamed all the time")
        return rotation.trace(path, mark)

    monkeypatch.setattr(chain, "trace", trace)
    log.write_lines(2)
    log.catch_up()
    for _ in range(3):
        log.rotate()
        log.write_lines(20)
    log.start()
    log.catch_up()  # up to the failure, which is waited upon
    assert log.catch_up() == log.expected
    log.copy_and_truncate()
    log.write_lines(20)
    log.catch_up()
    assert log.catch_up() == log.expected
    assert next(calls) > failing


def test_a_position_is_kept_until_there_is_a_file_again(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    away = log.path.parent.rename(log.path.parent.with_name("away"))
    log.start()
    assert log.catch_up() == log.expected
    away.rename(log.path.parent)
    log.write_lines(2)
    assert log.catch_up() == log.expected


def test_what_is_behind_is_the_sum_of_all_files(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)
    log.rotate()
    log.write_lines(2)
    log.follower._open()
    assert log.follower.progress.behind == 4 * len(line(0))
    log.catch_up()
    assert log.follower.progress.behind == 0


def test_while_it_is_read_the_condition_is_the_last_one(log: Log) -> None:
    log.write_lines(2)
    log.catch_up()
    log.write_lines(2)
    with log.follower._lock:
        assert log.follower.progress.behind == 0


def test_a_line_of_twenty_megabytes_is_passed(log: Log) -> None:
    log.write("x" * 20_000_000)
    assert log.catch_up() == []
    log.write("\n")
    log.write_lines(1)
    assert log.catch_up() == log.expected
    assert log.tally.unmatched == 1
    assert log.tally.samples[0].reason == f"longer than {MAX_LINE} bytes"


def test_a_restart_within_a_long_line_begins_with_it(log: Log) -> None:
    log.write_lines(1)
    log.write("x" * 300_000)
    log.catch_up()
    log.start()
    log.write("\n")
    log.write_lines(1)
    assert log.catch_up() == log.expected
    assert log.tally.unmatched == 1


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (Path.mkdir, "is a directory, not a file"),
        (make_pipe, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/null"), "is not a regular file"),
        (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
    ],
)
def test_what_is_no_file_is_told_and_waited_for(
    log: Log, make: Callable[[Path], None], fault: str
) -> None:
    make(log.path)
    before = time.time()
    assert log.catch_up() == []
    progress = log.follower.progress
    assert progress.fault == fault
    assert before <= (progress.fault_since or 0) <= time.time()
    log.look()
    assert log.follower.progress.fault_since == progress.fault_since
    log.path.rename(log.path.with_name("elsewhere"))
    log.write_lines(1)
    assert log.catch_up() == ["/0"]
    assert log.follower.progress[:3] == (0, "", None)
    assert (log.follower.progress.read_at or 0) >= before


def test_a_closed_follower_reads_nothing(log: Log) -> None:
    log.write_lines(1)
    log.follower.close()
    assert log.look() == []


ACTIONS = [
    *("line", "lines", "half", "look", "glance", "restart", "rotate", "copy", "compress", "gone")
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.lists(st.sampled_from(ACTIONS), max_size=40))
def test_every_line_is_read_once_whatever_happens(tmp_path: Path, actions: list[str]) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    log = Log(tmp_path / "access.log")
    log.write_lines(1)
    log.look()
    for action in actions:
        act(log, action)
    if not log.path.exists():
        log.write_lines(1)  # until it has been made again, nobody looks for what it was meanwhile
    assert log.catch_up() == log.expected, actions
    assert log.tally.unmatched == 0
    log.follower.close()


def act(log: Log, action: str) -> None:
    """Do what servers, logrotate and the reader's machine do."""
    if action in ("line", "lines"):
        log.write_lines(1 if action == "line" else 50)
    elif action == "half":
        text = line(log.written)
        log.write(text[:60])
        log.look()
        log.write(text[60:])
        log.written += 1
    elif action == "look":
        log.look()
    elif action == "glance":
        with pytest.MonkeyPatch.context() as patience:
            patience.setattr(chain, "GRACE_S", 60)
            log.look()
    elif action == "restart":
        log.start()
    elif action == "compress":
        plain = [path for path in log.path.parent.glob("access.log.*") if path.suffix != ".gz"]
        if plain:
            compress(min(plain))
    elif not log.path.exists():
        return
    elif action == "rotate":
        log.rotate()
    elif action == "copy":
        log.copy_and_truncate()
    else:
        log.catch_up()  # else it would be lost
        log.path.unlink()
        log.write_lines(1)
        log.catch_up()


async def collect(
    path: Path, is_enough: Callable[[list[str]], bool], *, timeout_s: float = 30
) -> list[str]:
    """The paths that ``follow`` yields, until there are enough."""
    read: list[str] = []
    batches = follow(Follower(path, "web", parse), Lookout(0.01))
    async with asyncio.timeout(timeout_s):
        async for batch in batches:
            assert batch.source == "web"
            assert len(batch.events) <= MAX_BATCH
            read += [event.path for event in batch.events]
            if is_enough(read):
                break
    await batches.aclose()
    return read


def test_tail_survives_rotations_under_load(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    total, per_file = 40_000, 10_000

    def write() -> None:
        for first in range(0, total, per_file):
            with path.open("a", buffering=1 << 12) as file:  # cuts lines anywhere
                for number in range(first, first + per_file):
                    file.write(line(number))
                    if number % 200 == 0:
                        time.sleep(0.001)
            if first + per_file < total:
                path.rename(path.with_name(f"access.log.{first}"))

    writer = threading.Thread(target=write)
    writer.start()
    read = asyncio.run(collect(path, lambda read: len(read) >= total))
    writer.join()
    assert read == [f"/{number}" for number in range(total)]


def test_tail_delivers_within_a_tenth_of_a_second_or_so(tmp_path: Path) -> None:
    path = tmp_path / "access.log"

    async def measure() -> float:
        path.write_text(line("first"))
        batches = follow(Follower(path, "web", parse), Lookout())
        await anext(batches)
        waiting = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0.25)
        with path.open("a") as file:
            file.write(line("second"))
        written_at = time.monotonic()
        batch = await waiting
        await batches.aclose()
        assert [event.path for event in batch.events] == ["/second"]
        return time.monotonic() - written_at

    assert asyncio.run(measure()) < 1


def test_a_cancelled_tail_lets_go_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(line("a"))

    def is_open() -> bool:
        handles = Path("/proc/self/fd")
        return any(os.path.realpath(handle) == str(path) for handle in handles.iterdir())

    async def read() -> None:
        async for _ in follow(Follower(path, "web", parse), Lookout()):
            pass

    async def main() -> None:
        task = asyncio.create_task(read())
        await asyncio.sleep(0.2)
        assert is_open()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not is_open()
