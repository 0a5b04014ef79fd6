"""JSON lines of one shape are read by column as each is read alone."""

import json
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import FORMATS, MAX_LINE, find_format
from logwatcher.core.formats.shape import MAX_SHAPES
from logwatcher.core.privacy import STRICT, Policy

NGINX: dict[str, object] = {
    "time_iso8601": "2024-10-10T11:55:36+00:00",
    "remote_addr": "203.0.113.7",
    "request": "GET /api/orders/7?a=b HTTP/1.1",
    "status": 200,
    "body_bytes_sent": "2326",
    "http_referer": "",
    "http_user_agent": "curl/8.7.1",
    "request_time": 0.142,
}
PARTS: dict[str, object] = {
    "ts": 1728561336.655,
    "method": "post",
    "uri": "/api/orders/7?a=b",
    "status": "201",
    "bytes": 17,
    "took_ms": "12.5",
    "level": None,
    "tls": True,
}
POLICIES = st.sampled_from([STRICT, Policy("full", keeps_query=True), Policy("truncate")])
KEYS = [
    *(
        *NGINX,
        *PARTS,
        "time",
        "msec",
        "time_local",
        "Status",
        "code",
        "size",
        "duration",
        "latency",
    ),
    *(
        "path",
        "url",
        "query",
        "route",
        "error_type",
        "user_agent",
        "client_ip",
        "x",
        'a"b',
        "é",
        "",
    ),
    *("request_time_ms", "duration_us", "upstream_response_time", "response_time", "request.uri"),
]
TEXTS = st.sampled_from(
    [
        *(value for value in (*NGINX.values(), *PARTS.values()) if isinstance(value, str)),
        *("-", "", "0", "200", "042", "007", "1000", "0.5", "-0.1", "1e3", "12", "12ms", "/a b"),
        *(
            "10/Oct/2024:11:55:36 +0200",
            "2024-10-10 11:55:36",
            "2024-10-10T11:55:36.123Z",
            "nonsense",
        ),
        *(
            "GET /é HTTP/2.0",
            "GET  HTTP/1.1",
            "\\x16\\x03",
            "GET /a\x01b HTTP/1.1",
            "OPTIONS * HTTP/1.1",
        ),
        *(
            "203.0.113.7, 10.0.0.1",
            "unix:",
            "a\\b",
            'a"b',
            "9" * 25,
            "GET /" + "a" * 2100 + " HTTP/1.1",
        ),
    ]
)
NUMBERS = st.sampled_from(
    [
        *(0, 1, 42, 200, 404, 999, 1000, -1, 0.0, 0.142, 12.5, 1e-7, 1e22, 9_999_999.9999999),
        *(1728561336, 1728561336.655, 1728561336655, 1728561336655000, 1728561336655000000, 10**18),
    ]
)
VALUES = st.one_of(
    TEXTS, NUMBERS, st.none(), st.booleans(), st.just([1]), st.just({"uri": "/a"}), st.text()
)
RECORDS = st.one_of(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=9),
    *(
        st.fixed_dictionaries({key: st.one_of(st.just(value), VALUES) for key, value in of.items()})
        for of in (NGINX, PARTS)
    ),
)


def to_line(record: dict[str, object], spaced: bool = False, escaped: bool = False) -> str:
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(record, separators=separators, ensure_ascii=escaped)


def read(line: str, policy: Policy = STRICT, format_: str = "json") -> Event | None:
    try:
        return find_format(format_).reader(policy)(line)
    except ParseError:
        return None


def usual(lines: list[str], policy: Policy = STRICT, **of: Any) -> list[Event | None]:
    parse = FORMATS["json"].usual_reader(policy, **of)
    assert parse
    return parse(lines)


@given(
    st.lists(st.builds(to_line, RECORDS, st.booleans(), st.booleans()) | st.text(), max_size=12),
    POLICIES,
)
def test_many_lines_at_once_are_read_like_each_alone(lines: list[str], policy: Policy) -> None:
    parse = FORMATS["json"].usual_reader(policy)
    assert parse
    for _ in range(3):  # each time one more shape is learnt
        for line, event in zip(lines, parse(lines), strict=True):
            assert event is None or event == read(line, policy)


@pytest.mark.parametrize("policy", [STRICT, Policy("full", keeps_query=True)])
@pytest.mark.parametrize("record", [NGINX, PARTS])
@pytest.mark.parametrize("is_spaced", [False, True])
def test_usual_lines_are_read_so(
    record: dict[str, object], is_spaced: bool, policy: Policy
) -> None:
    line = to_line(record, is_spaced)
    expected = read(line, policy)
    assert expected
    assert usual([line] * 3, policy) == [expected] * 3


def test_a_line_of_another_shape_or_with_an_escape_or_a_mistake_is_left_to_others() -> None:
    whole = to_line(NGINX)
    odd = [
        to_line({**NGINX, "http_user_agent": 'a"b'}),
        to_line({**NGINX, "status": "200"}),
        to_line({**NGINX, "more": {"a": 1}}),
        whole[:-1],
        f" {whole}",
        f"{whole}x",
        whole.replace("200", "0200"),
        whole.replace('"2326"', '"2326'),
    ]
    expected = read(whole)
    assert usual([whole, *odd, whole]) == [expected, *[None] * len(odd), expected]
    assert usual([]) == []
    assert usual([whole + " " * MAX_LINE]) == [None]


def test_a_wrong_time_leaves_all_to_others_and_spoils_none() -> None:
    wrong = to_line({**NGINX, "time_iso8601": "2024-99-10T11:55:36+00:00"})
    assert usual([to_line(NGINX), wrong]) == [None, None]


def test_several_shapes_are_learnt_one_at_a_time_and_not_without_end() -> None:
    parse = FORMATS["json"].usual_reader(Policy("full"))
    assert parse
    lines = [to_line({**NGINX, f"x{number}": 1}) for number in range(MAX_SHAPES + 2)]
    counts = [sum(event is not None for event in parse(lines)) for _ in range(MAX_SHAPES + 3)]
    assert counts[0] <= 1
    assert counts[-1] == MAX_SHAPES


def test_times_without_an_offset_are_of_the_zone() -> None:
    line = to_line({**NGINX, "time_iso8601": "2024-10-10T11:55:36"})
    zone = timezone(timedelta(hours=2))
    (here,), (there,) = usual([line], zone=UTC), usual([line], zone=zone)
    assert here
    assert there
    assert here.time_us - there.time_us == 2 * 3600 * 1_000_000


def test_keys_of_your_own_are_read_so() -> None:
    format_ = find_format('{"time": "t", "path": "p", "status": "s", "duration_s": "d"}')
    line = '{"t":1728561336,"p":"/a","s":200,"d":0.25,"e":"x"}'
    parse = format_.usual_reader()
    assert parse
    assert parse([line]) == [format_.reader()(line)]
