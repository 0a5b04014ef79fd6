import pytest

from logwatcher.core.event import ParseError
from logwatcher.core.formats.timestamp import LATEST_YEAR, any_time

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-12T06:25:03Z",
        "2024-05-12T06:25:03",
        "2024-05-12 06:25:03",
        "2024-05-12T06:25:03.000000000Z",
        "2024-05-12T06:25:03,0+00:00",
        "2024-05-12T08:25:03+02:00",
        "2024-05-12T08:25:03+0200",
        "2024-05-12T08:25:03+02",
        "2024-05-11T23:25:03-07:00",
        "12/May/2024:11:55:03 +0530",
        "[12/May/2024:06:25:03 +0000]",
        "1715495103",
        "1715495103.000",
        "1715495103000",
        "1715495103000000",
        "1715495103000000000",
        1_715_495_103,
        1_715_495_103.0,
        1_715_495_103_000,
        1_715_495_103_000_000,
        1_715_495_103_000_000_000,
    ],
)
def test_times_are_read_in_whichever_way_they_are_written(written: object) -> None:
    assert any_time(written) == TIME_US


def test_parts_of_a_second_are_kept_to_the_microsecond() -> None:
    assert any_time("2024-05-12T06:25:03.1239999Z") == TIME_US + 123_999
    assert any_time("1715495103.125") == TIME_US + 125_000
    assert any_time(1_715_495_103.125) == TIME_US + 125_000
    assert any_time(1_715_495_103_125_999_999) == TIME_US + 125_999
    assert any_time("2024-05-12T06:25:60Z") == any_time("2024-05-12T06:25:59Z")
    assert any_time("2024-05-12T06:25Z") == TIME_US - 3_000_000


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-",
        "now",
        "2024-05-12",
        "2024-05-12T",
        "2024-13-12T06:25:03Z",
        "2024-02-30T06:25:03Z",
        "2024-05-12T24:25:03Z",
        "2024-05-12T06:25:61Z",
        "2024-05-12T06:25:03+15:00",
        "2024-05-12T06:25:03+00:60",
        "0000-05-12T06:25:03Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        f"{LATEST_YEAR + 1}-01-01T00:00:00Z",
        "1970-12-31T23:59:59Z",
        "٢٠٢٤-05-12T06:25:03Z",
        "0",
        "-1715495103",
        "17154951",
        "9" * 20,
        "1e9",
        0,
        -1_715_495_103,
        10**30,
        float("inf"),
        float("-inf"),
        float("nan"),
        True,
        None,
        [],
        {},
        "2024-05-12T06:25:03Z" * 1000,
    ],
)
def test_what_is_no_time_to_believe_is_rejected(written: object) -> None:
    with pytest.raises(ParseError) as error:
        any_time(written)
    assert len(str(error.value)) < 200
