"""What a viewer looks at: range, step, filters, order; the same as the query string of the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from logwatcher.core.event import MAX_METHOD, MAX_ROUTE, MAX_SOURCE

RANGES = {
    "5m": 300,
    "15m": 900,
    "1h": 3600,
    "6h": 6 * 3600,
    "24h": 24 * 3600,
    "7d": 7 * 86400,
    "30d": 30 * 86400,
}
STEPS = {
    **{f"{n}s": n for n in (5, 10, 15, 30)},
    **{f"{n}m": n * 60 for n in (1, 2, 3, 5, 6, 10, 12, 15, 20, 30)},
    **{f"{n}h": n * 3600 for n in (1, 2, 3, 6, 12)},
}
STATUS_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
SORTS = ("endpoint", "requests", "4xx", "5xx", "p50", "p95", "p99")
POINTS_WANTED = 60
MAX_POINTS = 720
MAX_TIME = 253_402_300_800
"""The first second of the year 10000."""


class ViewError(ValueError):
    """A parameter that can't be used: which one, its value, and what is allowed."""

    def __init__(self, parameter: str, value: str, allowed: str | list[str]) -> None:
        self.parameter = parameter
        self.value = value
        self.allowed = allowed
        wanted = allowed if isinstance(allowed, str) else ", ".join(allowed)
        super().__init__(f"{parameter}: can't use {value[:80]!r}; allowed: {wanted}")


@dataclass(frozen=True, slots=True)
class View:
    """One view of the traffic. Equal views have equal query strings.

    Attributes:
        range: a key of ``RANGES``.
        step: a key of ``STEPS``; empty: chosen for about ``POINTS_WANTED`` points.
        start: first second of a zoom, with ``end``; None: the range that ends now.
        end: the second after a zoom's last.
        source: a source's name; empty: all.
        status: a class (``5xx``) or code (``404``); empty: any.
        method: empty: any.
        endpoint: a route; empty: any.
        sort: a key of ``SORTS`` to order endpoints by; ``-`` in front: largest first.
        show: ``all``: every endpoint; empty: the first ones in that order.
        before: where a page of requests begins, ``<time µs>.<id>``; empty: the newest.
    """

    range: str = "5m"
    step: str = ""
    start: int | None = None
    end: int | None = None
    source: str = ""
    status: str = ""
    method: str = ""
    endpoint: str = ""
    sort: str = "-requests"
    show: str = ""
    before: str = ""

    @property
    def is_zoomed(self) -> bool:
        """Whether it shows a fixed span of time instead of the time up to now."""
        return self.start is not None

    @property
    def range_s(self) -> int:
        """Seconds shown."""
        if self.start is not None and self.end is not None:
            return self.end - self.start
        return RANGES[self.range]

    @property
    def step_s(self) -> int:
        """Seconds a point covers."""
        return STEPS[self.step] if self.step else automatic_step(self.range_s)

    @property
    def statuses(self) -> tuple[int, int]:
        """The status codes shown, as ``[first, last]``."""
        if not self.status:
            return 0, 999
        if self.status.endswith("xx"):
            first = int(self.status[0]) * 100
            return first, first + 99
        return int(self.status), int(self.status)

    def query(self) -> str:
        """The canonical query string: defaults left out, fixed order, percent-encoded."""
        return urlencode(
            {
                PARAMETERS.get(field.name, field.name): value
                for field in fields(self)
                if (value := getattr(self, field.name)) not in (field.default, "")
            }
        )

    def change(self, **changes: str | int | None) -> "View":
        """This view with other values; the page of requests starts anew."""
        changes.setdefault("before", "")
        return replace(self, **changes)  # type: ignore[arg-type]  # each value is its field's

    @property
    def stream(self) -> "View":
        """The view as the stream serves it: whatever page of requests is open."""
        return replace(self, before="")


PARAMETERS = {"start": "from", "end": "to"}
"""Fields whose parameter is called otherwise."""


def automatic_step(range_s: int) -> int:
    """The step that gives the number of points nearest (by ratio) to ``POINTS_WANTED``."""
    return min(
        STEPS.values(),
        key=lambda step: max(
            range_s / step / POINTS_WANTED, POINTS_WANTED * step / max(range_s, 1)
        ),
    )


def steps_for(range_s: int) -> list[str]:
    """Names of the steps that a range can be shown with: 2 to ``MAX_POINTS`` points."""
    names = [name for name, step in STEPS.items() if 2 <= range_s / step <= MAX_POINTS]
    return names or ["5s"]


def parse(parameters: Mapping[str, str]) -> View:
    """The view of a query string's parameters; others are ignored.

    Raises:
        ViewError: naming the parameter and what is allowed.
    """
    get = {name: value for name, value in parameters.items() if value}.get
    start, end = _span(get("from", ""), get("to", ""))
    view = View(
        range=_choice("range", get("range", "5m"), RANGES),
        step=_choice("step", get("step", ""), {"": 0, **STEPS}),
        start=start,
        end=end,
        source=_text("source", get("source", ""), MAX_SOURCE),
        status=_status(get("status", "")),
        method=_text("method", get("method", ""), MAX_METHOD),
        endpoint=_text("endpoint", get("endpoint", ""), MAX_ROUTE),
        sort=_choice("sort", get("sort", "-requests"), [*SORTS, *(f"-{key}" for key in SORTS)]),
        show=_choice("show", get("show", ""), ["", "all"]),
        before=_cursor(get("before", "")),
    )
    if view.step and view.step not in (allowed := steps_for(view.range_s)):
        raise ViewError("step", view.step, allowed)
    return view


def _choice(parameter: str, value: str, allowed: Mapping[str, int] | list[str]) -> str:
    if value not in allowed:
        raise ViewError(parameter, value, [name for name in allowed if name])
    return value


def _text(parameter: str, value: str, longest: int) -> str:
    if len(value) > longest or "\0" in value:
        raise ViewError(parameter, value, f"at most {longest} characters, no NUL")
    return value


def _status(value: str) -> str:
    if value and not re.fullmatch(r"[1-5]xx|[0-9]{3}", value, re.ASCII):
        raise ViewError("status", value, [*STATUS_CLASSES, "a code from 000 to 999"])
    return value


def _cursor(value: str) -> str:
    if value and not re.fullmatch(r"[0-9]{1,18}\.[0-9]{1,18}", value, re.ASCII):
        raise ViewError("before", value, "the cursor of an earlier answer")
    return value


def _span(start: str, end: str) -> tuple[int, int] | tuple[None, None]:
    if not start and not end:
        return None, None
    for parameter, value in (("from", start), ("to", end)):
        if not re.fullmatch(r"[0-9]{1,12}", value, re.ASCII) or int(value) > MAX_TIME:
            raise ViewError(parameter, value, "seconds since 1970-01-01 UTC, from and to together")
    first, last = int(start), int(end)
    shortest, longest = min(STEPS.values()), MAX_POINTS * max(STEPS.values())
    if not shortest <= last - first <= longest:
        raise ViewError("to", end, f"{shortest} to {longest} seconds after from")
    return first, last
