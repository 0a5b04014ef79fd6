"""Names and globs → the logs that are meant: each once, none that a rotation has put aside."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from logwatcher.sources.discovery import find, is_glob, is_old, source_names


def make(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return paths


def test_a_glob_finds_what_is_there_when_it_is_asked(tmp_path: Path) -> None:
    names = [str(tmp_path / "*.log")]
    assert find(names) == []
    first, second = make(tmp_path, "a.log", "b.log")
    make(tmp_path, "c.txt", "folder.log/x")
    assert find(names) == [first, second]
    (third,) = make(tmp_path, "aa.log")
    assert find(names) == [first, third, second]


def test_a_glob_looks_into_folders(tmp_path: Path) -> None:
    found = make(tmp_path, "a/access.log", "b/c/access.log")
    assert find([str(tmp_path / "**" / "access.log")]) == found


def test_a_named_file_is_found_though_it_is_not_there(tmp_path: Path) -> None:
    assert find([str(tmp_path / "none.log")]) == [tmp_path / "none.log"]


def test_a_file_that_exists_is_no_glob(tmp_path: Path) -> None:
    (odd,) = make(tmp_path, "a[1].log")
    make(tmp_path, "a1.log")
    assert not is_glob(str(odd))
    assert find([str(odd)]) == [odd]


def test_a_file_with_several_names_is_found_once(tmp_path: Path) -> None:
    (log,) = make(tmp_path, "access.log")
    (tmp_path / "current.log").symlink_to(log)
    (tmp_path / "hard.log").hardlink_to(log)
    assert find([str(log), str(log), str(tmp_path / "*.log")]) == [log]


@pytest.mark.parametrize(
    "name",
    [
        "access.log.1",
        "access.log.12",
        "access.log-20261124",
        "access.log.2026-11-24",
        "access.log-2026-11-24_03",
        "access-20261124.log",
        "access.log.1.gz",
        "access.log-20261124.zst",
        "other.log.gz",
    ],
)
def test_what_a_rotation_has_put_aside_is_old(tmp_path: Path, name: str) -> None:
    current, old = make(tmp_path, "access.log", name)
    assert is_old(old, [current, old])
    assert find([str(tmp_path / "*")]) == [current]
    assert find([str(old), str(current)]) == [current]


@pytest.mark.parametrize(
    "name", ["access.log", "shop-2.log", "v2.api.log", "access.log.err", "1.log"]
)
def test_other_names_with_digits_are_logs_of_their_own(tmp_path: Path, name: str) -> None:
    paths = make(tmp_path, "zz.log", name)
    assert not is_old(paths[1], paths)
    assert sorted(find([str(tmp_path / "*")])) == sorted(paths)


def test_an_old_log_alone_is_followed_when_it_is_named(tmp_path: Path) -> None:
    (old,) = make(tmp_path, "access.log.1")
    assert find([str(old)]) == [old]


def names(paths: Iterable[str], known: dict[str, str] | None = None) -> list[str]:
    wanted = list(map(Path, paths))
    given = {Path(path): name for path, name in (known or {}).items()}
    return list(source_names(wanted, given).values())


def test_a_source_has_the_name_of_its_file() -> None:
    assert names(["/var/log/shop.log", "/var/log/blog.log"]) == ["shop.log", "blog.log"]


def test_files_of_the_same_name_are_told_apart_by_their_folders() -> None:
    assert names(["/a/log", "/b/log", "/b/x"]) == ["a/log", "b/log", "x"]
    assert names(["/1/x/log", "/2/x/log", "/2/y/log"]) == ["1/x/log", "2/x/log", "y/log"]
    assert names(["/x/log", "/log"]) == ["x/log", "/log"]


def test_a_name_that_was_given_stays() -> None:
    assert names(["/a/log", "/b/log"], {"/a/log": "log"}) == ["log", "b/log"]
    assert names(["/b/log"], {"/a/log": "log"}) == ["b/log"]
    assert names(["/a/log"], {"/a/log": "shop"}) == ["shop"]
