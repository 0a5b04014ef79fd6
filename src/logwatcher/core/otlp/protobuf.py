"""An export in protobuf → items, one at a time.

Its outer levels are walked here: so an item that is wrong falls alone, and a million empty
messages, which take two bytes each, never become objects.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from logwatcher.core.event import ParseError
from logwatcher.core.otlp.record import EXCEPTION, NAMES, SERVICE, Item, Record, to_service
from logwatcher.core.otlp.signal import Signal
from logwatcher.core.payload import PayloadError, TooManyEvents

MAX_PARTS = 200_000
"""Fields on the outer levels: of an item alone in its resource about ten."""
MAX_ITEM = 1 << 20
"""Bytes of a span, a log record or a resource."""

_RESOURCES, _RESOURCE, _SCOPES, _ITEMS = 1, 1, 2, 2  # numbers of fields, those of both signals
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # kinds of fields
_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})

Range = tuple[int, int]


def read(body: bytes, signal: Signal) -> Iterator[Item]:
    """All spans or log records of an export.

    Raises:
        PayloadError: it is not such a message.
        TooManyEvents: it has more parts than it may.
    """
    to_record = _span if signal.is_spans else _log
    walk = _Walk(body)
    for resource in walk.fields(_RESOURCES, (0, len(body))):
        service = _service(body, walk.fields(_RESOURCE, resource))
        for scope in walk.fields(_SCOPES, resource):
            for item in walk.fields(_ITEMS, scope):
                yield Item(service, _item(body, item, to_record))


class _Walk:
    """Finds fields of messages without decoding them; at most ``MAX_PARTS`` in all."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_PARTS

    def fields(self, number: int, within: Range) -> Iterator[Range]:
        """Where the messages of this number are in the message that is there."""
        data = self._data
        at, end = within
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise TooManyEvents(f"more than {MAX_PARTS} parts; send several requests")
            tag, at = _varint(data, at)
            kind = tag & 7
            if kind == _BYTES:
                size, at = _varint(data, at)
                if at + size <= end and tag >> 3 == number:
                    yield at, at + size
                at += size
            elif kind == _VARINT:
                _, at = _varint(data, at)
            elif kind in (_FIXED64, _FIXED32):
                at += 8 if kind == _FIXED64 else 4
            else:
                raise _damaged()
        if at > end:
            raise _damaged()


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at this place, and the place after it."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise _damaged()


def _damaged() -> PayloadError:
    return PayloadError("not a message in protobuf of OpenTelemetry's protocol")


def _service(body: bytes, found: Iterable[Range]) -> str:
    """Of the last resource there; it may stand behind what it has sent."""
    attributes: dict[str, object] = {}
    for start, end in found:
        if end - start > MAX_ITEM:
            raise PayloadError(f"a resource is larger than {MAX_ITEM} bytes")
        try:
            attributes = _known(Resource.FromString(body[start:end]).attributes, {SERVICE})
        except DecodeError:
            raise _damaged() from None
    return to_service(attributes.get(SERVICE))


def _item(
    body: bytes, at: Range, to_record: Callable[[bytes], Record | None]
) -> Record | ParseError | None:
    start, end = at
    if end - start > MAX_ITEM:
        return ParseError(f"larger than {MAX_ITEM} bytes")
    try:
        return to_record(body[start:end])
    except DecodeError:
        return ParseError("not a message of this kind, or text that is not UTF-8")


def _span(data: bytes) -> Record | None:
    span = Span.FromString(data)
    if span.kind != Span.SPAN_KIND_SERVER:
        return None
    attributes = _known(span.attributes)
    for event in span.events:
        if event.name == EXCEPTION:
            attributes |= _known(event.attributes)
    has_failed = span.status.code == Status.STATUS_CODE_ERROR
    return Record(
        attributes,
        is_span=True,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        failure=span.status.message if has_failed else None,
    )


def _log(data: bytes) -> Record:
    log = LogRecord.FromString(data)
    return Record(
        _known(log.attributes),
        is_span=False,
        start_ns=0,
        end_ns=log.time_unix_nano or log.observed_time_unix_nano,
        failure=None,
    )


def _known(attributes: Iterable[KeyValue], names: AbstractSet[str] = NAMES) -> dict[str, object]:
    """Those that are read, unless they are lists or the like."""
    known: dict[str, object] = {}
    for attribute in attributes:
        if (name := attribute.key) in names:
            value = attribute.value
            if (kind := value.WhichOneof("value")) in _SCALARS:
                known[name] = getattr(value, kind)
    return known
