"""A chain holds the files of a log that are still to be read, in the order they were written."""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from logwatcher.sources import chain as module
from logwatcher.sources.archive import digest
from logwatcher.sources.chain import Chain
from logwatcher.sources.logfile import Mark, Unfit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def chain(path: Path) -> Iterator[Chain]:
    chain = Chain(path)
    yield chain
    chain.close()


def rotate(path: Path, number: int = 1) -> Path:
    """Rename it, as logrotate does."""
    return path.rename(path.with_name(f"{path.name}.{number}"))


def read(chain: Chain) -> list[str]:
    """All that is there, and the chain is left with what has the name."""
    found = []
    while True:
        while lines := chain.oldest.read_lines():
            found += [line.decode().strip() for line in lines]
        if len(chain) == 1:
            return found
        chain.leave()


def test_what_has_the_name_is_opened_once(chain: Chain, path: Path) -> None:
    path.write_text("a\n")
    chain.open()
    chain.open()
    assert (len(chain), chain.behind) == (1, 2)
    assert read(chain) == ["a"]
    assert chain.behind == 0


def test_what_has_no_lines_is_refused(chain: Chain, path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        chain.open()
    path.mkdir()
    with pytest.raises(Unfit, match="is a directory"):
        chain.open()
    assert len(chain) == 0


def test_renamed_files_are_read_before_the_one_with_the_name(chain: Chain, path: Path) -> None:
    path.write_text("a\n")
    chain.open()
    rotate(path, 2)
    path.write_text("b\n")
    rotate(path, 1)
    path.write_text("c\n")
    chain.open()
    assert len(chain) == 3
    assert read(chain) == ["a", "b", "c"]


def test_the_oldest_is_done_once_it_is_silent_and_the_next_one_is_written(
    chain: Chain, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("a\n")
    chain.open()
    rotate(path)
    path.touch()
    chain.open()
    monkeypatch.setattr(module, "GRACE_S", 0)
    assert not chain.is_done()  # not read yet
    while chain.oldest.read_lines():
        pass
    assert not chain.is_done()  # the next one is empty
    path.write_text("b\n")
    assert chain.is_done()
    monkeypatch.setattr(module, "GRACE_S", 60)
    assert not chain.is_done()
    rotate(path, 2)
    path.write_text("c\n")
    os.utime(path.with_name("access.log.1"), (1, 1))
    os.utime(path.with_name("access.log.2"), (2, 2))
    chain.open()
    assert chain.is_done()  # two are written: its writers are gone for sure


def test_a_compressed_file_gets_nothing_more(chain: Chain, path: Path) -> None:
    old = path.with_name("access.log.1.gz")
    old.write_bytes(gzip.compress(b"a\n"))
    path.write_text("b\n")
    chain.go_on(Mark(0, 0, 0, 2, digest(b"a\n")))
    while chain.oldest.read_lines():
        pass
    assert chain.is_done()


def test_it_goes_on_in_a_file_that_has_been_renamed_since(chain: Chain, path: Path) -> None:
    path.write_text("a\nb\n")
    chain.open()
    mark = chain.oldest.mark._replace(offset=2)
    rotate(path)
    path.write_text("c\n")
    later = Chain(path)
    later.go_on(mark)
    assert read(later) == ["b", "c"]
    later.close()


def test_from_a_place_that_is_gone_it_goes_on_with_what_has_the_name(
    chain: Chain, path: Path
) -> None:
    path.write_text("c\n")
    chain.go_on(Mark(1, 2, 100, 2, b"unknown"))
    assert read(chain) == ["c"]


def test_what_was_unread_before_a_truncation_is_in_the_copy(chain: Chain, path: Path) -> None:
    path.write_text("a\n")
    chain.open()
    assert read(chain) == ["a"]
    with path.open("a") as file:
        file.write("b\n")
    shutil.copyfile(path, path.with_name("access.log.1"))
    path.write_text("c\n")
    chain.find_rest()
    assert read(chain) == ["b", "c"]


def test_the_newest_that_is_truncated_before_it_was_begun_has_a_copy(
    chain: Chain, path: Path
) -> None:
    path.write_text("a\n")
    chain.open()
    rotate(path, 1)
    path.write_text("b\n")
    chain.open()
    shutil.copyfile(path, path.with_name("access.log.0"))
    path.write_text("")
    chain.open()
    assert len(chain) == 3
    chain.open()
    assert len(chain) == 3
    path.write_text("c\n")
    assert read(chain) == ["a", "b", "c"]


def test_a_copy_that_nobody_saw_before_is_put_before(chain: Chain, path: Path) -> None:
    path.write_text("a\n")
    chain.open()
    rotate(path, 2)
    path.touch()
    chain.open()
    chain.oldest.read_lines()
    chain.leave()
    assert len(chain) == 1  # which was empty when it was opened
    path.write_text("b\n")
    shutil.copyfile(path, path.with_name("access.log.1"))
    path.write_text("c\n")
    assert chain.oldest.read_lines() == [b"c\n"]
    assert chain.put_before()
    assert not chain.put_before()
    assert read(chain) == ["b", "c"]


def test_a_file_that_can_not_be_read_is_told_once(chain: Chain, path: Path) -> None:
    path.write_text("a\n")
    chain.open()
    rotate(path, 3)
    broken = path.with_name("access.log.1.gz")
    broken.write_bytes(gzip.compress(b"b\n" * 1000)[:-9])
    path.write_text("c\n")
    chain.open()
    assert read(chain)[-1] == "c"
    [fault] = chain.take_faults()
    assert fault.startswith("access.log.1.gz: ")
    assert chain.take_faults() == []


def test_so_many_files_are_open_at_once(
    chain: Chain, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    for number in range(5):
        path.write_text(f"{number}\n")
        chain.open()
        rotate(path, 9 - number)
    assert len(chain) == 2


def test_it_lets_go_of_its_files(chain: Chain, path: Path) -> None:
    path.write_text("a\n")
    chain.open()
    rotate(path)
    path.write_text("b\n")
    chain.open()
    chain.close()
    open_now = {os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()}
    assert not [name for name in open_now if name.startswith(str(path))]
    assert len(chain) == 0
