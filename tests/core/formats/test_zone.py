from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.formats import FORMATS, AutoParse, detect, explain, find_format, read_after
from logwatcher.core.formats.timestamp import any_time
from logwatcher.core.formats.zone import Wall, to_utc
from logwatcher.core.privacy import STRICT

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour of summer time
KATHMANDU = ZoneInfo("Asia/Kathmandu")
HAPROXY = (
    "203.0.113.7:33317 [{}.655] http-in static/srv1 10/0/30/69/142 200 2750 - - ----"
    ' 1/1/1/1/0 0/0 "GET /a HTTP/1.1"'
)


def utc(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).isoformat(" ", "milliseconds")[:-6]


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        ("2024-01-15 12:00:00", BERLIN, "2024-01-15 11:00:00.000"),
        ("2024-07-15 12:00:00", BERLIN, "2024-07-15 10:00:00.000"),
        ("2024-07-15 12:00:00", KATHMANDU, "2024-07-15 06:15:00.000"),
        ("2024-07-15 12:00:00", UTC, "2024-07-15 12:00:00.000"),
        # Set forward: before, in what is not there, after.
        ("2024-03-31 01:59:59.999", BERLIN, "2024-03-31 00:59:59.999"),
        ("2024-03-31 02:00:00", BERLIN, "2024-03-31 01:00:00.000"),
        ("2024-03-31 02:30:00", BERLIN, "2024-03-31 01:30:00.000"),
        ("2024-03-31 03:00:00", BERLIN, "2024-03-31 01:00:00.000"),
        # Set back: before, in what is there twice, after.
        ("2024-10-27 01:59:59.999", BERLIN, "2024-10-26 23:59:59.999"),
        ("2024-10-27 02:00:00", BERLIN, "2024-10-27 00:00:00.000"),
        ("2024-10-27 02:59:59.999", BERLIN, "2024-10-27 00:59:59.999"),
        ("2024-10-27 03:00:00", BERLIN, "2024-10-27 02:00:00.000"),
        ("2024-04-07 01:45:00", LORD_HOWE, "2024-04-06 14:45:00.000"),
        ("2024-04-07 02:00:00", LORD_HOWE, "2024-04-06 15:30:00.000"),
    ],
)
def test_a_time_on_the_wall_is_utc_by_its_zone(wall: str, zone: tzinfo, expected: str) -> None:
    time = any_time(wall)
    assert type(time) is Wall
    assert utc(to_utc(time, zone)) == expected


@given(
    st.integers(2, 128).map(lambda year: year * 365 * 86_400 * 1_000_000),
    st.integers(0, 365 * 86_400 * 1_000_000),
    st.sampled_from([BERLIN, LORD_HOWE, KATHMANDU, timezone(-timedelta(hours=12))]),
)
def test_every_time_is_as_pythons_own(start_us: int, more_us: int, zone: tzinfo) -> None:
    wall = datetime(1970, 1, 1, tzinfo=zone) + timedelta(microseconds=start_us + more_us)
    expected = (wall - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert to_utc(Wall(start_us + more_us), zone) == expected


@pytest.mark.parametrize("end", ["Z", " Z", "+00:00", "+02", "-0700"])
def test_a_time_with_an_offset_needs_no_zone(end: str) -> None:
    assert type(any_time(f"2024-05-12T06:25:03{end}")) is int


def test_a_format_reads_its_times_in_the_zone_and_adds_the_latency() -> None:
    line = HAPROXY.format("12/May/2024:08:25:03")
    expected = "2024-05-12 06:25:03.797"
    haproxy = FORMATS["haproxy"]
    for parse in (
        haproxy.reader(zone=BERLIN),
        read_after([line], haproxy, zone=BERLIN),
        AutoParse([line], zone=BERLIN),
    ):
        assert utc(parse(line).time_us) == expected
    assert utc(haproxy.reader()(line).time_us) == "2024-05-12 08:25:03.797"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("json", '{"time":"2024-05-12T08:25:03","path":"/a","status":200}'),
        ("logfmt", 'time="2024-05-12 08:25:03" path=/a status=200'),
        ("ltsv", "time:2024-05-12 08:25:03\tpath:/a\tstatus:200"),
        ("%{%F %T}t %U %s", "2024-05-12 08:25:03 /a 200"),
        ('{"time":"t","path":"p","status":"s"}', '{"t":"2024-05-12 08:25:03","p":"/","s":200}'),
    ],
)
def test_the_zone_counts_where_a_line_has_no_offset(name: str, line: str) -> None:
    parse = find_format(name).reader(zone=BERLIN)
    assert utc(parse(line).time_us) == "2024-05-12 06:25:03.000"
    with_offset = line.replace(":03", ":03+02:00" if "%" not in name else ":03")
    assert utc(parse(with_offset).time_us) == "2024-05-12 06:25:03.000"


@pytest.mark.parametrize("name", FORMATS)
def test_only_formats_that_say_so_have_times_without_an_offset(name: str) -> None:
    format_ = FORMATS[name]
    assert type(format_.reader(zone=BERLIN)(format_.sample).time_us) is int
    if type(format_.make(STRICT)(format_.sample).time_us) is Wall:
        assert format_.may_lack_offset
        assert "--time-zone" in format_.about


def test_formats_that_are_utc_by_definition_have_no_zone() -> None:
    for name in ("w3c", "cloudfront"):
        format_ = FORMATS[name]
        assert format_.reader(zone=BERLIN)(format_.sample) == format_.parse(format_.sample)


def test_it_is_told_that_there_is_no_offset() -> None:
    line = HAPROXY.format("12/May/2024:08:25:03")
    assert "Times: without an offset, taken as Europe/Berlin" in explain([line], zone=BERLIN)
    assert "Times" not in explain([FORMATS["combined"].sample], zone=BERLIN)
    assert detect([line]).lacks_offset
    assert not detect([FORMATS["combined"].sample]).lacks_offset
    assert not detect(["nonsense"]).lacks_offset
