r"""JSON lines with the keys of lines before them: one regular expression reads them by column.

A log's lines nearly all have one shape: the same keys in the same order, each with a text without
escapes or a plain number. What is read of such a line is the same as by way of ``read_object`` and
``by_names``, in a third of the time; all other lines are left to these.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat

from logwatcher.core.agent import to_family
from logwatcher.core.event import MAX_PATH, Event, ParseError
from logwatcher.core.formats.duration import SCALES
from logwatcher.core.formats.fields import DURATIONS
from logwatcher.core.formats.format import MAX_LINE, MakeUsual, ParseUsual
from logwatcher.core.formats.names import IN_REQUEST, SECONDS_WITH_POINT, Place, Plan, planner
from logwatcher.core.formats.pattern import QUERY, Groups
from logwatcher.core.formats.request import SIMPLE_REQUEST, read_path, simple_path
from logwatcher.core.formats.timestamp import epoch_time, text_time
from logwatcher.core.privacy import Policy
from logwatcher.core.route import to_route
from logwatcher.core.text import OTHER_METHOD, to_method

MAX_SHAPES = 8
"""A log whose lines have more is read the usual way."""
_MAX_KEYS = 60

_PLAIN = r'[^"\\\x00-\x1f]'
_INTEGER = r"(?:0|[1-9]\d{0,17}+)"
_NUMBER = rf"{_INTEGER}(?:\.\d{{1,17}}+)?+"
_ANY = rf'(?:"{_PLAIN}*+"|-?{_NUMBER}|true|false|null)'
_SAYS_SOMETHING = '(?!-?")'
_DIGITS = {SCALES["s"]: 6, SCALES["ms"]: 9, SCALES["us"]: 12, SCALES["ns"]: 15}
"""Of a duration in this unit, so that it is below ``MAX_DURATION_US``."""
_is_plain = re.compile(f"{_PLAIN}+").fullmatch

Column = Sequence[str]
Read = Callable[[Sequence[Column]], list[Event]]


def by_shape(
    names: Mapping[str, Iterable[str]], read_object: Callable[[str], dict[str, object]]
) -> MakeUsual:
    """The ``make_usual`` of JSON whose keys are among ``names``, see ``by_names``.

    Args:
        names: by field, the keys that it may have.
        read_object: reads a line, to learn its shape; raises ParseError.
    """

    def make(policy: Policy) -> ParseUsual:
        plan = planner(policy, names)
        shapes: dict[tuple[tuple[str, type], ...], Shape | None] = {}

        def learn(line: str) -> "Shape | None":
            """The shape of this line, if it is a new one and can be read so."""
            if len(shapes) >= MAX_SHAPES or len(line) > MAX_LINE:
                return None
            try:
                record = read_object(line)
            except ParseError:
                return None
            kinds = tuple((key, type(value)) for key, value in record.items())
            if kinds in shapes or len(kinds) > _MAX_KEYS:
                return None
            shapes[kinds] = to_shape(policy, record, plan(tuple(record)))
            return shapes[kinds]

        def parse_usual(lines: Sequence[str]) -> list[Event | None]:
            events: list[Event | None] = [None] * len(lines)
            left: Sequence[int] = range(len(lines))
            for known in shapes.values():
                if known and left:
                    left = known.read(lines, left, events)
            if left and (shape := learn(lines[left[0]])):
                shape.read(lines, left, events)
            return events

        return parse_usual

    return make


class Shape:
    """What lines of the same keys and kinds of values are read by."""

    def __init__(self, pattern: str, to_events: Read) -> None:
        self._match = re.compile(pattern, re.ASCII).fullmatch
        self._to_events = to_events

    def read(
        self, lines: Sequence[str], indexes: Sequence[int], events: list[Event | None]
    ) -> list[int]:
        """Set the events of those of the lines that have this shape; returns the other indexes."""
        rows: list[Groups] = []
        found, others = [], []
        for index in indexes:
            line = lines[index]
            if len(line) <= MAX_LINE and (match := self._match(line)):
                found.append(index)
                rows.append(match.groups())
            else:
                others.append(index)
        if found:
            try:
                read = self._to_events([*zip(*rows, strict=True)])
            except ParseError:
                return others  # one of them is wrong; each is left to who can tell
            for index, event in zip(found, read, strict=True):
                events[index] = event
        return others


def to_shape(policy: Policy, record: Mapping[str, object], plan: Plan) -> Shape | None:
    """The shape of this record; None if it has one that is not read so."""
    if not all(map(_is_plain, record)) or any(
        isinstance(of, dict | list) for of in record.values()
    ):
        return None
    places = {field: [place for place in of if not place.rest] for field, of in plan}
    places = {field: of for field, of in places.items() if of}
    is_line = "request" in places
    needed = {"time", "status", "request" if is_line else "path"}
    columns = {field: of for field, of in places.items() if not (is_line and field in IN_REQUEST)}
    if not needed <= columns.keys() <= needed | _OPTIONAL:
        return None
    by_key: dict[str, tuple[str, str]] = {}
    for field, of in columns.items():
        value = record[of[0].key]
        pattern = _PATTERNS[field](policy, of, value)
        if pattern is None or of[0].key in by_key:
            return None
        by_key[of[0].key] = field, f'"{pattern}"' if isinstance(value, str) else pattern
    order, parts = [], []
    for key in record:
        field, pattern = by_key.get(key, ("", _ANY))
        parts.append(f"{re.escape(json.dumps(key, ensure_ascii=False))}: ?{pattern}")
        if field:
            order += _GROUPS.get(field, [field])
    return Shape(
        r"\{" + ", ?".join(parts) + r"\}",
        _reader(policy, order, {field: of[0] for field, of in columns.items()}, record),
    )


def _reader(
    policy: Policy, order: Sequence[str], places: Mapping[str, Place], record: Mapping[str, object]
) -> Read:
    """What makes events of columns that are named in this order."""
    time_of = text_time if isinstance(record[places["time"].key], str) else _number_time
    scale = _scale(places["duration_us"].duration) if "duration_us" in places else 0.0

    def to_events(found: Sequence[Column]) -> list[Event]:
        columns = dict(zip(order, found, strict=True))
        if "request" in places:
            methods: Iterable[str] = columns["method"]
            routed = columns["path"]
            if not all(map(str.isprintable, routed)) or max(map(len, routed)) > MAX_PATH:
                routed = [*map(simple_path, routed, repeat(None))]
            shown = routed
            if any(columns["query"]):
                shown = [*map(simple_path, columns["path"], columns["query"])]
        else:
            methods = [*map(to_method, columns.get("method", ()))] or repeat(OTHER_METHOD)
            keeps_query = policy.keeps_query
            shown = [
                read_path(text, is_escaped=False, keeps_query=keeps_query)
                for text in columns["path"]
            ]
            routed = [path.partition("?")[0] for path in shown] if keeps_query else shown
        rows = zip(
            map(time_of, columns["time"]),
            methods,
            shown,
            map(to_route, routed),
            map(int, columns["status"]),
            [int(float(text) * scale + 0.5) for text in columns["duration_us"]]
            if scale
            else repeat(None),
            [None if text == "-" else int(text) for text in columns["size"]]
            if "size" in columns
            else repeat(None),
            repeat(""),
            repeat(""),
            map(policy.to_client, columns["client"]) if "client" in columns else repeat(""),
            ["" if text in ("", "-") else to_family(text) for text in columns["agent"]]
            if "agent" in columns
            else repeat(""),
            strict=False,  # repeat has no end
        )
        return [*map(Event._make, rows)]

    return to_events


def _number_time(text: str) -> int:
    return epoch_time(float(text) if "." in text else int(text))


def _scale(form: str) -> float:
    """µs per unit of a duration; 0 if the unit is not known before the value is."""
    return SCALES["s"] if form is SECONDS_WITH_POINT else DURATIONS.get(form, 0.0)


def _time(_: Policy, of: Sequence[Place], value: object) -> str | None:
    if isinstance(value, str):
        return f"{_SAYS_SOMETHING}({_PLAIN}{{1,40}}+)"
    return f"({_NUMBER})" if _is_number(value) else None


def _request(policy: Policy, of: Sequence[Place], value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return SIMPLE_REQUEST if policy.keeps_query else SIMPLE_REQUEST.replace(QUERY, "()(?:")


def _text(_: Policy, of: Sequence[Place], value: object) -> str | None:
    return f"{_SAYS_SOMETHING}({_PLAIN}++)" if isinstance(value, str) else None


def _maybe_text(_: Policy, of: Sequence[Place], value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return f"({_PLAIN}*+)" if len(of) == 1 else f"{_SAYS_SOMETHING}({_PLAIN}++)"


def _status(_: Policy, of: Sequence[Place], value: object) -> str | None:
    if isinstance(value, str):
        return r"(\d{3})"
    return r"([1-9]\d\d)" if _is_number(value) else None


def _size(_: Policy, of: Sequence[Place], value: object) -> str | None:
    if isinstance(value, str):
        return r"(\d{1,15}|-)" if len(of) == 1 else r"(\d{1,15})"
    return r"(0|[1-9]\d{0,14})" if _is_number(value) else None


def _duration(_: Policy, of: Sequence[Place], value: object) -> str | None:
    scale = _scale(of[0].duration)
    if not scale or not (isinstance(value, str) or _is_number(value)):
        return None
    digits = _DIGITS[scale]
    whole = (
        rf"\d{{1,{digits}}}+" if isinstance(value, str) else rf"(?:0|[1-9]\d{{0,{digits - 1}}}+)"
    )
    fraction = r"\.\d{1,17}+"
    return (
        f"({whole}{fraction})"
        if of[0].duration is SECONDS_WITH_POINT
        else f"({whole}(?:{fraction})?+)"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


_PATTERNS: dict[str, Callable[[Policy, Sequence[Place], object], str | None]] = {
    "time": _time,
    "request": _request,
    "method": _text,
    "path": _text,
    "status": _status,
    "size": _size,
    "duration_us": _duration,
    "client": _maybe_text,
    "agent": _maybe_text,
}
_OPTIONAL = {"method", "size", "duration_us", "client", "agent"}
_GROUPS = {"request": ["method", "path", "query"]}
