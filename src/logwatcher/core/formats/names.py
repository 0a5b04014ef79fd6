"""The names that fields usually have in logs where every value has one."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from logwatcher.core.event import Event
from logwatcher.core.formats.duration import SCALES, any_duration, unit_duration
from logwatcher.core.formats.fields import DURATIONS, to_event

Path = tuple[str, ...]
"""The keys that lead to a value: more than one where objects are nested."""

_MAX_KEYS = 200
_DIGITS = frozenset("0123456789")
_POINT = "seconds with a point"
_UNIT = "with its unit"


class _Step(NamedTuple):
    """Where a field's value may be: its key, those within, and µs per unit of a duration."""

    field: str
    key: str
    rest: Path
    scale: float | None


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
    _POINT: ("request_time", "reqtime", "http.server.request.duration"),
    _UNIT: (*_MEASURES, "httprequest.latency"),
    "route": ("route", "http.route", "request.route"),
    "error_type": ("error.type", "error_type", "exception.type"),
    "error_message": ("error_message", "error.message", "exception.message"),
}
USUAL["duration_ms"] += ("responsetime",)  # pino's
USUAL["duration_ns"] += ("event.duration",)  # Elastic Common Schema's
_LAST: dict[str, tuple[str, ...]] = {_POINT: ("upstream_response_time", "apptime")}
"""Where there is nothing better: the upstream's part of the time."""


def by_names(
    names: Mapping[str, Iterable[str]] = USUAL, *, is_escaped: bool = False
) -> Callable[[dict[str, object]], Event]:
    """What makes an event of a record whose keys are among ``names``, in any case of letters.

    Args:
        names: by field, the keys that it may have, the best first; a point leads into an
            object within.
        is_escaped: whether the texts still have a log's escapes.
    """
    wanted = [(field, name.lower()) for field, options in names.items() for name in options]
    if names is not USUAL and _POINT not in names:
        last = []
    else:
        last = [(field, name) for field, options in _LAST.items() for name in options]

    @lru_cache(maxsize=256)
    def plan(keys: Path) -> tuple[_Step, ...]:
        there = {key.lower(): key for key in reversed(keys)}
        return tuple(
            _Step(field, there[top], tuple(rest), DURATIONS.get(field))
            for field, name in [*wanted, *last]
            for top, *rest in ([name] if name in there else name.split("."),)
            if top in there
        )

    def read(record: dict[str, object]) -> Event:
        keys = tuple(record)
        steps = plan(keys) if len(keys) <= _MAX_KEYS else plan.__wrapped__(keys)
        values: dict[str, object] = {}
        for field, key, rest, scale in steps:
            if field in values:
                continue
            value = record[key]
            if rest:
                if not isinstance(value, dict):
                    continue
                value = _follow(value, rest)
            if value is None or value == "" or value == "-":
                if field == "request":
                    values["no request"] = True
            elif isinstance(value, dict | list):
                continue
            elif scale is not None:
                values["duration_us"] = any_duration(value, scale)
            elif field is _POINT or field is _UNIT:
                if values.get("duration_us") is None:
                    values["duration_us"] = _implied(field, value)
            else:
                values[field] = value
        if "no request" in values and "path" not in values:
            values.setdefault("request", "-")
        return to_event(values, is_escaped=is_escaped)

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
        value = value.get(name, _ignoring_case(value, name))
    return value


def _ignoring_case(record: dict[str, object], name: str) -> object:
    if len(record) > _MAX_KEYS:
        return None
    return next((value for key, value in record.items() if key.lower() == name), None)


def _implied(field: str, value: object) -> int | None:
    """A duration by its form: NGINX's seconds always have a point; else it needs a unit."""
    if isinstance(value, str):
        if value[-1:] not in _DIGITS:
            return unit_duration(value)
        has_point = "." in value
    else:
        has_point = isinstance(value, float)
    return any_duration(value, SCALES["s"]) if has_point and field is _POINT else None
