"""Named fields of a line → event: the same for all formats whose fields have names."""

from collections.abc import Mapping

from logwatcher.core.agent import to_family
from logwatcher.core.event import MAX_ERROR, MAX_ROUTE, Event, ParseError
from logwatcher.core.formats.duration import MAX_DURATION_US, SCALES, any_duration
from logwatcher.core.formats.format import excerpt
from logwatcher.core.formats.request import read_path, read_request
from logwatcher.core.formats.timestamp import any_time
from logwatcher.core.privacy import Policy
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
    "query",
    "status",
    "size",
    *DURATIONS,
    "route",
    "error_type",
    "error_message",
    "client",
    "agent",
)
"""What a field may mean: ``time`` is when the request ended, ``start`` when it began."""

_SIZE_DIGITS = 15
_STATUS = {
    "-": 0,
    **{f"{status:0{width}}": status for width in (1, 2, 3) for status in range(1000)},
}


def to_event(policy: Policy, fields: Mapping[str, object], *, is_escaped: bool = False) -> Event:
    """The event that these fields describe; those that say nothing may be missing or ``-``.

    Args:
        policy: what of them the event keeps.
        fields: value by one of ``FIELDS``.
        is_escaped: whether the texts still have a log's escapes.
    """
    duration = to_duration(fields)
    method, path = _request(policy, fields, is_escaped)
    route = fields.get("route")
    if isinstance(route, str) and route.startswith("/"):
        route = clean(route, MAX_ROUTE)
    else:
        route = to_route(path.partition("?")[0] if policy.keeps_query else path)
    agent = fields.get("agent")
    time = fields.get("time")
    return Event(
        _after_start(fields, duration) if time is None else any_time(time),
        method,
        path,
        route,
        to_status(fields.get("status")),
        duration,
        to_size(fields.get("size")),
        to_text(fields["error_type"]) if "error_type" in fields else "",
        to_text(fields["error_message"]) if "error_message" in fields else "",
        policy.to_client(fields.get("client")),
        to_family(agent) if isinstance(agent, str) else "",
    )


def to_duration(fields: Mapping[str, object]) -> int | None:
    """The first duration that is there, in µs."""
    duration = fields.get("duration_us")
    if type(duration) is int and 0 <= duration < MAX_DURATION_US:  # as by_names makes it
        return duration
    for field, scale in DURATIONS.items():
        if field in fields and (duration := any_duration(fields[field], scale)) is not None:
            return duration
    return None


def _after_start(fields: Mapping[str, object], duration: int | None) -> int:
    if (start := fields.get("start")) is not None:
        time = any_time(start)
        return type(time)(time + (duration or 0))
    raise ParseError("no time")


def _request(policy: Policy, fields: Mapping[str, object], is_escaped: bool) -> tuple[str, str]:
    keeps_query = policy.keeps_query
    request = fields.get("request")
    if isinstance(request, str):
        return read_request(request, is_escaped=is_escaped, keeps_query=keeps_query)
    path = fields.get("path")
    if not isinstance(path, str):
        raise ParseError("no request: neither its line nor a path")
    query = fields.get("query")
    if keeps_query and isinstance(query, str) and "?" not in path:
        query = query.removeprefix("?")
        path = f"{path}?{query}" if query not in ("", "-") else path
    method = fields.get("method")
    return (
        to_method(method) if isinstance(method, str) else OTHER_METHOD,
        read_path(path, is_escaped=is_escaped, keeps_query=keeps_query),
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
        is_number = len(value) <= _SIZE_DIGITS and value.isdecimal() and value.isascii()
        return int(value) if is_number else None
    is_number = isinstance(value, float | int) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value < 10**_SIZE_DIGITS else None  # type: ignore[operator,call-overload]  # a number


def to_text(value: object) -> str:
    """An error's name or message; empty if there is none."""
    return clean(value, MAX_ERROR) if isinstance(value, str) and value != "-" else ""
