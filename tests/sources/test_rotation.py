"""Old files are found and put in order by their names; a place in one by its beginning."""

import gzip
import os
from pathlib import Path

import pytest

from logwatcher.sources import rotation
from logwatcher.sources.logfile import LogFile
from logwatcher.sources.rotation import MAX_FILES, siblings, trace


def make(path: Path, names: list[str]) -> None:
    """Each is written to later than the one before it."""
    for age, name in enumerate(names):
        old = path.with_name(name)
        old.write_text(name)
        os.utime(old, (age, age))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("now")
    return path


@pytest.mark.parametrize(
    "names",
    [
        ["access.log.10.gz", "access.log.9.xz", "access.log.2", "access.log.1"],
        ["access.log.2", "access.log.1", "access.log.0"],
        ["access.2.log.gz", "access.1.log"],
        ["access.log-20231231.gz", "access.log-20240101", "access.log-20240512"],
        ["access.log-2024051209.zst", "access.log-2024051210"],
        ["access.log-20240512_09", "access.log-20240512_10"],
        ["access-2024-05-09.log.bz2", "access-2024-05-10.log"],
        ["access.log.1715490303", "access.log.1715490304"],
    ],
)
def test_names_of_one_kind_tell_the_order(path: Path, names: list[str]) -> None:
    make(path, names)
    assert [sibling.path.name for sibling in siblings(path)] == names


def test_numbers_may_rise_if_the_times_do(path: Path) -> None:
    make(path, names := ["access.log.9", "access.log.10", "access.log.100"])
    assert [sibling.path.name for sibling in siblings(path)] == names


def test_times_of_compressing_do_not_tell_the_order(path: Path) -> None:
    make(path, ["access.log.3.gz", "access.log.1", "access.log.2.gz"])
    assert [sibling.number for sibling in siblings(path)] == [3, 2, 1]
    path.with_name("access.log.3.gz").unlink()
    assert [sibling.number for sibling in siblings(path)] == [2, 1]


def test_names_of_several_kinds_do_not(path: Path) -> None:
    names = ["access.log.1", "access.log-20240512", "access.log.2"]
    make(path, names)
    assert [sibling.path.name for sibling in siblings(path)] == names


def test_names_of_other_files_are_left_alone(path: Path) -> None:
    make(
        path,
        [
            *("access.log.gz", "access.log.old", "access.log.1~", "access.log.1.gz.tmp"),
            *("access.log.12345", "access.log-1", "access2.log.1", "error.log.1", "access.log.1.2"),
        ],
    )
    assert siblings(path) == []


def test_special_characters_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    make(tmp_path / "a[b]*.l+g", ["a[b]*.l+g.1", "ab.l+g.1", "a[b]*.lg.1"])
    assert [old.path.name for old in siblings(tmp_path / "a[b]*.l+g")] == ["a[b]*.l+g.1"]


def test_of_two_forms_the_plain_one_is_taken(path: Path) -> None:
    make(path, ["access.log.1", "access.log.1.gz"])
    assert [sibling.path.name for sibling in siblings(path)] == ["access.log.1"]


def test_without_its_directory_a_log_has_no_siblings(tmp_path: Path) -> None:
    assert siblings(tmp_path / "gone" / "access.log") == []


def names_after(path: Path, file: LogFile) -> list[str]:
    mark = file.mark
    file.close()
    files, faults = trace(path, mark)
    for found in files:
        found.close()
    assert faults == []
    return [found.name for found in files]


def test_a_place_is_found_by_the_files_number_or_its_beginning(path: Path) -> None:
    make(path, ["access.log.3", "access.log.2", "access.log.1"])
    assert names_after(path, LogFile(path.with_name("access.log.2"))) == [
        *("access.log.2", "access.log.1", "access.log")
    ]
    file = LogFile(path.with_name("access.log.2"))
    path.with_name("access.log.2.gz").write_bytes(gzip.compress(b"access.log.2"))
    path.with_name("access.log.2").unlink()
    assert names_after(path, file)[0] == "access.log.2.gz"
    assert names_after(path, LogFile(path)) == ["access.log"]


def test_a_place_that_is_gone_is_not_found(path: Path) -> None:
    make(path, ["other"])
    assert names_after(path, LogFile(path.with_name("other"))) == []


def test_so_many_files_are_opened_and_no_more(path: Path) -> None:
    make(path, [f"access.log.{number}" for number in range(2 * MAX_FILES, 0, -1)])
    names = names_after(path, LogFile(path.with_name(f"access.log.{2 * MAX_FILES}")))
    assert len(names) == MAX_FILES
    assert names[-1] == f"access.log.{MAX_FILES + 1}"


def test_files_that_are_renamed_while_they_are_looked_for_are_looked_for_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(path, ["access.log.1"])
    real, left = rotation.siblings, 3

    def rename(*arguments: object) -> list[rotation.Sibling]:
        nonlocal left
        found = real(*arguments)  # type: ignore[arg-type]  # as siblings takes them
        if left:
            left -= 1
            old = path.with_name(f"access.log.{3 - left}")
            old.rename(path.with_name(f"access.log.{4 - left}"))
        return found

    monkeypatch.setattr(rotation, "siblings", rename)
    mark = LogFile(path.with_name("access.log.1"))
    assert names_after(path, mark) == ["access.log.4", "access.log"]


def test_files_that_are_renamed_all_the_time_are_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(path, ["access.log.1"])
    real = rotation.siblings

    def rename(*arguments: object) -> list[rotation.Sibling]:
        found = real(*arguments)  # type: ignore[arg-type]  # as siblings takes them
        found[0].path.rename(found[0].path.with_name(f"access.log.{(found[0].number or 0) + 1}"))
        return found

    monkeypatch.setattr(rotation, "siblings", rename)
    with pytest.raises(OSError, match="renamed all the time"):
        names_after(path, LogFile(path.with_name("access.log.1")))
