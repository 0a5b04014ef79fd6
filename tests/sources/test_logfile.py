"""An open file knows how far it has been read, and whether it still is what was read of it."""

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from logwatcher.core.formats import FORMATS, MAX_LINE
from logwatcher.sources import logfile
from logwatcher.sources.archive import Broken, digest
from logwatcher.sources.logfile import HEAD, LogFile, PackedFile, Rewritten, Unfit, mark_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def log(path: Path) -> Iterator[LogFile]:
    """Of three lines, the last of which has no end yet."""
    path.write_bytes(b"a\nbb\nccc")
    with closing(LogFile(path)) as log:
        yield log


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(("make", "why"), [(Path.mkdir, "directory"), (os.mkfifo, "regular")])
def test_what_has_no_lines_is_refused_and_let_go_of(
    path: Path, make: Callable[[Path], object], why: str
) -> None:
    make(path)
    before = handles()
    with pytest.raises(Unfit, match=why):
        LogFile(path)
    assert handles() == before


def test_whole_lines_are_read_and_the_rest_once_it_has_an_end(path: Path, log: LogFile) -> None:
    assert log.is_unread
    assert (log.read_lines(), log.is_at_end) == ([b"a\n", b"bb\n"], False)
    assert (log.read_lines(), log.is_at_end) == ([], True)
    append(path, b"c\n")
    assert log.behind == 2
    assert log.read_lines() == [b"cccc\n"]
    assert log.behind == 0


def test_a_last_line_without_an_end_can_be_had(log: LogFile) -> None:
    log.read_lines()
    assert log.flush() == [b"ccc"]
    assert log.flush() == []


def test_the_mark_is_behind_the_last_whole_line(path: Path, log: LogFile) -> None:
    status = path.stat()
    log.read_lines()
    assert log.mark == (status.st_dev, status.st_ino, 5, 8, digest(b"a\nbb\nccc"))
    assert log.is_same(status.st_dev, status.st_ino)
    assert not log.is_same(status.st_dev, status.st_ino + 1)


def test_a_position_says_as_much_as_was_read_by_then(path: Path, log: LogFile) -> None:
    log.read_lines()
    position = log.position(path, behind=3)
    assert (position.path, position.offset) == (str(path), 2)
    assert position.fingerprint == digest(b"a\n")
    assert mark_of(position) == (position.device, position.inode, 2, 2, digest(b"a\n"))


def test_first_bytes_are_known_up_to_a_bound(path: Path) -> None:
    path.write_bytes(b"x" * HEAD + b"\nmore\n")
    with closing(LogFile(path)) as log:
        log.read_lines()
        assert log.head == b"x" * HEAD
        assert mark_of(log.position(path)).head_size == HEAD


def test_it_is_read_from_an_offset_or_from_the_end_if_that_comes_before(path: Path) -> None:
    path.write_bytes(b"a\nb\n")
    with closing(LogFile(path, 2)) as log:
        assert log.read_lines() == [b"b\n"]
    with closing(LogFile(path, 100)) as log:
        assert log.read_lines() == []
        append(path, b"c\n")
        assert log.read_lines() == [b"c\n"]


@pytest.mark.parametrize("content", [b"", b"a\n", b"A\nbb\ncccccccccc\n"])
def test_what_is_truncated_is_noticed_and_the_place_kept(
    path: Path, log: LogFile, content: bytes
) -> None:
    log.read_lines()
    before = log.mark
    assert log.is_intact()
    path.write_bytes(content)
    assert log.is_rewritten()
    with pytest.raises(Rewritten):
        log.read_lines()
    assert log.mark == before
    log.restart()
    assert b"".join(log.read_lines()) == content
    assert not log.is_rewritten()


def test_what_is_cut_behind_its_first_bytes_is_noticed(path: Path) -> None:
    path.write_bytes(b"x\n" * HEAD)
    with closing(LogFile(path)) as log:
        log.read_lines()
        os.truncate(path, HEAD)
        assert log.is_rewritten()
        with pytest.raises(Rewritten):
            log.read_lines()


def test_growing_is_no_rewriting(path: Path, log: LogFile) -> None:
    log.read_lines()
    append(path, b"\nd\n")
    assert not log.is_rewritten()
    assert not log.is_intact()  # a copy made now would begin otherwise than what is known
    assert log.read_lines() == [b"ccc\n", b"d\n"]
    assert log.is_intact()


def test_that_it_was_written_to_and_truncated_again_is_told_once(path: Path) -> None:
    path.touch()
    with closing(LogFile(path)) as log:
        assert not log.was_emptied()
        os.utime(path, ns=(0, 1))
        assert log.was_emptied()
        assert not log.was_emptied()
        path.write_text("a")
        assert not log.was_emptied()


def test_a_twin_is_the_same_file_or_a_copy(path: Path, log: LogFile) -> None:
    copy, other, empty = (path.with_name(name) for name in ("copy", "other", "empty"))
    shutil.copyfile(path, copy)
    other.write_bytes(b"other\n")
    empty.touch()
    renamed = path.rename(path.with_name("access.log.1"))
    for beside, is_twin in [(renamed, True), (copy, True), (other, False), (empty, False)]:
        with closing(LogFile(beside)) as one:
            assert log.is_twin(one) == is_twin


def test_two_empty_files_are_no_twins(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).touch()
    with closing(LogFile(tmp_path / "a")) as one, closing(LogFile(tmp_path / "b")) as other:
        assert not one.is_twin(other)


def test_it_is_silent_so_long_after_the_last_that_came(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    path.write_bytes(b"a\n")
    with closing(LogFile(path)) as log:
        now[0] = 107.0
        assert log.is_silent(7)
        log.read_lines()
        assert not log.is_silent(1)
        now[0] = 108.0
        assert log.read_lines() == []
        assert log.is_silent(1)
        assert not log.is_silent(1.1)


@pytest.mark.parametrize(
    ("content", "rest"),
    [
        (b"", []),
        (b"a\nb\n", []),
        (b"a\nbb", [b"bbc\n"]),
        (b"bb", [b"bbc\n"]),
    ],
)
def test_to_skip_all_is_to_wait_behind_the_last_whole_line(
    path: Path, content: bytes, rest: list[bytes]
) -> None:
    path.write_bytes(content)
    with closing(LogFile(path)) as log:
        log.skip_all()
        assert log.read_lines() == []
        append(path, b"c\nd\n")
        assert log.read_lines() == [*(rest or [b"c\n"]), b"d\n"]


def test_it_skips_to_a_time(path: Path) -> None:
    line = b'::1 - - [12/May/2024:06:%02d:%02d +0000] "GET / HTTP/1.1" 200 2 "-" "-"\n'
    path.write_bytes(b"".join(line % (i // 60, i % 60) for i in range(3600)))
    with closing(LogFile(path)) as log:
        log.skip_to(1_715_497_200_000_000, FORMATS["combined"].parse)
        assert log.mark.offset > path.stat().st_size / 2
        assert log.read_lines()[0].startswith(b"::1 ")


def test_an_endless_line_does_not_hold_up_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfile, "_CHUNK", 1000)
    path.write_bytes(b"x" * (MAX_LINE + 200_000) + b"\nb\n")
    with closing(LogFile(path)) as log:
        assert (log.read_lines(), log.is_at_end) == ([], False)
        lines: list[bytes] = []
        while not log.is_at_end:
            lines += log.read_lines()
        assert lines[-1] == b"b\n"
        assert len(lines) == 2  # too long a line is one, so that it is counted


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "access.log.1.gz"
    path.write_bytes(gzip.compress(b"".join(b"%d\n" % i for i in range(200_000))))
    return path


def test_a_compressed_file_is_read_decompressed(packed: Path) -> None:
    with closing(PackedFile(packed)) as log:
        assert log.is_packed
        assert log.is_unread
        assert log.head.startswith(b"0\n1\n")
        assert 0 < log.behind <= packed.stat().st_size
        lines: list[bytes] = []
        while not log.is_at_end:
            lines += log.read_lines()
        assert [int(line) for line in lines] == list(range(200_000))
        assert (log.behind, log.fault, log.is_rewritten()) == (0, "", False)
        assert not log.is_unread


def test_a_compressed_file_is_read_from_an_offset(packed: Path) -> None:
    skipped = len(b"".join(b"%d\n" % i for i in range(100_000)))
    with closing(PackedFile(packed, skipped)) as log:
        assert not log.is_unread
        lines: list[bytes] = []
        while not lines:
            lines = log.read_lines()
        assert lines[0] == b"100000\n"
        assert log.mark.offset == skipped + sum(map(len, lines))


def test_of_a_damaged_file_is_read_what_can_be(packed: Path) -> None:
    packed.write_bytes(packed.read_bytes()[:-1000])
    lines: list[bytes] = []
    with closing(PackedFile(packed)) as log:
        while not log.is_at_end:
            lines += log.read_lines()
        assert log.fault
    assert [int(line) for line in lines] == list(range(len(lines)))
    assert len(lines) > 100_000


def test_what_is_damaged_from_its_start_is_refused_and_let_go_of(packed: Path) -> None:
    packed.write_bytes(packed.read_bytes()[:12])
    before = handles()
    with pytest.raises(Broken):
        PackedFile(packed)
    assert handles() == before
