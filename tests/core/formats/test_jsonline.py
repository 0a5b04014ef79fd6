import json
from datetime import timedelta, timezone

import pytest

from logwatcher.core.event import MAX_ERROR, Event, ParseError
from logwatcher.core.formats import FORMATS, FormatError, Parse, compile_json
from logwatcher.core.privacy import STRICT

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC

parse = FORMATS["json"].parse


def read_keys(keys: dict[str, str]) -> Parse:
    return compile_json(keys)(STRICT)


def line(**fields: object) -> str:
    return json.dumps({"ts": 1715495103, "method": "GET", "path": "/a", "status": 200} | fields)


def test_the_usual_names_are_found() -> None:
    assert parse(line()) == Event(TIME_US, "GET", "/a", "/a", 200, None, None)
    assert parse(line().replace("status", "Status").replace("path", "PATH")) == parse(line())


@pytest.mark.parametrize(
    ("fields", "duration_us"),
    [
        ({"request_time": 0.142}, 142_000),
        ({"request_time": "0.142"}, 142_000),
        ({"request_time": 142}, None),
        ({"request_time": "142"}, None),
        ({"duration": "142ms"}, 142_000),
        ({"duration": 142}, None),
        ({"duration": 0.142}, None),
        ({"duration_ms": 142}, 142_000),
        ({"durationMs": 142}, None),
        ({"latency_ns": 142_000_000}, 142_000),
        ({"took": "-", "elapsed_us": "142"}, 142),
        ({"request_time": "-", "upstream_response_time": "0.1, 0.2"}, 300_000),
        ({"duration_s": "fast", "took": "5ms"}, 5000),
        ({"duration_s": -1}, None),
        ({"duration_s": 1e999}, None),
        ({"duration_s": [1]}, None),
    ],
)
def test_a_duration_is_read_where_its_unit_is_told(
    fields: dict[str, object], duration_us: int | None
) -> None:
    assert parse(line(**fields)).duration_us == duration_us


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"status": None}, "no status"),
        ({"status": "ok"}, "no such status: 'ok'"),
        ({"status": 1000}, "no such status"),
        ({"status": -200}, "no such status"),
        ({"status": True}, "no such status"),
        ({"status": float("nan")}, "no such status"),
        ({"status": {"code": 200}}, "no status"),
        ({"ts": None}, "no time"),
        ({"ts": "yesterday"}, "no such time"),
        ({"ts": 253_402_300_799}, "not a time"),
        ({"path": None}, "no request"),
        ({"path": 7}, "no request"),
        ({"path": ["/a"]}, "no request"),
    ],
)
def test_what_is_no_request_is_told(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(line(**fields))


@pytest.mark.parametrize("size", [None, -1, 10**15, "many", [], True, float("inf"), "-"])
def test_bytes_that_are_none_are_none(size: object) -> None:
    assert parse(line(bytes=size)).size is None


@pytest.mark.parametrize(("status", "read"), [("000", 0), (0, 0), ("499", 499), (999, 999)])
def test_every_status_is_kept(status: object, read: int) -> None:
    assert parse(line(status=status)).status == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"a"',
        "{}",
        "{} {}",
        '{"a":1,}',
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"a":' + "[" * 60_000,
        '{"status":' + "9" * 60_000 + "}",
        line(status=10**4000),
        line(ts=10**4000),
        line()[:-1] + ',"x":"\\ud800"}' + "x",
        line()[:-1],
    ],
)
def test_json_bombs_and_broken_json_are_rejected(text: str) -> None:
    with pytest.raises(ParseError) as error:
        parse(text)
    assert len(str(error.value)) < 300


def test_harmless_oddities_are_read() -> None:
    assert parse(line(bytes=10**4000)).size is None
    assert parse(f' {line(path="/b")[:-1]}, "path": "/c", "a\tb": "\t"}} ').path == "/c"
    assert parse(line(**{f"key{number}": number for number in range(3000)})).path == "/a"
    assert parse(line(path="/a\0\x1b\ud800")).path == "/a���"
    assert len(parse(line(error_message="x" * 9000)).error_message) == MAX_ERROR


def test_escapes_that_are_no_json_are_understood() -> None:
    text = line().replace("/a", r"/a\x22\xC3\xA9\x0A\\x41")
    assert parse(text).path == '/a"é�\\x41'
    with pytest.raises(ParseError, match="Invalid"):
        parse(line().replace("/a", r"\xZZ"))


def test_the_time_of_pythons_own_logging_is_found_and_has_no_offset() -> None:
    read = FORMATS["json"].reader(zone=timezone(timedelta(hours=2)))
    event = read('{"asctime": "2024-05-12 08:25:03,125", "path": "/a", "status": 200}')
    assert event.time_us == TIME_US + 125_000


def test_a_route_of_the_application_wins() -> None:
    assert parse(line(route="/{name}")).route == "/{name}"
    assert parse(line(route="home")).route == "/a"


def test_keys_of_your_own_are_read() -> None:
    read = read_keys(
        {"start": "at", "request": "http.line", "status": "http.code", "duration_ms": "took"}
    )
    event = read(
        '{"at":"2024-05-12T06:25:03Z","http":{"line":"GET /a?b HTTP/1.1","code":"404"},"took":7}'
    )
    assert event[:6] == (TIME_US + 7000, "GET", "/a", "/a", 404, 7000)
    assert read('{"at":"2024-05-12T06:25:03Z","http.line":"-","http.code":400}').status == 400


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"tme": "t"}, "no field 'tme'; did you mean 'time'"),
        ({"x": "t"}, "known are time, start"),
        ({"time": "t", "path": "p"}, "no status"),
        ({"time": "t", "status": "s"}, "no request"),
        ({"path": "p", "status": "s"}, "no time"),
    ],
)
def test_keys_that_make_no_event_are_told(keys: dict[str, str], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_keys(keys)
