"""What uWSGI writes for each request if nothing else is set."""

from logwatcher.core.event import Event
from logwatcher.core.formats import fields
from logwatcher.core.formats.format import Format
from logwatcher.core.formats.pattern import CLIENT, by_pattern
from logwatcher.core.formats.timestamp import MONTHS
from logwatcher.core.privacy import Policy


def _to_event(
    policy: Policy,
    before: str,
    time: str,
    method: str,
    path: str,
    size: str,
    duration: str,
    unit: str,
    status: str,
) -> Event:
    """The time is when the request came, without an offset."""
    named = {
        "start": _iso(time),
        "method": method,
        "path": path,
        "status": status,
        "size": size,
        "duration_us" if unit == "micros" else "duration_ms": duration,
        "client": before.partition(" (")[0],
    }
    return fields.to_event(policy, named)


def _iso(time: str) -> str:
    """``Thu Oct 10 11:55:36 2024``, or as ``--log-date`` has it → ISO 8601."""
    words = time.split()
    if len(words) != 5:
        return time
    _, month, day, clock, year = words
    return f"{year}-{MONTHS.get(month, 0):02}-{day:0>2} {clock}"


UWSGI = Format(
    "uwsgi",
    "uWSGI: its default format; its times have no offset: --time-zone",
    "[pid: 4711|app: 0|req: 7/42] 203.0.113.7 () {28 vars in 341 bytes} [Thu Oct 10 11:55:36 2024]"
    " GET /api/orders/7 => generated 2326 bytes in 142 msecs (HTTP/1.1 200) 2 headers in 67 bytes"
    " (1 switches on core 0)",
    by_pattern(
        "uwsgi",
        (
            ("'[pid: …|app: …|req: …]'", r"(?:[^\[]*+\[){1,8}?pid: [^\]]++\] "),
            ("the client's address, user and a '['", rf"{CLIENT}(?:[^\[]*+\[){{1,8}}?)"),
            ("a time like 'Thu Oct 10 11:55:36 2024]'", r"(\w[\w :.,+-]{15,39})\] "),
            ("the method", r"([^ ]*+) "),
            ("the address that was asked for and '=>'", r"([^ ]*+(?: (?!=> )[^ ]*+)*+) => "),
            ("the bytes generated", r"generated (\d{1,15}) bytes "),
            ("the duration in msecs or micros", r"in (\d{1,12}) (msecs|micros) "),
            ("the protocol and a status", r"(?:via [^ ]++ )?\([^ )]*+ (\d{1,3})\) "),
            ("the headers and switches", r"\d{1,9} headers in .*"),
        ),
        _to_event,
    ),
    may_lack_offset=True,
)
