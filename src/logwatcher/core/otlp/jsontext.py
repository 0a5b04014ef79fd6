"""An export in JSON → items; nothing in it need be what it should be."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from logwatcher.core.event import ParseError
from logwatcher.core.otlp.record import (
    EXCEPTION,
    NAMES,
    SERVICE,
    Item,
    Record,
    to_service,
    to_whole,
)
from logwatcher.core.otlp.signal import Signal
from logwatcher.core.payload import PayloadError, decode_json

_SERVER = (2, "SPAN_KIND_SERVER")
_ERROR = (2, "STATUS_CODE_ERROR")
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")

Message = dict[str, Any]  # Any: whatever JSON can hold


def read(body: bytes, signal: Signal) -> Iterator[Item]:
    """All spans or log records of an export.

    Raises:
        PayloadError: it is not JSON, or its outer levels are not those of such a message.
    """
    to_record = _span if signal.is_spans else _log
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        message = decode_json(text)
    except RecursionError:
        raise PayloadError("nested too deep") from None
    except ValueError as error:
        raise PayloadError(f"not JSON: {error}") from None
    for resource in _list(message, signal.resources):
        scopes = _list(resource, signal.scopes)
        service = _service(resource)
        for scope in scopes:
            for item in _list(scope, signal.items):
                yield Item(service, _item(item, to_record))


def _list(message: object, name: str) -> list[Any]:
    """What a message repeats; empty if it is not there.

    Raises:
        PayloadError: the message or the value is something else.
    """
    if type(message) is not dict:
        raise PayloadError(f"{name}: what should hold it is not an object")
    value = message.get(name)
    if value is not None and type(value) is not list:
        raise PayloadError(f"{name}: is not a list")
    return value or []


def _service(resource: Message) -> str:
    found = resource.get("resource")
    attributes = found.get("attributes") if type(found) is dict else None
    return to_service(_known(attributes, {SERVICE}).get(SERVICE))


def _item(
    item: object, to_record: Callable[[Message], Record | None]
) -> Record | ParseError | None:
    if type(item) is not dict:
        return ParseError("not an object")
    try:
        return to_record(item)
    except ParseError as error:
        return error


def _span(span: Message) -> Record | None:
    if span.get("kind") not in _SERVER:
        return None
    attributes = _known(span.get("attributes"))
    events = span.get("events")
    for event in events if type(events) is list else []:
        if type(event) is dict and event.get("name") == EXCEPTION:
            attributes |= _known(event.get("attributes"))
    status = span.get("status")
    failure = None
    if type(status) is dict and status.get("code") in _ERROR:
        failure = str(status.get("message") or "")
    return Record(
        attributes,
        is_span=True,
        start_ns=_time(span, "startTimeUnixNano"),
        end_ns=_time(span, "endTimeUnixNano"),
        failure=failure,
    )


def _log(log: Message) -> Record:
    return Record(
        _known(log.get("attributes")),
        is_span=False,
        start_ns=0,
        end_ns=_time(log, "timeUnixNano") or _time(log, "observedTimeUnixNano"),
        failure=None,
    )


def _time(item: Message, name: str) -> int:
    """ns; as text, as JSON has 64-bit numbers in protobuf's mapping, or as a number."""
    value = to_whole(item.get(name, 0))
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ParseError(f"{name}: is not a time in ns since 1970")
    return value


def _known(attributes: object, names: AbstractSet[str] = NAMES) -> dict[str, object]:
    """Those that are read, unless they are lists or the like."""
    known: dict[str, object] = {}
    for attribute in attributes if type(attributes) is list else []:
        if type(attribute) is not dict or type(attribute.get("value")) is not dict:
            continue
        name, value = attribute.get("key"), attribute["value"]
        if type(name) is str and name in names:
            for kind in _VALUES:
                if kind in value:
                    known[name] = to_whole(value[kind]) if kind == "intValue" else value[kind]
    return known
