"""What proxies write in their own formats: HAProxy, Envoy, Squid."""

from logwatcher.core.event import Event
from logwatcher.core.formats import fields
from logwatcher.core.formats.format import Format
from logwatcher.core.formats.pattern import CLIENT, QUOTED, by_pattern
from logwatcher.core.formats.timestamp import MONTHS
from logwatcher.core.privacy import Policy

_NONE = "-1"


def _haproxy(
    policy: Policy,
    before: str,
    time: str,
    duration: str,
    status: str,
    size: str,
    state: str,
    request: str,
) -> Event:
    """The fifth timing is the whole; it is negative where the client went away before."""
    day, month, rest = time.split("/", 2)
    named = {
        # When it began, without an offset.
        "start": f"{rest[:4]}-{MONTHS.get(month, 0):02}-{day} {rest[5:]}",
        "request": request,
        "status": "0" if status == _NONE else status,
        "size": size,
        "duration_ms": duration.removeprefix("+"),
        "error_type": state if state[:2] != "--" and not "000" < status < "400" else "",
        "client": before.removesuffix(" [").rpartition(" ")[2].rpartition(":")[0],
    }
    return fields.to_event(policy, named, is_escaped=True)


def _envoy(
    policy: Policy,
    time: str,
    request: str,
    status: str,
    flags: str,
    size: str,
    duration: str,
    client: str | None,
    agent: str | None,
) -> Event:
    named = {
        "start": time,
        "request": request,
        "status": status,
        "size": size,
        "duration_ms": duration,
        "error_type": flags,
        "client": client,
        "agent": agent,
    }
    return fields.to_event(policy, named, is_escaped=True)


def _squid(
    policy: Policy,
    time: str,
    duration: str,
    client: str,
    status: str,
    size: str,
    method: str,
    path: str,
) -> Event:
    named = {
        "time": time,
        "duration_ms": duration,
        "status": status,
        "size": size,
        "method": method,
        "path": path,
        "client": client,
    }
    return fields.to_event(policy, named, is_escaped=True)


HAPROXY = Format(
    "haproxy",
    "HAProxy: option httplog; its times have no offset: --time-zone",
    "Oct 10 11:55:36 lb haproxy[14389]: 203.0.113.7:33317 [10/Oct/2024:11:55:36.655] http-in"
    ' static/srv1 10/0/30/69/142 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /api/orders/7 HTTP/1.1"',
    by_pattern(
        "haproxy",
        (
            ("the client's address and a '['", rf"{CLIENT}(?:[^\[]*+\[){{1,8}}?)"),
            (
                "a time like '06/Feb/2009:12:14:14.655]'",
                r"(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] ",
            ),
            ("the frontend and the server", r"[^ ]++ [^ ]++ "),
            ("five timings", r"(?:-?\d{1,10}/){4}([+-]?\d{1,10}) "),
            ("a status", r"(\d{3}|-1) "),
            ("the bytes sent", r"\+?(\d{1,15}) "),
            ("two cookies", r"[^ ]++ [^ ]++ "),
            ("the termination state", r"([A-Za-z-]{2,4}) "),
            ("the numbers of connections", r"\d+/\d+/\d+/\d+/\+?\d+ "),
            ("the queues", r"\d+/\d+ "),
            ("captured headers in braces", r"(?:\{[^}]*+\} ){0,2}"),
            ("the request in quotes", r'"([^"]*+)"?'),
            ("fields of TLS", r"(?: .*)?"),
        ),
        _haproxy,
    ),
    may_lack_offset=True,
)
ENVOY = Format(
    "envoy",
    "Envoy: its default format, and Istio's",
    '[2024-10-10T11:55:36.655Z] "GET /api/orders/7 HTTP/2" 200 - 154 2326 142 140 "203.0.113.7"'
    ' "curl/8.7.1" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "shop.example" "10.0.0.2:80"',
    by_pattern(
        "envoy",
        (
            ("a time like '[2016-04-15T20:17:00.310Z]'", r"\[(\d{4}-\d\d-[\dT:.]{5,24}Z)\] "),
            ("the request in quotes", rf'"({QUOTED})" '),
            ("a status", r"(\d{1,3}) "),
            ("the response's flags", r"([A-Za-z,-]{1,40}) "),
            ("its details", r'(?:[^ "]++ [^ "]++ "[^"]*+" )?'),
            ("the bytes received and sent", r"\d{1,15} (\d{1,15}) "),
            ("the duration in ms", r"(\d{1,10}|-) "),
            ("the upstream's time", r"(?:\d{1,10}|-)"),
            ("the rest in quotes", rf'(?: "{CLIENT}{QUOTED})" "({QUOTED})")?+(?: .*)?'),
        ),
        _envoy,
    ),
)
SQUID = Format(
    "squid",
    "Squid: its native format",
    "1728561336.655    142 203.0.113.7 TCP_MISS/200 2326 GET http://shop.example/api/orders/7 -"
    " HIER_DIRECT/198.51.100.7 application/json",
    by_pattern(
        "squid",
        (
            ("a time like '1066036250.129'", r"(\d{8,12}\.\d{3}) +"),
            ("the duration in ms", r"(-?\d{1,10}) "),
            ("the client's address", rf"{CLIENT}[^ ]++) "),
            ("a result and a status like 'TCP_MISS/200'", r"[A-Z_]++/(\d{3}) "),
            ("the bytes sent", r"(\d{1,15}) "),
            ("the method", r"([^ ]++) "),
            ("the address that was asked for", r"([^ ]++) "),
            ("the user, the way and the type", r"[^ ]++ [^ ]++ [^ ]++(?: .*)?"),
        ),
        _squid,
    ),
)
