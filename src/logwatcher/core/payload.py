"""What is sent to the HTTP API → events: JSON from outside, where each wrong event falls alone."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from logwatcher.core.agent import to_family
from logwatcher.core.event import MAX_ERROR, MAX_PATH, MAX_ROUTE, Event, ParseError
from logwatcher.core.privacy import STRICT, Policy
from logwatcher.core.route import to_route
from logwatcher.core.text import clean, to_method

MAX_EVENTS = 10_000
"""In one request."""
MAX_REJECTED = 100
"""So many wrong events are listed; the others are only counted."""
MAX_DURATION_S = 30 * 86_400.0
MAX_SIZE = 1 << 40
AHEAD_US = 86_400 * 1_000_000
"""How far in the future an event may lie: clocks differ, and some tell the local time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_TIME_TEXT = 40
_MAX_DIGITS = 20
_SHOWN = 40
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)

_decode = json.JSONDecoder(strict=False).decode
_decode_big = json.JSONDecoder(
    strict=False, parse_int=lambda text: int(text) if len(text) <= _MAX_DIGITS else float("inf")
).decode


class PayloadError(ValueError):
    """Nothing of it can be read: says why."""


class TooManyEvents(PayloadError):
    """More than may be sent at once."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A wrong event: its place in what was sent, from 0, and why."""

    index: int
    reason: str


class Payload(NamedTuple):
    """The events that are right, and those that are not.

    Attributes:
        events: in the order they were sent.
        rejected: the first ``MAX_REJECTED`` of them.
        wrong: how many were rejected.
    """

    events: list[Event]
    rejected: list[Rejected]
    wrong: int


def read(text: str, now_us: int, *, is_lines: bool, policy: Policy = STRICT) -> Payload:
    """Read all events.

    Args:
        text: an object or an array of objects in JSON, or one object per line.
        now_us: the time of events that have none, and the measure of what is ahead of it.
        is_lines: whether it is the latter; empty lines don't count.
        policy: what is kept of each.

    Raises:
        PayloadError: it is neither, or there is nothing in it.
        TooManyEvents: it is more than may be sent at once.
    """
    values = _lines(text) if is_lines else _values(text)
    events: list[Event] = []
    rejected: list[Rejected] = []
    index, wrong = -1, 0
    for index, value in enumerate(values):
        if index >= MAX_EVENTS:
            raise TooManyEvents(f"more than {MAX_EVENTS} events; send them in several requests")
        try:
            if type(value) is ParseError:
                raise value
            events.append(to_event(value, now_us, policy))
        except ParseError as error:
            wrong += 1
            if wrong <= MAX_REJECTED:
                rejected.append(Rejected(index, str(error)))
    if index < 0:
        raise PayloadError("there are no events in it")
    return Payload(events, rejected, wrong)


def to_event(value: object, now_us: int, policy: Policy = STRICT) -> Event:
    """One event from what JSON holds, as far as the policy keeps it.

    Raises:
        ParseError: naming the field and what is wrong with it.
    """
    if type(value) is not dict:
        raise ParseError(f"not an object: {_shown(value)}")
    get = value.get
    path, query = _text(get("path"), "path"), ""
    if not path:
        raise ParseError("path: is missing")
    if "?" in path or "#" in path:
        path, _, query = path.partition("#")[0].partition("?")
        path = path or "/"
    route = _text(get("route"), "route")
    method = _text(get("method"), "method")
    if not method:
        raise ParseError("method: is missing")
    status = get("status")
    if status is None:
        raise ParseError("status: is missing")
    time, duration, size = get("time"), get("duration"), get("size")
    error_type, error_message = get("error_type"), get("error_message")
    client, agent = _text(get("client"), "client"), _text(get("user_agent"), "user_agent")
    return Event(
        now_us if time is None else _time_us(time, now_us),
        to_method(method),
        clean(f"{path}?{query}" if query and policy.keeps_query else path, MAX_PATH),
        clean(route, MAX_ROUTE) if route else to_route(path),
        _whole(status, "status", 999),
        None if duration is None else round(_number(duration, "duration", MAX_DURATION_S) * 1e6),
        None if size is None else _whole(size, "size", MAX_SIZE),
        clean(_text(error_type, "error_type"), MAX_ERROR) if error_type else "",
        clean(_text(error_message, "error_message"), MAX_ERROR) if error_message else "",
        policy.to_client(client),
        to_family(agent),
    )


def _text(value: object, field: str) -> str:
    if type(value) is str:
        return value
    if value is None:
        return ""
    raise ParseError(f"{field}: {_shown(value)} is not a string")


def _number(value: object, field: str, most: float) -> float:
    """A number from 0 to ``most``, which NaN is not."""
    if type(value) is not int and type(value) is not float:
        raise ParseError(f"{field}: {_shown(value)} is not a number")
    if not 0 <= value <= most:
        raise ParseError(f"{field}: {_shown(value)} is not from 0 to {most:.15g}")
    return value


def _whole(value: object, field: str, most: int) -> int:
    number = _number(value, field, most)
    if number != (whole := int(number)):
        raise ParseError(f"{field}: {_shown(value)} is not a whole number")
    return whole


def _time_us(value: object, now_us: int) -> int:
    if type(value) is str:
        time_us = _iso_us(value)
    elif type(value) is int or type(value) is float:
        if not abs(value) < 1e12:  # NaN, too; milliseconds since 1970 are more than this
            raise ParseError(f"time: {_shown(value)} is out of range; give seconds since 1970")
        time_us = round(value * 1_000_000)
    else:
        raise ParseError(f"time: {_shown(value)} is neither a number nor a string")
    if time_us < 0:
        raise ParseError(f"time: {_shown(value)} is before 1970")
    if time_us > now_us + AHEAD_US:
        raise ParseError(f"time: {_shown(value)} is more than a day ahead")
    return time_us


def _iso_us(text: str) -> int:
    try:
        if len(text) > _MAX_TIME_TEXT:
            raise ValueError
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return (time - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise ParseError(f"time: {_shown(text)} is not a time of ISO 8601") from None


def _shown(value: object) -> str:
    """The value as it was sent, cut short; what holds others only by its kind."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MAX_DIGITS:
        return "the number"
    return clean(json.dumps(value), _SHOWN)


def _lines(text: str) -> Iterator[Any]:  # Any: whatever JSON can hold, or a ParseError
    for line in text.split("\n"):
        if line and not line.isspace():
            yield _value(line)


def _values(text: str) -> Iterable[Any]:  # Any: as above
    try:
        value = decode_json(text)
    except RecursionError:
        # Only what is nested too deep falls, not what was sent with it.
        value = [_value(element) for element in _elements(text)]
        if not value:
            raise PayloadError("not JSON: nested too deep, and without an end") from None
    except ValueError as error:
        raise PayloadError(f"not JSON: {error}") from None
    return value if isinstance(value, list) else [value]


def _value(text: str) -> Any:  # Any: as above
    try:
        return decode_json(text)
    except RecursionError:
        return ParseError("nested too deep")
    except ValueError as error:
        return ParseError(f"not JSON: {error}")


def decode_json(text: str) -> Any:  # Any: whatever JSON can hold
    """As Python's own, but a number with more digits than Python reads is infinite.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deep.
    """
    try:
        return _decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer with more digits than Python converts
        return _decode_big(text)


def _elements(text: str) -> Iterator[str]:
    """The texts of a JSON array's elements, told apart by their brackets alone."""
    if not text.lstrip().startswith("["):
        yield text
        return
    depth, start = 0, text.index("[") + 1
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if (depth == 1 and mark == ",") or depth == 0:
            yield text[start : token.start()]
            start = token.end()
        if depth == 0:
            return
