"""Named fields of a line → event: the same for all formats whose fields have names."""

from collections.abc import Mapping

from logwatcher.core.event import MAX_ERROR, MAX_ROUTE, Event, ParseError
from logwatcher.core.formats.duration import SCALES, any_duration
from logwatcher.core.formats.format import excerpt
from logwatcher.core.formats.request import read_path, read_request
from logwatcher.core.formats.timestamp import any_time
from logwatcher.core.route import to_route
from logwatcher.core.text import OTHER_METHOD, clean, to_method

DURATIONS = {f"duration_{unit}": scale for unit, scale in SCALES.items()}
"""The fields of a duration, with µs per unit."""
FIELDS = (
    "time",
    "start",
    "request",
    "method",
    "path",
    "status",
    "size",
    *DURATIONS,
    "route",
    "error_type",
    "error_message",
)
"""What a field may mean: ``time`` is when the request ended, ``start`` when it began."""

_MAX_SIZE = 10**15
_STATUS = {
    "-": 0,
    **{f"{status:0{width}}": status for width in (1, 2, 3) for status in range(1000)},
}


def to_event(fields: Mapping[str, object], *, is_escaped: bool = False) -> Event:
    """The event that these fields describe; those that say nothing may be missing or ``-``.

    Args:
        fields: value by one of ``FIELDS``.
        is_escaped: whether the texts still have a log's escapes.
    """
    duration = to_duration(fields)
    method, path = _request(fields, is_escaped)
    route = fields.get("route")
    return Event(
        _time(fields, duration),
        method,
        path,
        clean(route, MAX_ROUTE)
        if isinstance(route, str) and route.startswith("/")
        else to_route(path),
        to_status(fields.get("status")),
        duration,
        to_size(fields.get("size")),
        to_text(fields.get("error_type")),
        to_text(fields.get("error_message")),
    )


def to_duration(fields: Mapping[str, object]) -> int | None:
    """The first duration that is there, in µs."""
    for field, scale in DURATIONS.items():
        if field in fields and (duration := any_duration(fields[field], scale)) is not None:
            return duration
    return None


def _time(fields: Mapping[str, object], duration: int | None) -> int:
    if (time := fields.get("time")) is not None:
        return any_time(time)
    if (start := fields.get("start")) is not None:
        return any_time(start) + (duration or 0)
    raise ParseError("no time")


def _request(fields: Mapping[str, object], is_escaped: bool) -> tuple[str, str]:
    request = fields.get("request")
    if isinstance(request, str):
        return read_request(request, is_escaped=is_escaped)
    path = fields.get("path")
    if not isinstance(path, str):
        raise ParseError("no request: neither its line nor a path")
    method = fields.get("method")
    return (
        to_method(method) if isinstance(method, str) else OTHER_METHOD,
        read_path(path, is_escaped=is_escaped),
    )


def to_status(value: object) -> int:
    """A number from 0 to 999, or a text of it; ``-`` is 0. Raises ParseError."""
    if isinstance(value, str):
        if (status := _STATUS.get(value)) is not None:
            return status
    elif isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= 999:
        return int(value)
    raise ParseError("no status" if value is None else f"no such status: {excerpt(str(value))}")


def to_size(value: object) -> int | None:
    """A number of bytes, or a text of it; None if it is something else."""
    if isinstance(value, str):
        if not (value.isdecimal() and value.isascii() and len(value) <= 15):
            return None
        value = int(value)
    elif isinstance(value, bool):
        return None
    return int(value) if isinstance(value, float | int) and 0 <= value < _MAX_SIZE else None


def to_text(value: object) -> str:
    """An error's name or message; empty if there is none."""
    return clean(value, MAX_ERROR) if isinstance(value, str) and value != "-" else ""
