"""What Google's storage writes."""

from logwatcher.core.event import Event
from logwatcher.core.formats import fields
from logwatcher.core.formats.format import Format, Header, Parse
from logwatcher.core.formats.pattern import CLIENT, by_pattern
from logwatcher.core.formats.request import without_origin
from logwatcher.core.privacy import Policy

_VALUE = r'"(?:[^"]++|"")*+"'
_READ = r'"((?:[^"]++|"")*+)"'
_HEADER = '"time_micros","c_ip",'


def _to_event(
    policy: Policy,
    time: str,
    client: str,
    method: str,
    path: str,
    status: str,
    size: str,
    took: str,
    agent: str,
) -> Event:
    named = {
        "time": time,
        "method": method,
        "path": without_origin(path.replace('""', '"')),
        "status": status or "-",
        "size": size,
        "duration_us": took,
        "client": client,
        "agent": agent,
    }
    return fields.to_event(policy, named)


_make = by_pattern(
    "gcs",
    (
        ("a time in µs in quotes", r'"(\d{14,17})",'),
        (
            "the address, its type and its region in quotes",
            rf'"{CLIENT}[^"]*+)",{_VALUE},{_VALUE},',
        ),
        ("the method and address that was asked for in quotes", rf"{_READ},{_READ},"),
        ("a status in quotes", r'"(\d{0,3})",'),
        ("the bytes received and sent in quotes", r'"\d{0,15}","(\d{0,15})",'),
        ("the duration in µs in quotes", r'"(\d{0,15})",'),
        ("the host, referer and user agent in quotes", rf"{_VALUE},{_VALUE},{_READ},"),
        ("the rest in quotes", r'".*'),
    ),
    _to_event,
)


def _make_with_header(policy: Policy) -> Parse:
    read = _make(policy)

    def parse(line: str) -> Event:
        if line.startswith(_HEADER):
            raise Header("gcs: a header")
        return read(line)

    return parse


GCS = Format(
    "gcs",
    "Google Cloud Storage: usage logs, CSV",
    '"1728561336655000","203.0.113.7","1","","GET","/api/orders/7","200","0","2326","142000",'
    '"storage.googleapis.com","","curl/8.7.1","AAANsUlYpXKq","GET_Object","api","orders/7"',
    _make_with_header,
)
