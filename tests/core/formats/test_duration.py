import pytest

from logwatcher.core.formats.duration import SCALES, any_duration


@pytest.mark.parametrize(
    ("value", "unit", "duration_us"),
    [
        (0.142, "s", 142_000),
        (142, "ms", 142_000),
        (142, "us", 142),
        (142_499, "ns", 142),
        ("0.142", "s", 142_000),
        ("1.42e-1", "s", 142_000),
        ("0.01, 0.2 : 0.3", "s", 510_000),
        ("0.01,0.2", "s", 210_000),
        ("-, 0.2", "s", 200_000),
        ("22ms", "s", 22_000),
        ("1.5s", "ms", 1_500_000),
        ("1m2.5s", "ms", 62_500_000),
        ("1h", "s", 3_600_000_000),
        ("12.3µs", "s", 12),
        ("12.3us", "s", 12),
        ("999ns", "s", 1),
        (0, "s", 0),
    ],
)
def test_durations_are_read_in_their_unit(value: object, unit: str, duration_us: int) -> None:
    assert any_duration(value, SCALES[unit]) == duration_us


@pytest.mark.parametrize(
    "value",
    [
        "-",
        "",
        "-, -",
        "-0.1",
        -1,
        "-5ms",
        "fast",
        "5 ms",
        "5d",
        "1_000",
        "inf",
        "nan",
        "0x10",
        "٣",
        float("inf"),
        float("-inf"),
        float("nan"),
        1e308,
        10**400,
        True,
        None,
        [],
        "1" * 64_000,
        "1, " * 20_000,
    ],
)
def test_what_says_nothing_is_not_known(value: object) -> None:
    assert any_duration(value, SCALES["s"]) is None
