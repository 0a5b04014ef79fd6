"""A server span or a log record → event, by OpenTelemetry's conventions for HTTP, old and new."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from logwatcher.core import payload
from logwatcher.core.event import MAX_SOURCE, Event, ParseError
from logwatcher.core.privacy import STRICT, Policy
from logwatcher.core.route import from_template
from logwatcher.core.text import clean

SERVICE = "service.name"
"""The attribute of a resource that says of which service it is."""
UNKNOWN_SERVICE = "unknown_service"
"""What the specification calls a service that doesn't say."""
EXCEPTION = "exception"
"""The name of a span's event that holds the attributes of one."""

_METHOD = ("http.request.method", "http.method")
_PATH = ("url.path", "http.target", "url.full", "http.url")
_STATUS = ("http.response.status_code", "http.status_code")
_SIZE = ("http.response.body.size", "http.response_content_length")
_CLIENT = (
    *("client.address", "http.client_ip"),
    *("network.peer.address", "net.sock.peer.addr", "net.peer.ip"),
)
_AGENT = ("user_agent.original", "http.user_agent")
_QUERY = "url.query"
_ROUTE = "http.route"
_ERROR_TYPES = ("exception.type", "error.type")
_ERROR_MESSAGE = "exception.message"
_SECONDS = "http.server.request.duration"
_MILLISECONDS = "http.server.duration"

NAMES = frozenset(
    {
        *(*_METHOD, *_PATH, *_STATUS, *_SIZE, *_CLIENT, *_AGENT, *_ERROR_TYPES),
        *(_QUERY, _ROUTE, _ERROR_MESSAGE, _SECONDS, _MILLISECONDS),
    }
)
"""The attributes that are read; of each pair the newer name wins."""
UNKNOWN = "(unknown)"
"""Path and route of a request that has neither: some send none where nothing was found."""

_ORIGIN = re.compile(r"[^/?#]*://[^/?#]*")
_MAX_DIGITS = 20
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_MAX_MILLISECONDS = 1e15  # more is rejected as it is, and might not fit a float


class Record(NamedTuple):
    """A span or a log record, as far as it matters here.

    Attributes:
        attributes: those of ``NAMES``, its exception's among them.
        is_span: whether it is a span of kind SERVER; else it is a log record.
        start_ns: since 1970; 0 if there is none.
        end_ns: of a log record its time; as above.
        failure: what its status says of an error; None if that is no error.
    """

    attributes: Mapping[str, object]
    is_span: bool
    start_ns: int
    end_ns: int
    failure: str | None


class Item(NamedTuple):
    """One of the spans or log records of an export.

    Attributes:
        service: which sent it.
        found: what it is; or why it can't be read; or None, for a span that is no server's.
    """

    service: str
    found: Record | ParseError | None


def to_service(name: object) -> str:
    """The service as the name of a source."""
    return (clean(name, MAX_SOURCE) if type(name) is str else "") or UNKNOWN_SERVICE


def to_whole(value: object) -> object:
    """The number, if it is one that was sent as text; many are."""
    if type(value) is str and len(value) <= _MAX_DIGITS and value.isascii() and value.isdecimal():
        return int(value)
    return value


def to_event(record: Record, now_us: int, policy: Policy = STRICT) -> Event | None:
    """The request that it describes, as far as the policy keeps it; None if it describes none.

    Raises:
        ParseError: it describes one, but wrongly; says which field and why.
    """
    get = record.attributes.get
    method, status = _first(record, _METHOD), to_whole(_first(record, _STATUS))
    if method is None or (status is None and not record.is_span):
        return None
    if record.is_span and not record.end_ns:
        raise ParseError("time: the span has no end")
    if status is None:
        status = 0 if record.failure is None else 500  # it failed before it could be answered
    error_type, error_message = _error(record)
    route = get(_ROUTE)
    if type(route) is str and route:
        route = from_template(route)
    path = _path(record) or route
    return payload.to_event(
        {
            "time": record.end_ns / 1e9 if record.end_ns else None,
            "method": method,
            "path": path or UNKNOWN,
            "route": route if path else UNKNOWN,
            "status": status,
            "duration": _duration(record),
            "size": to_whole(_first(record, _SIZE)),
            "client": _first(record, _CLIENT),
            "user_agent": _first(record, _AGENT),
            "error_type": error_type,
            "error_message": error_message,
        },
        now_us,
        policy,
    )


def _first(record: Record, names: tuple[str, ...]) -> object:
    for name in names:
        if (value := record.attributes.get(name)) is not None:
            return value
    return None


def _path(record: Record) -> object:
    """Path and query of whichever attribute has them; addresses lose the server's name."""
    value = _first(record, _PATH)
    if type(value) is not str:
        return value
    if origin := _ORIGIN.match(value):
        value = value[origin.end() :]
        value = value if value.startswith("/") else f"/{value}"
    query = record.attributes.get(_QUERY)
    return f"{value}?{query}" if value and query and "?" not in value else value


def _duration(record: Record) -> object:
    """Seconds."""
    if record.is_span:
        return (record.end_ns - record.start_ns) / 1e9 if record.start_ns else None
    get = record.attributes.get
    if (seconds := get(_SECONDS)) is not None:
        return _to_number(seconds)
    milliseconds = _to_number(get(_MILLISECONDS))
    if isinstance(milliseconds, int | float) and type(milliseconds) is not bool:
        return milliseconds / 1000 if abs(milliseconds) < _MAX_MILLISECONDS else milliseconds
    return milliseconds


def _to_number(value: object) -> object:
    """As ``to_whole``, with a fraction."""
    if type(value) is str and len(value) <= _MAX_DIGITS and _NUMBER.fullmatch(value):
        return float(value)
    return value


def _error(record: Record) -> tuple[object, object]:
    """Type and message: an exception's, else what the span and its status say."""
    kind = _first(record, _ERROR_TYPES)
    if type(kind) is str and kind.isdecimal():
        kind = None  # the status once more
    message = record.attributes.get(_ERROR_MESSAGE)
    return kind, record.failure if message is None else message
