"""JSON from outside becomes events, or a reason; what is wrong never harms what is right."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import MAX_ERROR, MAX_PATH, MAX_ROUTE, Event, ParseError
from logwatcher.core.payload import (
    AHEAD_US,
    MAX_DURATION_S,
    MAX_EVENTS,
    MAX_REJECTED,
    MAX_SIZE,
    PayloadError,
    Rejected,
    TooManyEvents,
    read,
    to_event,
)
from logwatcher.core.privacy import FULL, Policy
from tests.factories import NOON

NOW_US = NOON * 1_000_000
RIGHT = {"method": "GET", "path": "/api/orders/7", "status": 200}
TEXTS = ["method", "path", "route", "error_type", "error_message", "client", "user_agent"]
JSON = dict[str, Any]  # Any: whatever JSON can hold


def made(**fields: object) -> Event:
    return to_event({**RIGHT, **fields}, NOW_US)


def reason(**fields: object) -> str:
    with pytest.raises(ParseError) as error:
        made(**fields)
    return str(error.value)


def test_an_event_with_all_fields() -> None:
    assert made(
        time=NOON - 1.25,
        route="/api/orders/{order}",
        status=503,
        duration=0.0123456,
        size=512,
        error_type="Timeout",
        error_message="no answer",
    ) == Event(
        time_us=NOW_US - 1_250_000,
        method="GET",
        path="/api/orders/7",
        route="/api/orders/{order}",
        status=503,
        duration_us=12346,
        size=512,
        error_type="Timeout",
        error_message="no answer",
    )


def test_what_may_be_left_out() -> None:
    one = made()
    assert one == Event(NOW_US, "GET", "/api/orders/7", "/api/orders/{id}", 200, None, None)
    assert made(time=None, route=None, duration=None, size=None, error_type=None) == one
    assert made(unknown=["ignored"]) == one


def test_a_client_and_a_query_are_there_if_they_are_kept() -> None:
    sent = {**RIGHT, "path": "/a/7?q=1#x", "client": "203.0.113.7:80", "user_agent": "curl/8"}
    strict = to_event(sent, NOW_US)
    assert (strict.path, strict.route, strict.client, strict.agent) == (
        "/a/7",
        "/a/{id}",
        "",
        "curl",
    )
    policy = Policy(FULL, keeps_query=True)
    full = to_event(sent, NOW_US, policy)
    assert full == strict._replace(path="/a/7?q=1", client="203.0.113.7")
    assert read(json.dumps(sent), NOW_US, is_lines=True, policy=policy).events == [full]
    for path in ("/a?", "/a#b?c", "/a"):
        assert to_event({**RIGHT, "path": path}, NOW_US, policy).path == "/a"
    assert to_event({**sent, "client": "unknown"}, NOW_US, policy).client == ""
    assert (made().client, made(client=None, user_agent=None).agent) == ("", "")


@pytest.mark.parametrize("field", ["method", "path", "status"])
def test_what_may_not(field: str) -> None:
    assert reason(**{field: None}) == f"{field}: is missing"


@pytest.mark.parametrize(
    ("time", "expected_us"),
    [
        (0, 0),
        (NOON, NOW_US),
        (NOON + 0.000001, NOW_US + 1),
        ("2023-11-14T22:00:00Z", NOW_US),
        ("2023-11-14T22:00:00", NOW_US),
        ("2023-11-14 23:00:00.5+01:00", NOW_US + 500_000),
        (NOON + AHEAD_US / 1e6, NOW_US + AHEAD_US),
    ],
)
def test_times(time: object, expected_us: int) -> None:
    assert made(time=time).time_us == expected_us


@pytest.mark.parametrize(
    ("time", "why"),
    [
        (-0.001, "before 1970"),
        (NOON + AHEAD_US / 1e6 + 1, "ahead"),
        (NOON * 1000, "out of range"),
        (float("nan"), "out of range"),
        (float("-inf"), "out of range"),
        (10**400, "out of range"),
        ("0000-01-01T00:00:00Z", "ISO 8601"),
        ("0001-01-01T00:00:00+14:00", "before 1970"),
        ("9999-12-31T23:59:59-14:00", "ahead"),
        ("yesterday", "ISO 8601"),
        ("1" * 100_000, "ISO 8601"),
        (True, "neither"),
        ([NOON], "neither"),
    ],
)
def test_times_that_are_none(time: object, why: str) -> None:
    said = reason(time=time)
    assert said.startswith("time: ")
    assert why in said
    assert len(said) < 150


@pytest.mark.parametrize(("field", "most"), [("duration", MAX_DURATION_S), ("size", MAX_SIZE)])
def test_numbers_have_bounds(field: str, most: float) -> None:
    assert made(**{field: 0}) != made(**{field: most})
    wrongs: list[object] = [
        -1,
        most * 1.001,
        float("nan"),
        float("inf"),
        10**5000,
        "1",
        True,
        {},
        [],
    ]
    for wrong in wrongs:
        said = reason(**{field: wrong})
        assert said.startswith(f"{field}: ")
        assert len(said) < 150


@pytest.mark.parametrize("status", [-1, 1000, 200.5, "200", True, None, float("nan")])
def test_a_status_is_a_whole_number_of_three_digits(status: object) -> None:
    assert reason(status=status).startswith("status: ")


def test_a_whole_number_may_be_written_with_a_fraction_of_zero() -> None:
    assert made(status=200.0, size=7.0)[4:7] == (200, None, 7)


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("value", [1, True, ["/"], {"a": 1}])
def test_texts_are_texts(field: str, value: object) -> None:
    assert "is not a string" in reason(**{field: value})


def test_a_query_string_is_not_kept() -> None:
    assert made(path="/a?secret=1#x").path == "/a"
    assert made(path="?secret=1").path == "/"


def test_an_unknown_method_is_one_of_them_all() -> None:
    assert made(method="get").method == "_OTHER"
    assert made(method="X" * 100_000).method == "_OTHER"


def test_texts_are_cut_and_made_safe() -> None:
    one = made(
        path="/\x00\x1b[31m\ud800" + "p" * 5000,
        route="/r" * 5000,
        error_type="\x00",
        error_message="m" * 5000,
    )
    assert one.path.startswith("/\ufffd\ufffd[31m\ufffd")
    assert (len(one.path), len(one.route)) == (MAX_PATH, MAX_ROUTE)
    assert (one.error_type, len(one.error_message)) == ("\ufffd", MAX_ERROR)


@pytest.mark.parametrize("value", [None, 1, "GET /", [], [RIGHT], True])
def test_what_is_no_object(value: object) -> None:
    with pytest.raises(ParseError, match="not an object"):
        to_event(value, NOW_US)


def test_an_object_an_array_and_lines_say_the_same() -> None:
    one = json.dumps(RIGHT)
    assert read(one, NOW_US, is_lines=False).events == [made()]
    assert read(f" [{one}, {one}] ", NOW_US, is_lines=False).events == [made()] * 2
    assert read(f"{one}\r\n\n  \n{one}\n", NOW_US, is_lines=True).events == [made()] * 2


def test_wrong_events_are_listed_and_the_right_ones_kept() -> None:
    found = read(json.dumps([RIGHT, {}, RIGHT, 7]), NOW_US, is_lines=False)
    assert found.events == [made()] * 2
    assert found.rejected == [
        Rejected(1, "path: is missing"),
        Rejected(3, "not an object: 7"),
    ]
    lines = read(f"{json.dumps(RIGHT)}\n{{\n\x00\n", NOW_US, is_lines=True)
    assert len(lines.events) == 1
    assert [(one.index, one.reason[:8]) for one in lines.rejected] == [
        (1, "not JSON"),
        (2, "not JSON"),
    ]


def test_of_many_wrong_events_the_first_are_listed_and_all_counted() -> None:
    found = read("[" + "1," * 500 + json.dumps(RIGHT) + "]", NOW_US, is_lines=False)
    assert (len(found.rejected), found.wrong, len(found.events)) == (MAX_REJECTED, 500, 1)


@pytest.mark.parametrize("text", ["", "[", "{", "nul", "[1,]", '{"a":1} {"a":2}', "\x00", "]" * 9])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(PayloadError):
        read(text, NOW_US, is_lines=False)


@pytest.mark.parametrize(("text", "is_lines"), [("[]", False), ("\n \n", True)])
def test_no_events_are_refused(text: str, is_lines: bool) -> None:
    with pytest.raises(PayloadError, match="no events"):
        read(text, NOW_US, is_lines=is_lines)


@pytest.mark.parametrize("is_lines", [False, True])
def test_too_many_events_are_refused(is_lines: bool) -> None:
    values = ["0"] * MAX_EVENTS
    text = "\n".join(values) if is_lines else f"[{','.join(values)}]"
    assert read(text, NOW_US, is_lines=is_lines).wrong == MAX_EVENTS
    with pytest.raises(TooManyEvents):
        read(f"{text}\n0" if is_lines else f"{text[:-1]},0]", NOW_US, is_lines=is_lines)


HOSTILE = [
    '{"path":"/","method":"GET","status":' + "9" * 5000 + "}",
    '{"path":"/","method":"GET","status":1e999}',
    '{"path":"/","method":"GET","status":NaN}',
    '{"path":"/","method":"GET","status":-Infinity}',
    '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    '{"a":' * 100_000 + "1" + "}" * 100_000,
    '["]}", "[{", "\\"]", ' + "[" * 50_000 + "]" * 50_000 + "]",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: str(text[:30]))
@pytest.mark.parametrize("is_lines", [False, True])
def test_one_hostile_event_harms_no_other(hostile: str, is_lines: bool) -> None:
    one = json.dumps(RIGHT)
    text = "\n".join([one, hostile, one]) if is_lines else f"[{one},{hostile},{one}]"
    found = read(text, NOW_US, is_lines=is_lines)
    assert found.events == [made()] * 2
    assert [rejected.index for rejected in found.rejected] == [1]


def test_of_a_field_given_twice_the_last_one_counts() -> None:
    text = '{"status":1,"method":"GET","path":"/api/orders/7","status":200}'
    assert read(text, NOW_US, is_lines=False).events == [made()]


def test_what_only_nests_says_so() -> None:
    with pytest.raises(PayloadError, match="nested too deep"):
        read("[" * 200_000, NOW_US, is_lines=False)


def test_a_string_without_end_in_a_deep_array_takes_no_quadratic_time() -> None:
    text = "[" * 2000 + '"' + '\\"' * 500_000
    with pytest.raises(PayloadError):
        read(text, NOW_US, is_lines=False)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(
    [
        "time",
        "method",
        "path",
        "route",
        "status",
        "duration",
        "size",
        "error_type",
        "client",
        "user_agent",
        "x",
    ]
)


@given(st.lists(st.dictionaries(fields, values) | values, min_size=1, max_size=5))
def test_whatever_is_sent_gives_events_within_bounds_or_reasons(sent: list[Any]) -> None:
    text = json.dumps([*sent, RIGHT])
    found = read(text, NOW_US, is_lines=False)
    assert len(found.events) + found.wrong == len(sent) + 1
    for one in found.events:
        assert 0 <= one.time_us <= NOW_US + AHEAD_US
        assert 0 <= one.status <= 999
        assert 0 < len(one.path) <= MAX_PATH
        assert 0 < len(one.route) <= MAX_ROUTE
        assert one.duration_us is None or 0 <= one.duration_us <= MAX_DURATION_S * 1e6
        assert one.size is None or 0 <= one.size <= MAX_SIZE
        "".join([one.path, one.route, one.error_type, one.error_message]).encode()


@given(st.text(), st.booleans())
def test_whatever_text_is_sent_is_read_or_refused(text: str, is_lines: bool) -> None:
    try:
        found = read(text, NOW_US, is_lines=is_lines)
    except PayloadError:
        return
    assert found.wrong
