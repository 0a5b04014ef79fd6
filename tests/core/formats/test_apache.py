import pytest

from logwatcher.core.formats import FormatError, Parse, compile_apache
from logwatcher.core.privacy import FULL, STRICT, Policy

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC
COMBINED = r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""
LINE = r'::1 - ada l [12/May/2024:08:25:03 +0200] "GET /say/\"7\"?b HTTP/1.1" 200 612 "-" "a\"b"'


def read(definition: str, policy: Policy = STRICT) -> Parse:
    return compile_apache(definition)(policy)


def test_a_log_format_is_read() -> None:
    parse = read(f'LogFormat "{COMBINED}" combined')
    assert parse(LINE)[:7] == (TIME_US, "GET", '/say/"7"', '/say/"7"', 200, None, 612)
    assert read(COMBINED.replace("\\", ""))(LINE) == parse(LINE)


@pytest.mark.parametrize(
    ("directives", "written", "duration_us"),
    [
        ("%D", "14211", 14_211),
        ("%D", "-14211", None),
        ("%T", "3", 3_000_000),
        ("%{ms}T", "142", 142_000),
        ("%{us}T", "142", 142),
        ("%{s}T", "1", 1_000_000),
        ("%T/%D", "1/1014211", 1_014_211),
        ("%I %O %T %{ms}T", "512 700 1 1142", 1_142_000),
        ("%^FB %k %X", "1 2 -", None),
    ],
)
def test_the_most_exact_duration_is_read_and_added_to_the_time_of_the_start(
    directives: str, written: str, duration_us: int | None
) -> None:
    event = read(f"{COMBINED} {directives}")(f"{LINE} {written}")
    assert event.duration_us == duration_us
    assert event.time_us == TIME_US + (duration_us or 0)


@pytest.mark.parametrize(
    ("directive", "written"),
    [
        ("%{sec}t", "1715495103"),
        ("%{msec}t", "1715495103000"),
        ("%{usec}t", "1715495103000000"),
        ("%{%d/%b/%Y:%T %z}t", "12/May/2024:08:25:03 +0200"),
        ("%{%Y-%m-%dT%H:%M:%S%z}t", "2024-05-12T08:25:03+0200"),
        ("%{%F %T}t", "2024-05-12 06:25:03"),
        ("%{end:sec}t", "1715495103"),
        ("%{begin:%FT%TZ}t", "2024-05-12T06:25:03Z"),
    ],
)
def test_times_in_other_forms_are_read(directive: str, written: str) -> None:
    parse = read(f'{directive}|%m|%U%q|%s|%D|"%{{%A}}t"')
    event = parse(f'{written}|GET|/a?b|404|1000|"Sunday"')
    is_end = directive.startswith("%{end:")
    assert event[:6] == (TIME_US + (0 if is_end else 1000), "GET", "/a", "/a", 404, 1000)


def test_modifiers_and_unknown_directives_are_skipped() -> None:
    parse = read(r"%!200,304{Referer}i %400,501{User-agent}i %% %Z %v:%p %t \"%r\" %<s\t%B")
    event = parse('- x % ? shop.example:443 [12/May/2024:06:25:03 +0000] "-" 408\t0')
    assert (event.status, event.size, event.path) == (408, 0, "-")


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("text", "no directive"),
        ("%r %s", "no time"),
        ("%t %r", "no status"),
        ("%t %s", "no request"),
        ("%t %s %r%h", "where %r ends and %h begins"),
    ],
)
def test_what_can_be_no_format_is_told(definition: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read(definition)


@pytest.mark.parametrize(
    ("directives", "text", "client"),
    [
        ("%h", "203.0.113.7", "203.0.113.7"),
        ("%h %a", "host.example 203.0.113.7", "203.0.113.7"),
        ("%h %{X-Forwarded-For}i", "203.0.113.7 198.51.100.1, 10.0.0.1", "203.0.113.7"),
        ('"%{X-forwarded-for}i"', '"198.51.100.1, 10.0.0.1"', "198.51.100.1"),
    ],
)
def test_client_and_agent_are_read(directives: str, text: str, client: str) -> None:
    definition = f'%t %m %U %>s "%{{User-agent}}i" {directives}'
    line = f'[12/May/2024:08:25:03 +0200] GET /a 200 "curl/8" {text}'
    event = read(definition, Policy(FULL))(line)
    assert (event.client, event.agent) == (client, "curl")
    assert read(definition)(line).client == ""


@pytest.mark.parametrize("directives", ["%U%q %>s", "%U %>s %q"])
def test_the_query_is_read_where_it_stands(directives: str) -> None:
    line = "[12/May/2024:08:25:03 +0200] GET " + directives.replace("%U", "/a")
    line = line.replace("%q", "?b=1").replace("%>s", "200")
    assert read(f"%t %m {directives}", Policy(keeps_query=True))(line).path == "/a?b=1"
    assert read(f"%t %m {directives}")(line).path == "/a"
