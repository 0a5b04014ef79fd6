"""The data directory, its disk and the clock: what is well, and what is to be mended."""

from pathlib import Path

import pytest

from logwatcher.doctor import place
from logwatcher.doctor.place import LITTLE, TOO_LITTLE, WRITTEN_S


@pytest.mark.parametrize(
    ("free", "level"),
    [(LITTLE, "ok"), (LITTLE - 1, "warn"), (TOO_LITTLE, "warn"), (TOO_LITTLE - 1, "fail")],
)
def test_little_room_is_warned_of_before_it_is_too_late(free: int, level: str) -> None:
    assert place.room(Path("/data"), free).level == level


def test_a_clock_that_was_never_set_is_found() -> None:
    assert place.clock(WRITTEN_S).level == "ok"
    finding = place.clock(0)
    assert (finding.level, finding.text[:31]) == ("fail", "it says 1970-01-01 00:00:00 UTC")


def test_a_directory_of_ones_own_is_well(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch(0o600)
    names = [finding.name for finding in place.findings(tmp_path)]
    assert names == ["data directory", "disk", "clock"]
    assert next(place.findings(tmp_path)).level == "ok"


@pytest.mark.parametrize(
    ("name", "mode", "level", "advice"),
    [
        ("secret-key", 0o640, "fail", "chmod 600"),
        ("logwatcher.sqlite3", 0o666, "fail", "chmod o-w"),
        (".", 0o777, "fail", "chmod o-w"),
        (".", 0o755, "warn", "chmod 700"),
    ],
)
def test_what_others_may_do_is_found(
    tmp_path: Path, name: str, mode: int, level: str, advice: str
) -> None:
    path = tmp_path / name
    if name != ".":
        path.touch()
    path.chmod(mode)
    finding = next(place.findings(tmp_path))
    assert finding.level == level
    assert advice in finding.text
