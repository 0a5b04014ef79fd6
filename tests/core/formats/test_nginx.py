import pytest

from logwatcher.core.event import ParseError
from logwatcher.core.formats import MAX_LINE, FormatError, Parse, compile_nginx
from logwatcher.core.privacy import FULL, STRICT, Policy

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC
COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)
LINE = (
    '203.0.113.7 - ada lovelace [12/May/2024:08:25:03 +0200] "GET /a/7?b HTTP/1.1" 200 612 '
    r'"-" "an \x22agent\x22"'
)


def read(definition: str, policy: Policy = STRICT) -> Parse:
    return compile_nginx(definition)(policy)


def test_a_log_format_is_read() -> None:
    event = read(COMBINED)(LINE)
    assert event[:7] == (TIME_US, "GET", "/a/7", "/a/{id}", 200, None, 612)


def test_a_whole_directive_is_read() -> None:
    parse = read(
        "log_format  main escape=default '$remote_addr - $remote_user [$time_local] '\n"
        "    '\"$request\" $status $body_bytes_sent '\n"
        '    \'"$http_referer" "$http_user_agent" "$http_x_forwarded_for" ${request_time}s\';\n'
    )
    assert parse(f'{LINE} "203.0.113.7, 10.0.0.2" 0.142s').duration_us == 142_000


def test_json_is_read_as_text() -> None:
    parse = read(
        'log_format j escape=json \'{"t":$msec,"m":"$request_method","u":"$request_uri",\''
        '\'"ua":"$http_user_agent","s":$status,"b":$bytes_sent,"d":$request_time}\';'
    )
    event = parse(
        r'{"t":1715495103.125,"m":"GET","u":"/say/\"hi\"/\u0001?q","ua":"\"","s":404,"b":9,"d":0.002}'
    )
    assert event[:7] == (TIME_US + 125_000, "GET", '/say/"hi"/�', '/say/"hi"/�', 404, 2000, 9)


@pytest.mark.parametrize(
    ("written", "duration_us"),
    [
        ("0.142 0.010", 142_000),
        ("0.142 -", 142_000),
        ("- 0.010, 0.200 : 0.300", None),
        ("0.142 0.010, 0.200 : -, 0.300", 142_000),
    ],
)
def test_the_request_time_is_the_whole(written: str, duration_us: int | None) -> None:
    parse = read(f"{COMBINED} $request_time $upstream_response_time")
    assert parse(f"{LINE} {written}").duration_us == duration_us


@pytest.mark.parametrize(
    ("written", "duration_us"),
    [("0.010, 0.200 : 0.300", 510_000), ("-", None), ("0.010 : -", 10_000), ("-, 0.200", 200_000)],
)
def test_the_upstreams_times_are_added_where_there_is_nothing_else(
    written: str, duration_us: int | None
) -> None:
    parse = read(f"{COMBINED} $upstream_response_time $upstream_addr")
    line = f"{LINE} {written} 10.0.0.2:80, unix:/run/a.sock : [::1]:80"
    assert parse(line).duration_us == duration_us


def test_the_most_exact_time_is_read() -> None:
    parse = read("$msec|$time_local|$time_iso8601|$request|$status")
    line = "1715495103.125|12/May/2024:06:25:03 +0000|2024-05-12T06:25:03+00:00|GET / HTTP/1.1|200"
    assert parse(line).time_us == TIME_US + 125_000


def test_unknown_variables_are_skipped() -> None:
    parse = read('$my_own$another "$third" [$time_local] "$request" $status')
    assert parse(r'a"b "\x22 [" [12/May/2024:06:25:03 +0000] "-" 408').status == 408


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("", "no variable"),
        ("plain text", "no variable"),
        ('"$request" $status', "no time"),
        ('[$time_local] "$request"', "no status"),
        ("[$time_local] $status", "no request"),
        ("[$time_local] $status $request$http_host", r"where \$request ends and \$http_host beg"),
        ("$a|" * 300, "more than 100 variables"),
    ],
)
def test_what_can_be_no_format_is_told(definition: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read(definition)


def test_the_message_names_the_variable_that_is_not_there() -> None:
    with pytest.raises(ParseError, match=r"nginx: expected \$status at column"):
        read(COMBINED)(LINE.replace(" 200 ", " x "))
    with pytest.raises(ParseError, match=f"longer than {MAX_LINE}"):
        read(COMBINED)(LINE + " " * MAX_LINE)


@pytest.mark.parametrize(
    ("variables", "text", "client", "agent"),
    [
        ("$remote_addr", "203.0.113.7", "203.0.113.7", ""),
        ("$http_x_forwarded_for|$remote_addr", "198.51.100.1|203.0.113.7", "203.0.113.7", ""),
        ("$http_x_forwarded_for", "198.51.100.1, 10.0.0.1", "198.51.100.1", ""),
        ("$proxy_add_x_forwarded_for|$http_user_agent", "::1|curl/8", "::1", "curl"),
        ("$remote_addr$another", "203.0.113.7x", "", ""),
    ],
)
def test_client_and_agent_are_read(variables: str, text: str, client: str, agent: str) -> None:
    definition, line = f"$msec $uri $status|{variables}", f"1715495103.000 /a 200|{text}"
    event = read(definition, Policy(FULL))(line)
    assert (event.client, event.agent) == (client, agent)
    assert read(definition)(line).client == ""


def test_the_query_may_be_a_variable_of_its_own() -> None:
    definition = "$msec $uri $status $args"
    assert read(definition, Policy(keeps_query=True))("1715495103.000 /a 200 b=1").path == "/a?b=1"
    assert read(definition, Policy(keeps_query=True))("1715495103.000 /a 200 -").path == "/a"
    assert read(definition)("1715495103.000 /a 200 b=1").path == "/a"
