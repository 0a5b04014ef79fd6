import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core.formats import FORMATS
from logwatcher.sources import zone
from logwatcher.sources.parsing import Job, Parsers
from logwatcher.sources.zone import LOCAL, MACHINE, Machine, ZoneError, find_zone

Place = Callable[[str], None]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Moves this machine to another zone, and back."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001
)
def test_this_machines_zone_is_the_one_of_its_name(place: Place, name: str, wall: datetime) -> None:
    place(name)
    for fold in (0, 1):
        time = wall.replace(fold=fold, microsecond=0)
        assert Machine().utcoffset(time) == ZoneInfo(name).utcoffset(time), fold


def test_this_machines_zone_changes_its_clock(place: Place) -> None:
    place("Europe/Berlin")
    offsets = {}
    for wall in ("2024-03-31 01:30", "2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 03:30"):
        offset = datetime.fromisoformat(wall).replace(tzinfo=Machine()).utcoffset()
        offsets[wall] = offset.total_seconds() / 3600 if offset is not None else None
    assert list(offsets.values()) == [1, 1, 2, 1]
    assert datetime(2024, 7, 1, tzinfo=Machine()).tzname() == "CEST"
    assert (Machine().utcoffset(None), Machine().tzname(None)) == (None, None)


def test_zones_are_found_by_name() -> None:
    assert find_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    assert find_zone("UTC") is UTC
    assert find_zone(LOCAL) is MACHINE


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Belrin", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Europe", "did you mean"),
        ("berlin", "did you mean 'Europe/Berlin'?"),
        ("", "give one like Europe/Berlin, UTC or local"),
        ("+02:00", "give one like"),
        ("/etc/passwd", "give one like"),
        ("../../etc/passwd", "give one like"),
        ("a\0b", "give one like"),
        ("x" * 10_000, "give one like"),
    ],
)
def test_what_is_no_zone_is_told_with_what_to_do(name: str, hint: str) -> None:
    with pytest.raises(ZoneError, match="unknown ") as error:
        find_zone(name)
    assert hint in str(error.value)
    assert len(str(error.value)) < 200


def test_a_machine_without_zones_is_told_where_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zone, "available_timezones", set)
    with pytest.raises(ZoneError, match="pip install tzdata"):
        find_zone("Europe/Atlantis")


def test_old_logs_are_read_in_the_zone_by_other_processes_too(place: Place) -> None:
    place("America/New_York")
    line = FORMATS["haproxy"].sample
    as_utc = FORMATS["haproxy"].parse(line).time_us
    jobs = [Job(line.encode(), "haproxy", zone=name) for name in ("UTC", "Europe/Berlin", LOCAL)]
    with Parsers(1) as parsers:
        blocks = [parsers.submit(job).result().block for job in jobs]
    times = [[row[0] for row in block.rows] for block in blocks]
    hour = 3600 * 1_000_000
    assert times == [[as_utc], [as_utc - 2 * hour], [as_utc + 4 * hour]]
