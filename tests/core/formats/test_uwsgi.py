import pytest

from logwatcher.core.event import ParseError
from logwatcher.core.formats import FORMATS

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC

parse = FORMATS["uwsgi"].parse


def line(
    time: str = "Sun May 12 06:25:03 2024", request: str = "GET /a", took: str = "0 msecs"
) -> str:
    return (
        f"[pid: 7|app: 0|req: 1/1] 203.0.113.7 () {{24 vars in 281 bytes}} [{time}] {request} =>"
        f" generated 612 bytes in {took} (HTTP/1.1 200) 2 headers in 65 bytes (1 switches)"
    )


@pytest.mark.parametrize(
    "time", ["Sun May 12 06:25:03 2024", "2024-05-12 06:25:03", "2024-05-12T08:25:03+0200"]
)
def test_the_time_may_be_written_as_log_date_has_it(time: str) -> None:
    assert parse(line(time)).time_us == TIME_US


@pytest.mark.parametrize("time", ["Sun Mai 12 06:25:03 2024", "Sun May 12 2024 twelve", "x" * 20])
def test_another_time_is_rejected(time: str) -> None:
    with pytest.raises(ParseError, match="no such time"):
        parse(line(time))


@pytest.mark.parametrize(
    ("took", "duration_us"),
    [("142 msecs", 142_000), ("142 micros", 142), ("9" * 12 + " msecs", None)],
)
def test_the_duration_is_in_the_unit_that_is_written(took: str, duration_us: int | None) -> None:
    event = parse(line(took=took))
    assert event.duration_us == duration_us
    assert event.time_us == TIME_US + (duration_us or 0)


@pytest.mark.parametrize(
    ("request_", "path"), [("GET /a b", "/a b"), ("GET ", "-"), ("GET /a =>b?c", "/a =>b")]
)
def test_the_address_ends_where_the_answer_begins(request_: str, path: str) -> None:
    assert parse(line(request=request_)).path == path
