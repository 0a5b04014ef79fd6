import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import MAX_PATH, Event, ParseError
from logwatcher.core.formats import FORMATS, LATEST_YEAR, MAX_LINE, by_pattern, unescape
from logwatcher.core.privacy import FULL, STRICT, Policy
from logwatcher.core.route import NO_ROUTE
from logwatcher.core.text import OTHER_METHOD, clean

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC

parse = FORMATS["combined"].parse
parse_common = FORMATS["common"].parse


def line(
    request: str = "GET / HTTP/1.1",
    *,
    address: str = "203.0.113.7",
    user: str = "-",
    time: str = "12/May/2024:06:25:03 +0000",
    status: str = "200",
    size: str = "612",
    agent: str = "Mozilla/5.0",
    end: str = "",
) -> str:
    return f'{address} - {user} [{time}] "{request}" {status} {size} "-" "{agent}"{end}'


def test_the_combined_format_is_read() -> None:
    assert parse(line("POST /api/orders/7?page=2 HTTP/2.0", status="201")) == Event(
        TIME_US, "POST", "/api/orders/7", "/api/orders/{id}", 201, None, 612, agent="other"
    )


@pytest.mark.parametrize(
    ("before", "client"),
    [
        ("203.0.113.7 - ada", "203.0.113.7"),
        ("203.0.113.7:51234 - ada l", "203.0.113.7"),
        ("shop.example:443 203.0.113.7 - -", "203.0.113.7"),
        ("192.0.2.1:443 203.0.113.7 - -", "203.0.113.7"),
        ("[2001:db8::1]:443 [2001:db8::42]:51234 - -", "2001:db8::42"),
        ("two columns 203.0.113.7 - -", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1,10.0.0.2 - -", "203.0.113.7"),
        ("203.0.113.7 ident ada", "203.0.113.7"),
        ("203.0.113.7 - [odd - 10.0.0.1", "203.0.113.7"),
        ("unix: - -", ""),
        ("host.example - 10.0.0.1", ""),
        ("- - -", ""),
    ],
)
def test_the_client_stands_before_the_identity(before: str, client: str) -> None:
    text = line().replace("203.0.113.7 - -", before, 1)
    assert FORMATS["combined"].reader(Policy(FULL))(text).client == client
    assert parse(text).client == ""


@pytest.mark.parametrize(
    ("request_line", "path", "route"),
    [
        ("GET /a/7?b=1 HTTP/1.1", "/a/7?b=1", "/a/{id}"),
        ("GET /a?b#c HTTP/1.1", "/a?b", "/a"),
        ("GET /a#c?d HTTP/1.1", "/a", "/a"),
        (r"GET /say/\"hi\"?to=\"7\" HTTP/1.1", '/say/"hi"?to="7"', '/say/"hi"'),
        ("GET /a?b=1", "/a?b=1", "/a"),
        ("/a?token=1", "/a?token=1", "/a"),
        (r"GET /a\x3Fb HTTP/1.1", "/a?b", "/a"),
        ("GET /" + "a" * 10 + "?" + "b" * MAX_PATH + " HTTP/1.1", None, "/" + "a" * 10),
    ],
)
def test_a_query_is_in_the_path_if_it_is_kept_and_never_in_the_route(
    request_line: str, path: str | None, route: str
) -> None:
    policy = Policy(keeps_query=True)
    for name in ("combined", "ltsv"):
        text = line(request_line)
        if name == "ltsv":
            text = f"time:{TIME_US // 10**6}\treq:{request_line}\tstatus:200"
        event = FORMATS[name].reader(policy)(text)
        assert event.path == path if path else len(event.path) == MAX_PATH
        assert event.route == route
        strict = FORMATS[name].parse(text)
        assert "?" not in strict.path + strict.route


@pytest.mark.parametrize(
    ("end", "agent"),
    [
        (' "-" "curl/8.7.1"', "curl"),
        (' "-" "curl/8.7.1" "203.0.113.9, 10.0.0.1"', "curl"),
        (' "curl/8.7.1"', ""),
        (' "-" "-"', ""),
        (r' "\"" "\"curl/8\""', "curl"),
    ],
)
def test_the_agent_is_the_second_text_at_the_end(end: str, agent: str) -> None:
    text = line().removesuffix(' "-" "Mozilla/5.0"') + end
    assert parse(text).agent == agent
    assert FORMATS["apache_us"].parse(f"{text} 7").agent == agent


@pytest.mark.parametrize(
    ("end", "duration_us"),
    [
        ("", None),
        (" 0.000", 0),
        (" 0.142", 142_000),
        (" 61.005", 61_005_000),
        (" 0.000001", 1),
        (" -", None),
        (" 512 0.142", 142_000),
        (" 512 0.142 0.140", 142_000),
        (" 0.142 0.010, 0.020 : 0.030", 142_000),
        (" 0.142 -", 142_000),
        (" 0.010, 0.020 : 0.030", 60_000),
        (" -, 0.020 : -", 20_000),
        (' rt=0.142 uct="0.000" uht="0.141" urt="0.141"', 142_000),
    ],
)
def test_the_times_may_stand_at_the_end(end: str, duration_us: int | None) -> None:
    assert parse(line(end=end)).duration_us == duration_us


@pytest.mark.parametrize(
    "end", [" 142", " 0,142", " 0.142s", " -0.1", " 0.1 x", " 1 2", ' "x" 0.1 "y"', " ", " inf"]
)
def test_what_is_no_request_time_is_not_guessed(end: str) -> None:
    with pytest.raises(ParseError, match="expected the end of the line at column"):
        parse(line(end=end))


def test_the_common_format_has_no_referer_and_agent() -> None:
    common = line().removesuffix(' "-" "Mozilla/5.0"')
    for text in [common, f"shop.example:443 {common}", f"{common} 0.142", f"{common} 512 0.142 -"]:
        assert parse_common(text)[:5] == parse(line())[:5]
        with pytest.raises(ParseError, match="expected the referer and user agent in quotes"):
            parse(text)
    with pytest.raises(ParseError, match="common: expected the end of the line"):
        parse_common(line())


def test_there_may_be_a_virtual_host_in_front_and_a_quoted_field_more() -> None:
    assert parse(f"shop.example:443 {line()}") == parse(line())
    assert parse(line(end=' "203.0.113.7, 10.0.0.2" 0.142')).duration_us == 142_000


@pytest.mark.parametrize(
    ("name", "end", "duration_us"),
    [
        ("apache_us", "14211", 14_211),
        ("apache_us", "3/3014211", 3_014_211),
        ("apache_ms", "14", 14_000),
        ("apache_s", "14", 14_000_000),
        ("apache_us", "-14", None),
        ("apache_s", "999999999999999", None),
    ],
)
def test_apache_writes_the_duration_after_the_time_of_the_start(
    name: str, end: str, duration_us: int | None
) -> None:
    event = FORMATS[name].parse(line(end=f" {end}"))
    assert event.duration_us == duration_us
    assert event.time_us == TIME_US + (duration_us or 0)


@pytest.mark.parametrize(
    "address",
    ["::1", "[::1]:443", "fe80::1%eth0", "-", "unix:", "203.0.113.7, 10.0.0.2", "host.example"],
)
def test_the_address_is_not_read(address: str) -> None:
    assert parse(line(address=address)) == parse(line())


@pytest.mark.parametrize("user", ["ada", "ada lovelace", '"ada"', "[ada]", "a[1/2]b", "", "\0"])
def test_the_user_is_not_read(user: str) -> None:
    assert parse(line(user=user)) == parse(line())


@pytest.mark.parametrize(
    ("request_line", "method", "path", "route"),
    [
        ("GET /a b HTTP/1.1", "GET", "/a b", "/a b"),
        ("GET /a", "GET", "/a", "/a"),
        ("GET http://example.com/a/7?x HTTP/1.1", "GET", "http://example.com/a/7", "/a/{id}"),
        ("OPTIONS * HTTP/1.1", "OPTIONS", "*", "*"),
        ("CONNECT example.com:443 HTTP/1.1", "CONNECT", "example.com:443", NO_ROUTE),
        ("PROPFIND /dav HTTP/1.1", "PROPFIND", "/dav", "/dav"),
        ("get /a HTTP/1.1", OTHER_METHOD, "/a", "/a"),
        ("BREWCOFFEEFORFIVE /a HTTP/1.1", OTHER_METHOD, "/a", "/a"),
        ("GET /a#b?c HTTP/1.1", "GET", "/a", "/a"),
        ("GET /a?b c HTTP/1.1", "GET", "/a", "/a"),
        ("GET HTTP/1.1", OTHER_METHOD, "GET HTTP/1.1", NO_ROUTE),
        ("HTTP/1.1", OTHER_METHOD, "HTTP/1.1", NO_ROUTE),
        ("-", OTHER_METHOD, "-", NO_ROUTE),
        ("", OTHER_METHOD, "-", NO_ROUTE),
        (r"\x16\x03\x01", OTHER_METHOD, r"\x16\x03\x01", NO_ROUTE),
        (r"\x16\x03 \x01", OTHER_METHOD, r"\x16\x03 \x01", NO_ROUTE),
        ("GET /?q=1 HTTP/1.1", "GET", "/", "/"),
    ],
)
def test_odd_requests_are_events_too(request_line: str, method: str, path: str, route: str) -> None:
    event = parse(line(request_line))
    assert (event.method, event.path, event.route) == (method, path, route)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (r"/a\x22b", '/a"b'),
        (r"/a\"b", '/a"b'),
        (r"/a\\b", "/a\\b"),
        (r"/caf\xC3\xA9", "/café"),
        (r"/\xff\xfe", "/\ufffd\ufffd"),
        (r"/a\x00b\n", "/a\ufffdb\ufffd"),
        (r"/a?b=\x22", "/a"),
        ("/a\0b\x1b[2J", "/a\ufffdb\ufffd[2J"),
        ("/a\ud800", "/a\ufffd"),
    ],
)
def test_a_path_is_unescaped_and_clean(written: str, path: str) -> None:
    assert parse(line(f"GET {written} HTTP/1.1")).path == path


def test_escapes_in_the_fields_that_are_not_read_do_no_harm() -> None:
    for agent in [r"\x22", r"a \"b\" c", r"ends \\", r"\" 0.5", r"\\\""]:
        assert parse(line(agent=agent, end=" 0.142")) == parse(line(end=" 0.142"))


def test_an_escape_cut_short_stays() -> None:
    assert unescape(r"\x4") == "x4"
    assert unescape("\\") == "\\"


def test_a_long_path_is_cut() -> None:
    for unit in ["a", r"\x61", "?"]:
        event = parse(line(f"GET /{unit * 15_000} HTTP/1.1"))
        assert len(event.path) <= MAX_PATH
    assert parse(line("GET /" + "a" * 15_000 + " HTTP/1.1")).path.endswith("a…")


@pytest.mark.parametrize(
    ("written", "status"), [("000", 0), ("-", 0), ("499", 499), ("999", 999), ("9", 9)]
)
def test_any_status_up_to_999_is_read(written: str, status: int) -> None:
    assert parse(line(status=written)).status == status


@pytest.mark.parametrize("status", ["1000", "-1", "2e2", "", "٢٠٠"])
def test_another_status_is_rejected(status: str) -> None:
    with pytest.raises(ParseError, match="expected a status at column"):
        parse(line(status=status))


def test_no_bytes_are_none_and_zero_is_zero() -> None:
    assert parse(line(size="-")).size is None
    assert parse(line(size="0")).size == 0


def test_bytes_beyond_a_petabyte_are_rejected() -> None:
    assert parse(line(size="9" * 15)).size == 10**15 - 1
    with pytest.raises(ParseError):
        parse(line(size="9" * 16))


@pytest.mark.parametrize(
    ("written", "time_us"),
    [
        ("12/May/2024:06:25:03 +0000", TIME_US),
        ("12/May/2024:08:25:03 +0200", TIME_US),
        ("12/May/2024:11:55:03 +0530", TIME_US),
        ("11/May/2024:23:25:03 -0700", TIME_US),
        ("12/May/2024:06:25:03 -0000", TIME_US),
        ("29/Feb/2024:00:00:00 +0000", 1_709_164_800_000_000),
        ("31/Dec/2016:23:59:60 +0000", 1_483_228_799_000_000),
        ("01/Jan/1971:00:00:00 +0000", 31_536_000_000_000),
    ],
)
def test_times_are_utc(written: str, time_us: int) -> None:
    assert parse(line(time=written)).time_us == time_us


@pytest.mark.parametrize(
    "time",
    [
        "30/Feb/2024:00:00:00 +0000",
        "29/Feb/2023:00:00:00 +0000",
        "12/Mai/2024:00:00:00 +0000",
        "12/May/2024:24:00:00 +0000",
        "12/May/2024:00:60:00 +0000",
        "12/May/2024:00:00:61 +0000",
        "12/May/2024:00:00:00 +1500",
        "12/May/2024:00:00:00 +0060",
        "12/May/0000:00:00:00 +0000",
        "31/Dec/1970:23:59:59 +0000",
        f"01/Jan/{LATEST_YEAR + 1}:00:00:00 +0000",
        "31/Dec/9999:23:59:59 +0000",
    ],
)
def test_a_time_that_is_none_is_rejected_with_its_value(time: str) -> None:
    with pytest.raises(ParseError, match=time[:11]):
        parse(line(time=time))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "combined: expected an address and a '[' at column 1, found ''"),
        ("hello", "combined: expected an address and a '[' at column 1, found 'hello'"),
        ("a - - [now] x", "0700]' at column 8, found 'now] x'"),
        (line()[:-1], "combined: expected the end of the line at column 74, found ' \"Moz"),
        (line() + "\n", "expected the end of the line at column 88, found '\ufffd'"),
        (line()[:50], "combined: expected the request in quotes at column 46, found '\"GET '"),
        ("\0\x1b" * 100, "found '" + "\ufffd" * 59 + "…'"),
        ('{"time": 1}', "found '{\"time\": 1}'"),
    ],
)
def test_the_message_says_what_is_missing_where(text: str, message: str) -> None:
    with pytest.raises(ParseError) as error:
        parse(text)
    assert message in str(error.value)


def test_a_line_at_the_bound_is_read_and_a_longer_one_is_rejected() -> None:
    room = MAX_LINE - len(line(agent=""))
    assert parse(line(agent="a" * room)) == parse(line())
    with pytest.raises(ParseError, match=f"longer than {MAX_LINE} bytes"):
        parse(line(agent="a" * (room + 1)))


@pytest.mark.parametrize("unit", ["[", '"', "\\", " ", '" "', "a - - [", "\\x22", '"\\'])
def test_no_line_takes_long(unit: str) -> None:
    started = time.process_time()
    for start in ["", line(), line()[:46]]:
        with pytest.raises(ParseError):
            parse(start + unit * ((MAX_LINE - 100) // len(unit)))
    assert time.process_time() - started < 0.5


@given(st.one_of(st.text(), st.text(max_size=200).map(lambda text: line(text.replace('"', "")))))
def test_any_line_is_an_event_fit_to_be_stored_or_an_error(text: str) -> None:
    try:
        event = parse(text)
    except ParseError as error:
        stored = [str(error)]
    else:
        stored = [event.method, event.path, event.route]
    for value in stored:
        assert 0 < len(value) <= MAX_PATH
        assert clean(value, MAX_PATH) == value
        value.encode()


def test_a_new_format_is_one_table_of_parts() -> None:
    parse = by_pattern(
        "tiny",
        [("a status", r"(\d+)"), ("a path", r" (\S+)")],
        lambda policy, status, path: Event(0, "GET", path, path, int(status), None, None),
    )(STRICT)
    assert parse("200 /a").path == "/a"
    with pytest.raises(ParseError, match="tiny: expected a path at column 4, found ''"):
        parse("200")


TIMES = st.sampled_from(["12/May/2024:06:25:03 +0000", "12/May/2024:06:25:60 -0130"])
REQUESTS = st.sampled_from(
    [
        "GET / HTTP/1.1",
        "POST /api/7.png?a=1 HTTP/2.0",
        f"GET /{'a' * MAX_PATH}/b HTTP/1.1",
        "GET /a\u202eb\t HTTP/1.1",
        r"GET /a\"b HTTP/1.1",
        r"\x16\x03",
        "FOO / HTTP/1.1",
        "GET /a b",
        "-",
    ]
)
ENDS = st.sampled_from(["", " 0.142", " -", " 12.0000005", " rt=0.1", " 0.1, 0.2", " x", '" "'])
LINES = st.builds(
    lambda time, request, status, size, end: line(
        request, time=time, status=status, size=size, end=end
    ),
    TIMES,
    REQUESTS,
    st.sampled_from(["200", "0", "999", "-", "007"]),
    st.sampled_from(["0", "-", "123456789012345"]),
    ENDS,
)


POLICIES = st.sampled_from([STRICT, Policy("full", keeps_query=True), Policy("truncate")])


@pytest.mark.parametrize("name", ["combined", "common"])
@given(st.lists(st.one_of(LINES, LINES.map(lambda text: text[:-3]), st.text())), POLICIES)
def test_many_lines_at_once_are_read_like_each_alone(
    name: str, lines: list[str], policy: Policy
) -> None:
    parse_usual = FORMATS[name].usual_reader(policy)
    assert parse_usual
    for text, event in zip(lines, parse_usual(lines), strict=True):
        if event is not None:
            assert event == FORMATS[name].reader(policy)(text)


def test_a_usual_line_is_read_among_others_and_a_wrong_time_spoils_none() -> None:
    parse_usual = FORMATS["combined"].usual_reader()
    assert parse_usual
    usual = [line(end=" 0.1"), line("POST /a/7?b HTTP/1.1", status="-", size="-", end=" -"), line()]
    assert parse_usual([*usual, "nonsense"]) == [*map(parse, usual), None]
    assert parse_usual([*usual, line(time="42/May/2024:06:25:03 +0000")]) == [None] * 4
    assert parse_usual([*usual, line(time="2024-05-12T06:25:03 +00:00")]) == [None] * 4
    assert parse_usual([line() + " " * MAX_LINE]) == [None]
    assert parse_usual([]) == []
