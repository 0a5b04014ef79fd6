"""Log formats: a table of what turns one line into one event."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from logwatcher.core.event import MAX_PATH, Event, ParseError
from logwatcher.core.route import to_route
from logwatcher.core.text import METHODS, OTHER_METHOD, clean, to_method

MAX_LINE = 64 * 1024
"""Longer lines are rejected: no server writes them, and they cost memory."""
LATEST_YEAR = 2099
"""Times from 1970 to the end of this year are believed."""

_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a request on one line.

    Attributes:
        name: what ``--format`` takes.
        about: for the list of formats.
        sample: a line with every field that is read.
        parse: a line without its end → its event. Raises ParseError.
    """

    name: str
    about: str
    sample: str
    parse: Callable[[str], Event]


# Inside of quotes: what is escaped by a backslash, or, twice as fast, where none is.
_QUOTED = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_PLAINLY_QUOTED = r'[^"]*+'


def by_pattern(
    name: str, parts: Sequence[tuple[str, str]], to_event: Callable[..., Event]
) -> Callable[[str], Event]:
    """The ``parse`` of a format that a regular expression describes.

    Args:
        name: of the format, for messages.
        parts: what stands there and its pattern, in the order of the line; so a message
            can say which one is missing.
        to_event: takes the groups of all parts.
    """
    pattern = "".join(pattern for _, pattern in parts)
    match = re.compile(pattern, re.ASCII).fullmatch
    match_plain = re.compile(pattern.replace(_QUOTED, _PLAINLY_QUOTED), re.ASCII).fullmatch

    def parse(line: str) -> Event:
        if len(line) > MAX_LINE:
            raise ParseError(f"{name}: longer than {MAX_LINE} bytes: {_excerpt(line)}")
        fields = match(line) if "\\" in line else match_plain(line)
        if fields is None:
            raise ParseError(f"{name}: {_missing(line, parts)}")
        return to_event(*fields.groups())

    return parse


def _missing(line: str, parts: Sequence[tuple[str, str]]) -> str:
    """The first part that is not there, and what is there instead."""
    pattern, column = "", 0
    for what, part in [*parts, ("the end of the line", r"\Z")]:
        pattern += part
        matched = re.match(pattern, line, re.ASCII)
        if matched is None:
            return f"expected {what} at column {column + 1}, found {_excerpt(line[column:])}"
        column = matched.end()
    raise AssertionError(f"nothing is missing: {line!r}")


def _excerpt(text: str) -> str:
    return repr(clean(text, _EXCERPT))


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}


@lru_cache(maxsize=1024)
def _clf_time(text: str) -> int:
    """``10/Oct/2000:13:55:36 -0700`` in µs since the epoch."""
    second = int(text[18:20])
    if second > 60:
        raise ParseError(f"no such time: {text!r}")
    # A leap second has no time of its own in UNIX time.
    return (_clf_minute(text[:17], text[21:]) + min(second, 59)) * 1_000_000


@lru_cache(maxsize=1024)
def _clf_minute(minute: str, offset: str) -> int:
    """Apart from the seconds, since most lines share their minute with others."""
    hours, minutes = int(offset[1:3]), int(offset[3:5])
    try:
        month = _MONTHS[minute[3:6]]
        hour = int(minute[12:14])
        local = datetime(
            int(minute[7:11]), month, int(minute[:2]), hour, int(minute[15:17]), tzinfo=UTC
        )
    except (KeyError, ValueError):
        raise ParseError(f"no such time: {minute!r}") from None
    if not 1970 < local.year <= LATEST_YEAR or hours > 14 or minutes > 59:
        raise ParseError(f"not a time from 1971 to {LATEST_YEAR}: '{minute} {offset}'")
    shift = hours * 3600 + minutes * 60
    return int(local.timestamp()) - (shift if offset[0] == "+" else -shift)


_ESCAPES = re.compile(r"((?:\\x[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}


def unescape(text: str) -> str:
    r"""``\x22`` as NGINX writes it and ``\"`` as Apache does; bytes are read as UTF-8."""
    return _ESCAPES.sub(_unescape, text)


def _unescape(escape: re.Match[str]) -> str:
    if escape[1]:
        return bytes.fromhex(escape[1].replace("\\x", "")).decode("utf-8", "replace")
    return _ESCAPED.get(escape[2], escape[2])


_QUERY = re.compile("[?#]")


def _odd_request(line: str) -> tuple[str, str]:
    """Method and path of a request line with escapes, spaces, no protocol or no sense."""
    words = line.split(" ")
    has_protocol = len(words) > 1 and words[-1].startswith("HTTP/")
    if has_protocol:
        words.pop()
    method, target = to_method(words[0]), _QUERY.split(" ".join(words[1:]), 1)[0]
    if not target or (method == OTHER_METHOD and not has_protocol):
        return OTHER_METHOD, clean(line, MAX_PATH) or "-"
    return method, clean(unescape(target[: 4 * MAX_PATH]), MAX_PATH)


def _combined(
    time: str,
    method: str | None,
    path: str,
    odd_request: str,
    status: str,
    size: str,
    duration: str | None,
) -> Event:
    if method is None:
        method, path = _odd_request(odd_request)
    else:
        path = clean(path, MAX_PATH)
    return Event(
        _clf_time(time),
        method,
        path,
        to_route(path),
        0 if status == "-" else int(status),
        None if duration is None or duration == "-" else int(float(duration) * 1_000_000 + 0.5),
        None if size == "-" else int(size),
    )


_COMBINED = (
    ("an address and a '['", r"(?:[^\[]*+\[){1,8}?"),
    (
        "a time like '10/Oct/2000:13:55:36 -0700]'",
        r"(\d\d/[A-Z][a-z][a-z]/\d\d\d\d:\d\d:\d\d:\d\d [+-]\d\d\d\d)\] ",
    ),
    (
        "the request in quotes",
        rf'"(?:({"|".join(sorted(METHODS))}) ([^ ?#"\\]++)(?:[?#][^ "\\]*+)? HTTP/\d(?:\.\d)?'
        rf'|({_QUOTED}))" ',
    ),
    ("a status", r"(\d{1,3}|-) "),
    ("the bytes sent", r"(\d{1,15}|-)"),
    ("the referer and user agent in quotes", rf'(?: "{_QUOTED}"){{0,3}}+'),
    ("the request time in seconds, like 0.123", r"(?: (\d{1,7}\.\d{1,6}|-))?"),
)

FORMATS = {
    format_.name: format_
    for format_ in (
        Format(
            "combined",
            "NGINX and Apache: combined, with or without $request_time at the end; common",
            '203.0.113.7 - ada [10/Oct/2024:13:55:36 +0200] "GET /api/orders/7 HTTP/1.1" 200 2326'
            ' "https://example.com/" "Mozilla/5.0" 0.142',
            by_pattern("combined", _COMBINED, _combined),
        ),
    )
}
"""Every format by its name."""
