"""The names that fields usually have in logs where every value has one."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from logwatcher.core.event import Event
from logwatcher.core.formats.duration import SCALES, any_duration, unit_duration
from logwatcher.core.formats.fields import DURATIONS, to_event
from logwatcher.core.privacy import Policy

Path = tuple[str, ...]
"""The keys that lead to a value: more than one where objects are nested."""

_MAX_KEYS = 200
_DIGITS = frozenset("0123456789")
SECONDS_WITH_POINT = "seconds with a point"
_UNIT = "with its unit"


class Place(NamedTuple):
    """Where a value may be: its key, those within, and for a duration how it is written."""

    key: str
    rest: Path
    duration: str


Plan = tuple[tuple[str, tuple[Place, ...]], ...]
"""By field, the places where it may be, the best first; all durations are ``duration_us``."""

_UNITS = {
    "s": ("s", "sec", "secs", "seconds"),
    "ms": ("ms", "msec", "millis", "milliseconds"),
    "us": ("us", "usec", "micros", "microseconds", "microsec"),
    "ns": ("ns", "nsec", "nanos", "nanoseconds"),
}
_MEASURES = (
    "duration",
    "request_duration",
    "latency",
    "elapsed",
    "elapsed_time",
    "response_time",
    "request_time",
    "reqtime",
    "time_taken",
    "taken",
    "took",
)

USUAL: dict[str, tuple[str, ...]] = {
    "time": (
        "time",
        "@timestamp",
        "timestamp",
        "ts",
        "time_iso8601",
        "msec",
        "time_local",
        "datetime",
        "date_time",
        "asctime",
        "date",
        "end_time",
        "start_time",
    ),
    "request": ("request", "request_line", "req", "requestline"),
    "method": (
        "method",
        "request_method",
        "http_method",
        "req_method",
        "verb",
        "http.request.method",
        "http.method",
        "request.method",
        "req.method",
        "httprequest.requestmethod",
    ),
    "path": (
        "path",
        "uri",
        "url",
        "request_uri",
        "request_path",
        "request_url",
        "uri_path",
        "url_path",
        "url.path",
        "http.target",
        "http.url",
        "url.original",
        "request.uri",
        "request.path",
        "request.url",
        "req.url",
        "httprequest.requesturl",
        "target",
    ),
    "status": (
        "status",
        "status_code",
        "statuscode",
        "response_status",
        "response_code",
        "http_status",
        "http_status_code",
        "http.response.status_code",
        "http.status_code",
        "response.status",
        "response.status_code",
        "res.statuscode",
        "httprequest.status",
    ),
    "size": (
        "body_bytes_sent",
        "bytes_sent",
        "size",
        "bytes",
        "response_size",
        "response_bytes",
        "content_length",
        "body_size",
        "http.response.body.size",
        "http.response.body.bytes",
        "httprequest.responsesize",
    ),
    **{
        f"duration_{unit}": tuple(f"{name}_{end}" for name in _MEASURES for end in ends)
        for unit, ends in _UNITS.items()
    },
    SECONDS_WITH_POINT: ("request_time", "reqtime", "http.server.request.duration"),
    _UNIT: (*_MEASURES, "httprequest.latency"),
    "route": ("route", "http.route", "request.route"),
    "error_type": ("error.type", "error_type", "exception.type"),
    "error_message": ("error_message", "error.message", "exception.message"),
    "query": ("query", "query_string", "args", "uri_query", "url.query", "http.query"),
    "client": (
        "client_ip",
        "clientip",
        "remote_addr",
        "remote_ip",
        "remoteip",
        "remote_address",
        "remoteaddr",
        "client_addr",
        "client_address",
        "client.address",
        "client.ip",
        "http.client_ip",
        "source.ip",
        "request.client_ip",
        "request.remote_ip",
        "request.remote_addr",
        "req.remoteaddress",
        "req.ip",
        "httprequest.remoteip",
        "network.peer.address",
        "net.peer.ip",
        "client",
        "remote",
        "ip",
        "peer",
        "x_forwarded_for",
        "http_x_forwarded_for",
    ),
    "agent": (
        "http_user_agent",
        "user_agent",
        "useragent",
        "user-agent",
        "user_agent.original",
        "http.user_agent",
        "http.useragent",
        "request.user_agent",
        "req.headers.user-agent",
        "request.headers.user-agent",
        "httprequest.useragent",
        "agent",
        "ua",
    ),
}
USUAL["duration_ms"] += ("responsetime",)  # pino's
USUAL["duration_ns"] += ("event.duration",)  # Elastic Common Schema's
IN_REQUEST = frozenset({"method", "path"})
_DURATIONS = {*DURATIONS, SECONDS_WITH_POINT, _UNIT}
_LAST: dict[str, tuple[str, ...]] = {SECONDS_WITH_POINT: ("upstream_response_time", "apptime")}
"""Where there is nothing better: the upstream's part of the time."""


def planner(policy: Policy, names: Mapping[str, Iterable[str]]) -> Callable[[Path], Plan]:
    """What tells where the fields are in a record of these keys; see ``by_names``."""
    unwanted = {"client": not policy.keeps_client, "query": not policy.keeps_query}
    wanted = [
        (field, name.lower())
        for field, options in names.items()
        if not unwanted.get(field)
        for name in options
    ]
    if SECONDS_WITH_POINT in names:
        wanted += [(field, name) for field, options in _LAST.items() for name in options]

    def plan(keys: Path) -> Plan:
        there = {key.lower(): key for key in reversed(keys)}
        places: dict[str, list[Place]] = {}
        for field, name in wanted:
            top, *rest = [name] if name in there else name.split(".")
            if top in there:
                is_duration = field in _DURATIONS
                place = Place(there[top], tuple(rest), field if is_duration else "")
                places.setdefault("duration_us" if is_duration else field, []).append(place)
        return tuple((field, tuple(found)) for field, found in places.items())

    return plan


def by_names(
    policy: Policy, names: Mapping[str, Iterable[str]] = USUAL, *, is_escaped: bool = False
) -> Callable[[dict[str, object]], Event]:
    """What makes an event of a record whose keys are among ``names``, in any case of letters.

    Args:
        policy: what of it the event keeps; what it doesn't is not even looked for.
        names: by field, the keys that it may have, the best first; a point leads into an
            object within.
        is_escaped: whether the texts still have a log's escapes.
    """
    plan = planner(policy, names)
    cached_plan = lru_cache(maxsize=64)(plan)

    def read(record: dict[str, object]) -> Event:
        keys = tuple(record)
        steps = cached_plan(keys) if len(keys) <= _MAX_KEYS else plan(keys)
        values: dict[str, object] = {}
        for field, places in steps:
            if field in IN_REQUEST and "request" in values:
                continue
            for key, rest, duration in places:
                value = record[key]
                if rest:
                    value = _follow(value, rest) if isinstance(value, dict) else None
                if value is None or value == "" or value == "-":
                    continue
                if duration:
                    value = _duration(duration, value)
                elif isinstance(value, dict | list):
                    continue
                if value is not None:
                    values[field] = value
                    break
        if "request" not in values and "path" not in values:
            # It may be there and empty, as of a client that sent none.
            places = dict(steps).get("request", ())
            if any(record[key] in ("", "-") for key, rest, _ in places if not rest):
                values["request"] = "-"
        return to_event(policy, values, is_escaped=is_escaped)

    return read


def unitless(record: Mapping[str, object]) -> str | None:
    """The key of a number that must be a duration, though nothing says in which unit."""
    for key, value in record.items():
        if key.lower() in _MEASURES and any_duration(value, 1.0) is not None:
            return key
    return None


def _follow(value: object, path: Path) -> object:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value[name] if name in value else _ignoring_case(value, name)
    return value


def _ignoring_case(record: dict[str, object], name: str) -> object:
    if len(record) > _MAX_KEYS:
        return None
    return next((value for key, value in record.items() if key.lower() == name), None)


def _duration(form: str, value: object) -> int | None:
    """In µs. NGINX's seconds always have a point; where no name tells the unit, the value must."""
    if (scale := DURATIONS.get(form)) is not None:
        return any_duration(value, scale)
    if isinstance(value, str):
        if value[-1:] not in _DIGITS:
            return unit_duration(value)
        has_point = "." in value
    else:
        has_point = isinstance(value, float)
    return any_duration(value, SCALES["s"]) if has_point and form is SECONDS_WITH_POINT else None
