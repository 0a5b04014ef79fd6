"""What a page's main thread did, from a trace of Chromium: scripting, layout and painting apart.

Times are the thread's own processor time, so other processes on the machine don't count. An event
lasts from its beginning to its end and may contain others; what they don't take is its own.
Source: the Trace Event Format, and the names that Chromium's DevTools sum up by.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Event = Mapping[str, Any]  # Any: JSON

CATEGORIES = ["-*", "devtools.timeline", "v8"]
FRAMES = ("frame", "message")
"""The DOM events by which our frames, and those of a WebSocket, reach a page."""
SECOND_US = 1_000_000
APART_US = SECOND_US // 2
"""What comes sooner after a frame belongs to it."""
KINDS = {
    **dict.fromkeys(("UpdateLayoutTree", "Layout"), "layout_ms"),
    **dict.fromkeys(("PrePaint", "Paint", "Layerize", "Commit"), "paint_ms"),
    **dict.fromkeys(
        (
            "EvaluateScript",
            "EventDispatch",
            "FireAnimationFrame",
            "FunctionCall",
            "MajorGC",
            "MinorGC",
            "RunMicrotasks",
            "TimerFire",
            "v8.callFunction",
        ),
        "script_ms",
    ),
}
"""Of what kind an event is; any other is of the kind of what it happens in."""


class Cost(NamedTuple):
    """Of one frame and all that is done until the next; of a second, where none comes."""

    script_ms: float
    layout_ms: float
    paint_ms: float


def costs(events: Sequence[Event]) -> list[Cost]:
    """One per whole frame or second between the first event and the last."""
    own = _main_thread(events)
    starts = _starts(own)
    spent: list[Counter[str]] = [Counter() for _ in starts]
    for at, kind, us in _own_times(own):
        index = bisect_right(starts, at) - 1
        if index >= 0:
            spent[index][kind] += us
    # The last has no end.
    return [Cost(*(one[field] / 1000 for field in Cost._fields)) for one in spent[:-1]]


def _main_thread(events: Sequence[Event]) -> list[Event]:
    """Complete events, in order, of the page's main thread: of renderers, the busiest one's."""
    named = (event for event in events if event["name"] == "thread_name")
    mains = {_thread(event) for event in named if event["args"]["name"] == "CrRendererMain"}
    complete = [event for event in events if event["ph"] == "X" and _thread(event) in mains]
    if not complete:
        raise ValueError("the trace has no page in it")
    busiest = Counter(map(_thread, complete)).most_common(1)[0][0]
    own = (event for event in complete if _thread(event) == busiest)
    return sorted(own, key=lambda event: (event["ts"], -event["dur"]))


def _thread(event: Event) -> tuple[int, int]:
    return event["pid"], event["tid"]


def _starts(events: Sequence[Event]) -> list[int]:
    """When frames begin; where none comes for more than a second and a half, each second."""
    starts = [events[0]["ts"]]
    for at in [*filter(None, map(_frame_at, events)), events[-1]["ts"]]:
        while at - starts[-1] > SECOND_US + APART_US:
            starts.append(starts[-1] + SECOND_US)
        if at - starts[-1] >= APART_US:
            starts.append(at)
    return starts


def _frame_at(event: Event) -> int | None:
    if event["name"] != "EventDispatch" or event["args"]["data"].get("type") not in FRAMES:
        return None
    at: int = event["ts"]
    return at


def _own_times(events: Sequence[Event]) -> Iterator[tuple[int, str, int]]:
    """When, of what kind and how many µs: what each event took without those inside of it."""
    inside: list[tuple[int, str]] = []  # end and kind of those that go on
    for event in events:
        at, took = event["ts"], event.get("tdur", event["dur"])
        while inside and inside[-1][0] <= at:
            inside.pop()
        around = inside[-1][1] if inside else ""
        kind = KINDS.get(event["name"], around)
        if around:
            yield at, around, -took
        yield at, kind, took
        inside.append((at + event["dur"], kind))
