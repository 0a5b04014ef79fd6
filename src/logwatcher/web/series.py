"""The view's series as the page, the API and the frames carry it."""

from collections.abc import Sequence
from typing import Any

from logwatcher.core.query import COLUMNS
from logwatcher.core.view import View
from logwatcher.core.window import Window
from logwatcher.store import reader
from logwatcher.store.reader import ALWAYS, HeadNow

JSON = dict[str, Any]  # Any: whatever JSON can hold


def part(view: View, window: Window, changed: Sequence[tuple[int, int]] = (ALWAYS,)) -> JSON:
    """The points whose buckets touch ``changed``: a frame's part, or all of the series."""
    return {
        "from": window.start,
        "to": window.end,
        "kept_from": window.kept_from,
        "step": window.step,
        "points": reader.points(view, window, changed),
    }


def series(view: View, window: Window, head: HeadNow) -> JSON:
    """The whole series."""
    return {
        "view": view.stream.query(),
        "revision": head.id,
        "now": window.now,
        "range": view.range_s,
        "zoomed": view.is_zoomed,
        "columns": COLUMNS,
        **part(view, window),
    }
