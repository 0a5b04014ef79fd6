"""The common log format and what servers add to it: NGINX, Apache, Traefik, ingress-nginx."""

from collections.abc import Sequence
from itertools import repeat

from logwatcher.core.agent import to_family
from logwatcher.core.event import MAX_PATH, Event
from logwatcher.core.formats.duration import number_duration, text_duration
from logwatcher.core.formats.fields import to_status
from logwatcher.core.formats.format import Format
from logwatcher.core.formats.pattern import CLIENT, QUOTED, Groups, by_column, by_pattern
from logwatcher.core.formats.request import SIMPLE_REQUEST, odd_request, simple_path
from logwatcher.core.formats.timestamp import clf_time
from logwatcher.core.privacy import Policy
from logwatcher.core.route import to_route

START = (
    ("an address and a '['", CLIENT + r"(?:[^\[]*+\[){1,8}?)"),
    (
        "a time like '10/Oct/2000:13:55:36 -0700]'",
        r"(\d\d/[A-Z][a-z][a-z]/\d\d\d\d:\d\d:\d\d:\d\d [+-]\d\d\d\d)\] ",
    ),
    ("the request in quotes", rf'"(?:{SIMPLE_REQUEST}|({QUOTED}))" '),
    ("a status", r"(\d{1,3}|-) "),
    ("the bytes sent", r"(\d{1,15}|-)"),
)
_USUAL_START = (
    START[0],
    ("a time", r"([^\]]{26})\] "),  # whether it is one is found out once per second
    ("the request", rf'"{SIMPLE_REQUEST}" '),
    *START[3:],
)
_NO_AGENT = ("", "()")
_AGENT = (
    "the referer and user agent in quotes",
    rf'(?: "{QUOTED}"(?: "({QUOTED})"(?: "{QUOTED}")?+)?+)',
)
_USUAL_AGENT = (_AGENT[0], rf' "{QUOTED}" "({QUOTED})"(?: "{QUOTED}")?+')
_MAYBE_AGENT = (_AGENT[0], _AGENT[1] + "?+")
_SECONDS = r"(?:\d{1,7}\.\d{1,6}|-)(?:(?:, | : )(?:\d{1,7}\.\d{1,6}|-))*+"
_REQUEST_TIME = (
    "the request time in seconds, like 0.123",
    # Before it may stand its length; after it, the upstream's time, as in NGINX's own examples.
    rf"(?: (?:\d{{1,15}} |rt=)?+({_SECONDS})"
    rf'(?: {_SECONDS})?+(?: u[chr]t="?{_SECONDS}"?){{0,3}}+)?',
)
_USUAL_TIME = (_REQUEST_TIME[0], r"(?: (\d{1,7}\.\d{1,6}|-))?")


def to_event(
    policy: Policy,
    before: str,
    time: str,
    method: str | None,
    path: str,
    query: str | None,
    request: str,
    status: str,
    size: str,
    agent: str | None,
    duration: str | None = None,
) -> Event:
    """The event of the groups in ``START``, a user agent and a duration in seconds."""
    if method is None:
        method, path = odd_request(request, keeps_query=policy.keeps_query)
        route = to_route(path.partition("?")[0])
    else:
        route = to_route(path)
    if query or len(path) > MAX_PATH or not path.isprintable():  # no call for nearly all lines
        path = simple_path(path, query)
    duration_us = None
    if duration is not None and duration != "-":
        try:
            duration_us = int(float(duration) * 1_000_000 + 0.5)
        except ValueError:
            duration_us = text_duration(duration, 1_000_000)
    return tuple.__new__(  # as Event(…) does, without the call
        Event,
        (
            clf_time(time),
            method,
            path,
            route,
            0 if status == "-" else int(status),
            duration_us,
            None if size == "-" else int(size),
            "",
            "",
            policy.to_client(_address(before)) if before else "",
            to_family(agent) if agent else "",
        ),
    )


def _to_events(policy: Policy, rows: Sequence[Groups]) -> list[Event]:
    """As ``to_event`` of each, column by column."""
    if not rows:
        return []
    before, times, methods, paths, queries, statuses, sizes, agents, durations = zip(
        *rows, strict=True
    )
    shown = paths
    if any(queries) or not all(map(str.isprintable, paths)) or max(map(len, paths)) > MAX_PATH:
        shown = tuple(map(simple_path, paths, queries))
    columns = zip(
        map(clf_time, times),
        methods,
        shown,
        map(to_route, paths),
        map(to_status, statuses),
        [
            None if text is None or text == "-" else int(float(text) * 1_000_000 + 0.5)
            for text in durations
        ],
        [None if text == "-" else int(text) for text in sizes],
        repeat(""),
        repeat(""),
        [policy.to_client(_address(text)) if text else "" for text in before],
        map(to_family, agents),
        strict=False,  # repeat has no end
    )
    return list(map(Event._make, columns))


def _address(before: str) -> str:
    """The address in ``shop.example 203.0.113.7 - ada [``: it may be one list of several."""
    addresses, has_no_identity, _ = before.replace(", ", ",").partition(" - ")
    return addresses.rpartition(" ")[2] if has_no_identity else addresses.partition(" ")[0]


def _apache(scale: int) -> tuple[tuple[str, str], ...]:
    unit = {1: "µs", 1000: "ms", 1_000_000: "s"}[scale]
    seconds = r"(?:\d{1,7}/)?" if scale == 1 else ""  # "%T/%D"
    return (*START, _MAYBE_AGENT, (f"the duration in {unit}", rf" {seconds}(-?\d{{1,15}})"))


def _to_apache(policy: Policy, scale: int, *groups: str) -> Event:
    """Apache's time is when the request came."""
    event = to_event(policy, *groups[:-1])
    duration = number_duration(int(groups[-1]), scale)
    return event._replace(time_us=event.time_us + (duration or 0), duration_us=duration)


def _to_traefik(policy: Policy, *groups: str) -> Event:
    """Traefik's time is when the request came."""
    event = to_event(policy, *groups[:-1])
    duration = text_duration(groups[-1], 1000)
    return event._replace(time_us=event.time_us + (duration or 0), duration_us=duration)


_LINE = '203.0.113.7 - ada [10/Oct/2024:13:55:36 +0200] "GET /api/orders/7 HTTP/1.1" 200 2326'
_AGENTS = ' "https://example.com/" "curl/8.7.1"'

COMMON = Format(
    "common",
    "NGINX and Apache: common, with or without a virtual host in front and times at the end",
    f"{_LINE} 0.142",
    by_pattern(
        "common",
        (*START, _NO_AGENT, _REQUEST_TIME),
        to_event,
        usual=(*START, _NO_AGENT, _USUAL_TIME),
    ),
    make_usual=by_column((*_USUAL_START, _NO_AGENT, _USUAL_TIME), _to_events),
)
COMBINED = Format(
    "combined",
    "NGINX and Apache: combined, with or without a virtual host in front and, at the end,"
    " $request_length, $request_time and $upstream_response_time",
    f"{_LINE}{_AGENTS} 0.142",
    by_pattern(
        "combined",
        (*START, _AGENT, _REQUEST_TIME),
        to_event,
        usual=(*START, _USUAL_AGENT, _USUAL_TIME),
    ),
    make_usual=by_column((*_USUAL_START, _USUAL_AGENT, _USUAL_TIME), _to_events),
)
COMBINED_IO = Format(
    "combinedio",
    "Apache: combined (or common) with %I %O, the bytes received and sent",
    f"{_LINE}{_AGENTS} 512 2570",
    by_pattern(
        "combinedio", (*START, _MAYBE_AGENT, ("two numbers", r" \d{1,15} \d{1,15}")), to_event
    ),
)
APACHE_US = Format(
    "apache_us",
    "Apache: combined (or common) with %D at the end, or %T/%D: µs",
    f"{_LINE}{_AGENTS} 142000",
    by_pattern("apache_us", _apache(1), lambda policy, *groups: _to_apache(policy, 1, *groups)),
)
APACHE_MS = Format(
    "apache_ms",
    "Apache: combined (or common) with %{ms}T at the end; Tomcat with %D: ms",
    f"{_LINE}{_AGENTS} 142",
    by_pattern(
        "apache_ms", _apache(1000), lambda policy, *groups: _to_apache(policy, 1000, *groups)
    ),
)
APACHE_S = Format(
    "apache_s",
    "Apache: combined (or common) with %T at the end: whole seconds",
    f"{_LINE}{_AGENTS} 1",
    by_pattern(
        "apache_s",
        _apache(1_000_000),
        lambda policy, *groups: _to_apache(policy, 1_000_000, *groups),
    ),
)
TRAEFIK = Format(
    "traefik",
    "Traefik: its common log format",
    f'{_LINE}{_AGENTS} 17 "web@docker" "http://10.0.0.2:80" 142ms',
    by_pattern(
        "traefik",
        (
            *START,
            _AGENT,
            ("the number of the request", r" (?:\d{1,20}|-)"),
            ("the router and server in quotes", rf'(?: "{QUOTED}"){{2}}+'),
            ("the duration, like 22ms", r" (\d{1,10})ms"),
        ),
        _to_traefik,
    ),
)
INGRESS = Format(
    "ingress",
    "Kubernetes: ingress-nginx",
    f"{_LINE}{_AGENTS} 512 0.142 [shop-web-80] [] 10.0.0.2:8080 2326 0.141 200 a1b2c3",
    by_pattern(
        "ingress",
        (
            *START,
            _AGENT,
            ("the request's length and time", rf" \d{{1,15}} ({_SECONDS})"),
            ("the upstream's names in brackets", r" \[[^\]]*+\](?: \[[^\]]*+\])?+"),
            ("the upstream's address, length, time, status and an id", r"(?: [^ ]++){2,40}+"),
        ),
        to_event,
    ),
)
