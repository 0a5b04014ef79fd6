"""What a log's lines are, in words: its format, what does not match, what is missing."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from functools import partial

from logwatcher.core.event import ParseError
from logwatcher.core.formats.advice import LATENCY
from logwatcher.core.formats.detection import Detection, detect
from logwatcher.core.formats.format import Format, Header
from logwatcher.core.formats.jsonline import read_object
from logwatcher.core.formats.keyvalue import SPLIT
from logwatcher.core.formats.names import unitless
from logwatcher.core.formats.zone import Wall
from logwatcher.core.privacy import STRICT
from logwatcher.core.text import clean

MAX_MISSES = 5
_WIDTH = 160
_BINARY = 16
_REPLACED = "\ufffd"
_ERROR_LOG = re.compile(
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: "  # NGINX
    r"|\[\w{3} \w{3} \d\d [\d:.]+ \d{4}\] \["  # Apache
)


def explain(lines: Sequence[str], format_: Format | None = None, zone: tzinfo = UTC) -> str:
    """Which format these lines have, how many fit it, and where the first others break.

    Args:
        lines: the first ones of a file.
        format_: what they should have; found out if there is none given.
        zone: of times that have no offset.
    """
    lines = [line for line in lines if line.strip()]
    if not lines:
        return "The file is empty; its format is found out when lines come."
    if format_ is not None:
        return "\n".join(_explain(lines, format_, zone))
    detection = detect(lines)
    if detection.format is None:
        return "\n".join(_unknown(lines, detection))
    doubt = [f"In doubt: {detection.doubt}."] if detection.doubt else []
    return "\n".join([*_explain(lines, detection.format, zone), *doubt])


def likely_cause(lines: Sequence[str]) -> str:
    """Why these lines may not have matched, and what to do; empty if there is no telling.

    Args:
        lines: some that didn't, or their beginnings.
    """
    if not lines:
        return ""
    if all(map(_ERROR_LOG.match, lines)):
        return "These are an error log's lines; watch the access log."
    if any(_REPLACED in line[:_BINARY] for line in lines):
        return "These are no text; is the file compressed, or a request not HTTP?"
    found = detect(lines).format
    if found:
        return f"These lines have the format {found.name}; give --format, or a file to each format."
    return ""


def _explain(lines: Sequence[str], format_: Format, zone: tzinfo) -> Iterator[str]:
    parse = format_.make(STRICT)
    events = []
    misses: list[tuple[int, str, str]] = []
    headers = 0
    for number, line in enumerate(lines, 1):
        try:
            events.append(parse(line))
        except Header:
            headers += 1
        except ParseError as error:
            misses.append((number, str(error), line))
    yield f"Format: {format_.name} ({format_.about})"
    count = len(lines) - headers
    yield f"Matched: {len(events)} of {count} lines" + (
        f" ({100 * len(events) / count:.1f} %)" if count else ""
    )
    yield from _miss(misses)
    if any(type(event.time_us) is Wall for event in events):
        yield f"Times: without an offset, taken as {zone}; if that is wrong, use --time-zone"
    timed = sum(event.duration_us is not None for event in events)
    if events and not timed:
        yield from _no_latency(lines, format_)
    elif events:
        yield f"Latency: in {timed} of {len(events)} matched lines"


def _miss(misses: Sequence[tuple[int, str, str]]) -> Iterator[str]:
    for number, reason, line in misses[:MAX_MISSES]:
        yield f"  line {number}: {reason}"
        yield f"    {clean(line, _WIDTH)}"
    if len(misses) > MAX_MISSES:
        yield f"  and {len(misses) - MAX_MISSES} more"


def _no_latency(lines: Sequence[str], format_: Format) -> Iterator[str]:
    if key := _unitless(lines, format_):
        yield f"Latency: none; {clean(key, _WIDTH)!r} has no unit. " + (
            "Let it be written with one, like 12ms, or under a name that tells it, like duration_ms"
            if format_.name in SPLIT
            else "Name it by --format with the keys"
            ' of your log, {"time": …, "request": …, "status": …, '
            f'"duration_ms": "{clean(key, _WIDTH)}"}} or duration_s, duration_us, duration_ns'
        )
        return
    yield "Latency: none. To have it, write into the server's configuration:"
    for server, directive in LATENCY.items():
        yield f"  {server}:"
        yield from (f"    {line}" for line in directive.splitlines())


def _unitless(lines: Sequence[str], format_: Format) -> str | None:
    read = SPLIT.get(format_.name, partial(read_object, ""))
    for line in lines[:MAX_MISSES]:
        try:
            if key := unitless(read(line)):
                return key
        except ParseError:
            continue
    return None


def _unknown(lines: Sequence[str], detection: Detection) -> Iterator[str]:
    yield f"Format: none fits at least half of the {detection.lines} first lines"
    for fit in detection.fits[:MAX_MISSES]:
        yield f"  {fit.format.name} fits {fit.lines}"
    yield "The first line:"
    yield f"    {clean(lines[0], _WIDTH)}"
    yield (
        "Give --format a name of `logwatcher formats`, or your own log_format, LogFormat or"
        " JSON keys."
    )
