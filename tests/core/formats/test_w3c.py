import pytest

from logwatcher.core.event import ParseError
from logwatcher.core.formats import FORMATS, Header, Parse

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC


def reader(*headers: str, name: str = "w3c") -> Parse:
    parse = FORMATS[name].reader()
    for header in headers:
        with pytest.raises(Header):
            parse(header)
    return parse


def test_the_header_names_the_columns() -> None:
    parse = reader("#Fields: sc-status cs-uri-stem cs-method time date x-own")
    event = parse("404 /a/7 GET 06:25:03 2024-05-12 -")
    assert event[:6] == (TIME_US, "GET", "/a/7", "/a/{id}", 404, None)


def test_the_columns_may_change_within_a_file() -> None:
    parse = reader("#Fields: date time cs-uri-stem sc-status")
    assert parse("2024-05-12 06:25:03 /a 200").path == "/a"
    with pytest.raises(Header):
        parse("#Fields: date time sc-status cs-uri-stem")
    assert parse("2024-05-12 06:25:03 200 /b").path == "/b"


def test_each_file_has_columns_of_its_own() -> None:
    first = reader("#Fields: date time cs-uri-stem sc-status")
    reader("#Fields: date time sc-status cs-uri-stem")
    assert first("2024-05-12 06:25:03 /a 200").path == "/a"


def test_the_date_may_stand_in_a_header() -> None:
    parse = reader("#Date: 2024-05-12 06:00:00", "#Fields: time cs-uri-stem sc-status")
    assert parse("06:25:03 /a 200").time_us == TIME_US
    with pytest.raises(ParseError, match="no such time"):
        reader("#Fields: time cs-uri-stem sc-status")("06:25:03 /a 200")


@pytest.mark.parametrize(
    ("name", "written", "duration_us"),
    [
        ("w3c", "142", 142_000),
        ("w3c", "0.142", 142_000),
        ("w3c", "-", None),
        ("w3c", "-5", None),
        ("cloudfront", "0.142", 142_000),
    ],
)
def test_whole_numbers_are_ms_and_others_seconds(
    name: str, written: str, duration_us: int | None
) -> None:
    parse = reader("#Fields: date time cs-uri-stem sc-status time-taken", name=name)
    line = f"2024-05-12 06:25:03 /a 200 {written}"
    assert parse(line if name == "w3c" else line.replace(" ", "\t")).duration_us == duration_us


@pytest.mark.parametrize(
    "header", ["#Fields: date time cs-uri-stem", "#Fields:", "#Fields: " * 5000]
)
def test_a_header_without_time_or_status_is_told(header: str) -> None:
    with pytest.raises(ParseError, match="#Fields lacks"):
        FORMATS["w3c"].reader()(header)


def test_a_line_with_too_few_or_too_many_columns_is_told() -> None:
    parse = reader("#Version: 1.0", "#Fields: date time cs-uri-stem sc-status", "# a comment", "#")
    for line in ["2024-05-12 06:25:03 /a", "2024-05-12 06:25:03 /a 200 -", "", "x " * 30_000]:
        with pytest.raises(ParseError, match="w3c: expected 4 columns as in #Fields, found"):
            parse(line)


def test_a_line_read_without_its_header_has_the_usual_columns() -> None:
    for name in ("w3c", "cloudfront"):
        assert FORMATS[name].parse(FORMATS[name].sample).status == 200
