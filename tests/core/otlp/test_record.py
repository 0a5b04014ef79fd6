"""Spans and log records become events, by the conventions' old names and by the new ones."""

from typing import Any

import pytest

from logwatcher.core.event import MAX_ERROR, MAX_SOURCE, Event, ParseError
from logwatcher.core.otlp.record import UNKNOWN, UNKNOWN_SERVICE, Record, to_event, to_service
from logwatcher.core.payload import AHEAD_US, MAX_DURATION_S
from logwatcher.core.privacy import FULL, Policy
from tests.core.otlp.exports import END_NS, NOW_US, RIGHT

NEW = {
    "http.request.method": "POST",
    "url.scheme": "https",
    "url.path": "/api/orders/7",
    "url.query": "secret=1",
    "http.route": "/api/orders/{order}",
    "http.response.status_code": 503,
    "http.response.body.size": 512,
    "error.type": "timeout",
}
OLD = {
    "http.method": "POST",
    "http.scheme": "https",
    "http.host": "shop.example",
    "http.target": "/api/orders/7?secret=1",
    "http.route": "/api/orders/{order}",
    "http.status_code": 503,
    "http.response_content_length": 512,
    "error.type": "timeout",
}
EXPECTED = Event(
    time_us=NOW_US,
    method="POST",
    path="/api/orders/7",
    route="/api/orders/{order}",
    status=503,
    duration_us=100_000,
    size=512,
    error_type="timeout",
)


def span(of: dict[str, object], **fields: Any) -> Record:  # Any: a record's fields
    record = Record(of, is_span=True, start_ns=END_NS - 100_000_000, end_ns=END_NS, failure=None)
    return record._replace(**fields)


def made(of: dict[str, object], **fields: Any) -> Event:  # Any: as above
    event = to_event(span(of, **fields), NOW_US)
    assert event
    return event


def changed(**of: object) -> Event:
    """Of a right one with other attributes: ``changed(http__route="/")``; None takes one away."""
    given = {name.replace("__", "."): value for name, value in of.items()}
    return made({name: one for name, one in {**RIGHT, **given}.items() if one is not None})


@pytest.mark.parametrize("attributes", [NEW, OLD, {**OLD, **NEW}], ids=["new", "old", "both"])
def test_both_conventions_say_the_same(attributes: dict[str, object]) -> None:
    assert made(attributes) == EXPECTED


def test_the_newer_name_wins() -> None:
    event = made({**RIGHT, "http.method": "PUT", "http.target": "/x", "http.status_code": 404})
    assert event[1:5] == ("GET", "/api/orders/7", "/api/orders/{id}", 200)


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ({"url.path": "/a/b"}, "/a/b"),
        ({"url.full": "https://user@shop.example:8443/a/b?c=/d#e"}, "/a/b"),
        ({"http.url": "http://shop.example"}, "/"),
        ({"http.url": "http://shop.example?next=http://other.example/x"}, "/"),
        ({"http.target": "/a?next=http://other.example/x"}, "/a"),
        ({"http.target": "http://shop.example/a?b"}, "/a"),
        ({"http.target": "*"}, "*"),
        ({"http.route": "/orders/{id}"}, "/orders/{id}"),
        ({}, UNKNOWN),
    ],
)
def test_the_path_is_found_wherever_it_is(attributes: dict[str, object], path: str) -> None:
    given = {"http.request.method": "GET", "http.response.status_code": 404}
    assert made({**given, **attributes}).path == path


def test_what_has_no_path_is_counted_all_the_same() -> None:
    """Django's instrumentation sends none with the new names."""
    assert changed(url__path=None, http__route=None).route == UNKNOWN
    assert changed(url__path=None, http__route="orders/<int:id>")[2:4] == ("/orders/{id}",) * 2


def test_without_a_route_one_is_made_from_the_path() -> None:
    assert changed(http__route=None).route == "/api/orders/{id}"
    assert changed(http__route="").route == "/api/orders/{id}"


def test_a_frameworks_template_becomes_a_route() -> None:
    assert changed(http__route="^items/(?P<id>[a-z]+)$").route == "/items/{id}"


def test_numbers_may_be_texts() -> None:
    event = changed(http__response__status_code="404", http__response__body__size="7")
    assert (event.status, event.size) == (404, 7)


def test_an_exception_tells_more_than_the_error_type() -> None:
    given = {
        **RIGHT,
        "error.type": "500",
        "exception.type": "Boom",
        "exception.message": "it broke",
    }
    assert made(given)[7:9] == ("Boom", "it broke")
    assert made(given, failure="Boom: it broke")[7:9] == ("Boom", "it broke")


def test_a_status_repeated_as_the_error_type_is_none() -> None:
    assert changed(error__type="500").error_type == ""


def test_a_failed_spans_status_tells_the_message() -> None:
    given = {**RIGHT, "error.type": "timeout"}
    assert made(given, failure="no answer")[7:9] == ("timeout", "no answer")
    assert made(given, failure="x" * 10_000).error_message == "x" * (MAX_ERROR - 1) + "…"


@pytest.mark.parametrize(("failure", "status"), [(None, 0), ("", 500), ("it broke", 500)])
def test_a_span_without_a_status_code_was_not_answered_or_failed(
    failure: str | None, status: int
) -> None:
    given = {name: one for name, one in RIGHT.items() if name != "http.response.status_code"}
    assert made(given, failure=failure).status == status


def test_a_span_that_is_not_of_http_is_no_request() -> None:
    assert to_event(span({"error.type": "x"}), NOW_US) is None


@pytest.mark.parametrize(
    "attributes",
    [
        {
            "url.path": "/a",
            "url.query": "q=1",
            "client.address": "192.0.2.7",
            "user_agent.original": "curl/8.5.0",
        },
        {"http.target": "/a?q=1", "net.peer.ip": "192.0.2.7", "http.user_agent": "curl/8.5.0"},
        {
            "http.url": "https://x/a?q=1#f",
            "http.client_ip": "192.0.2.7",
            "http.user_agent": "curl/8",
        },
    ],
    ids=["new", "old", "address"],
)
def test_of_query_client_and_agent_is_kept_what_the_policy_says(
    attributes: dict[str, object],
) -> None:
    record = span({"http.request.method": "GET", "http.response.status_code": 200, **attributes})
    strict = to_event(record, NOW_US)
    full = to_event(record, NOW_US, Policy(FULL, keeps_query=True))
    assert strict
    assert full
    assert (strict.path, strict.client, strict.agent) == ("/a", "", "curl")
    assert (full.path, full.client, full.agent) == ("/a?q=1", "192.0.2.7", "curl")
    assert strict.route == full.route == "/a"


def test_a_duration_is_the_end_less_the_start() -> None:
    assert made({**RIGHT}, start_ns=END_NS).duration_us == 0
    assert made({**RIGHT}, start_ns=END_NS - 1_234_567).duration_us == 1235
    assert made({**RIGHT}, start_ns=0).duration_us is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"end_ns": 0}, "time: the span has no end"),
        ({"end_ns": (1 << 64) - 1}, "time: "),
        ({"end_ns": END_NS + AHEAD_US * 1000 + 1_000_000}, "time: "),
        ({"start_ns": END_NS + 1}, "duration: -1e-09 is not from 0 to"),
        ({"start_ns": END_NS - round(MAX_DURATION_S * 1e9) - 1_000_000}, "duration: "),
        ({"start_ns": 1}, "duration: "),
    ],
)
def test_times_that_cannot_be(fields: dict[str, int], why: str) -> None:
    with pytest.raises(ParseError) as error:
        made({**RIGHT}, **fields)
    assert str(error.value).startswith(why)
    assert len(str(error.value)) < 150


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("http.response.status_code", 1000, "status: "),
        ("http.response.status_code", -1, "status: "),
        ("http.response.status_code", 200.5, "status: "),
        ("http.response.status_code", float("nan"), "status: "),
        ("http.response.status_code", "9" * 5000, "status: "),
        ("http.response.status_code", "²", "status: "),
        ("http.response.status_code", True, "status: "),
        ("http.response.body.size", -1, "size: "),
        ("http.request.method", 7, "method: "),
        ("http.request.method", "", "method: "),
        ("url.path", 7, "path: "),
        ("http.route", 7, "route: "),
        ("exception.message", 7, "error_message: "),
    ],
)
def test_attributes_that_cannot_be(name: str, value: object, why: str) -> None:
    with pytest.raises(ParseError) as error:
        made({**RIGHT, name: value})
    assert str(error.value).startswith(why)
    assert len(str(error.value)) < 150


def log(of: dict[str, object], end_ns: int = END_NS) -> Event | None:
    return to_event(Record(of, is_span=False, start_ns=0, end_ns=end_ns, failure=None), NOW_US + 5)


@pytest.mark.parametrize(
    ("attributes", "duration_us"),
    [
        ({}, None),
        ({"http.server.request.duration": 0.25}, 250_000),
        ({"http.server.duration": 250}, 250_000),
        ({"http.server.duration": 0.5}, 500),
        ({"http.server.request.duration": "0.25"}, 250_000),
        ({"http.server.duration": "250"}, 250_000),
        ({"http.server.duration": 250, "http.server.request.duration": 0.5}, 500_000),
    ],
)
def test_a_log_record_of_a_request_is_one(
    attributes: dict[str, object], duration_us: int | None
) -> None:
    expected = Event(NOW_US, "GET", "/api/orders/7", "/api/orders/{id}", 200, duration_us, None)
    assert log({**RIGHT, **attributes}) == expected


def test_a_log_record_without_a_time_is_of_now() -> None:
    event = log({**RIGHT}, end_ns=0)
    assert event
    assert event.time_us == NOW_US + 5


@pytest.mark.parametrize("missing", ["http.request.method", "http.response.status_code"])
def test_a_log_record_without_method_or_status_is_no_request(missing: str) -> None:
    assert log({name: value for name, value in RIGHT.items() if name != missing}) is None


@pytest.mark.parametrize(
    "duration", [-1, float("nan"), float("inf"), 10**400, "soon", "1e3", "-1", True]
)
@pytest.mark.parametrize("name", ["http.server.request.duration", "http.server.duration"])
def test_a_log_records_duration_is_a_number_of_seconds(name: str, duration: object) -> None:
    with pytest.raises(ParseError, match="duration: "):
        log({**RIGHT, name: duration})


def test_a_service_names_a_source() -> None:
    assert to_service("shop") == "shop"
    assert to_service("a\x00b") == "a\ufffdb"
    assert len(to_service("x" * 1000)) == MAX_SOURCE
    for none in (None, "", 7):
        assert to_service(none) == UNKNOWN_SERVICE
