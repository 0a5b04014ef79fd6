"""How cost grows with size: curves, their knees, and a picture of them on logarithmic axes."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from benchmarks.figure import Figure

SHARP, FLAT = 0.4, 2.0
COLUMNS, WIDTH, HEIGHT = 2, 480, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 44, 46
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.name { font-weight: 600 } .tick { fill: #57606a } .grid { stroke: #d0d7de }
.line { fill: none; stroke: #0969da; stroke-width: 2 } .dot { fill: #0969da }
.knee { fill: none; stroke: #cf222e; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .tick { fill: #8d96a0 } .grid { stroke: #30363d }
  .line { stroke: #4493f8 } .dot { fill: #4493f8 } .knee { stroke: #f85149 }
}
"""

Points = Sequence[tuple[float, float]]


class Curve(NamedTuple):
    """What is measured, in which unit, what grows, and the points in order of it."""

    name: str
    unit: str
    axis: str
    points: Points


def curves(figures: Sequence[Figure]) -> list[Curve]:
    """Those that these figures are points of."""
    found: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for one in figures:
        if one.point and one.median:
            key = (one.point.curve, one.unit, one.point.axis)
            found.setdefault(key, []).append((one.point.x, one.median))
    return [Curve(*key, sorted(points)) for key, points in found.items()]


def knee(points: Points) -> float | None:
    """Where the line bends most, up or down; None: hardly anywhere, or it is flat.

    By the slopes on logarithmic axes, 1 where y grows as x does: one of them has to differ from the
    next by ``SHARP``. A line that varies less than ``FLAT`` times has no slope but noise.
    """
    values = [y for _, y in points]
    if len(points) < 3 or max(values) < FLAT * min(values):
        return None
    slopes = [
        math.log(after / before) / math.log(end / start)
        for (start, before), (end, after) in pairwise(points)
    ]
    turns = [abs(after - before) for before, after in pairwise(slopes)]
    sharpest = max(turns)
    return points[turns.index(sharpest) + 1][0] if sharpest >= SHARP else None


def svg(of: Sequence[Curve]) -> str:
    """A panel for each; a ring marks its knee."""
    rows = -(-len(of) // COLUMNS)
    panels = [
        f'<g transform="translate({i % COLUMNS * WIDTH} {i // COLUMNS * HEIGHT})">'
        f"{''.join(_panel(one))}</g>"
        for i, one in enumerate(of)
    ]
    size = f"{COLUMNS * WIDTH} {rows * HEIGHT}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
            "<title>How cost grows; a ring: where it bends</title>",
            f"<style>{STYLE}</style>",
            *panels,
            "</svg>\n",
        ]
    )


def _panel(of: Curve) -> Iterator[str]:
    across = _Axis([x for x, _ in of.points], LEFT, WIDTH - RIGHT)
    up = _Axis([y for _, y in of.points], HEIGHT - BOTTOM, TOP)
    yield f'<text class="name" x="{LEFT}" y="20">{escape(of.name)}, {escape(of.unit)}</text>'
    for x in across.ticks():
        at = across.place(x)
        yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield _tick(x, at, HEIGHT - BOTTOM + 16, "middle")
    for y in up.ticks():
        at = up.place(y)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield _tick(y, LEFT - 8, at + 4, "end")
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield (
        f'<text class="tick" x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">'
        f"{escape(of.axis)}</text>"
    )
    places = [(across.place(x), up.place(y)) for x, y in of.points]
    yield f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'
    for x, y in places:
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
    bent = knee(of.points)
    for (x, _), (cx, cy) in zip(of.points, places, strict=True):
        if x == bent:
            yield f'<circle class="knee" cx="{cx:.1f}" cy="{cy:.1f}" r="7"/>'


def _tick(value: float, x: float, y: float, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{value:,g}</text>'


class _Axis:
    """Logarithmic, from 1, 2 or 5 of a power of ten to another."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        self.least = max(tick for tick in _steps() if tick <= min(values))
        self.most = min(tick for tick in _steps() if tick >= max(values) and tick > self.least)
        self._first, self._last = first, last

    def place(self, value: float) -> float:
        within = math.log(value / self.least) / math.log(self.most / self.least)
        return self._first + within * (self._last - self._first)

    def ticks(self) -> list[float]:
        """Powers of ten if there are enough of them."""
        inside = [tick for tick in _steps() if self.least <= tick <= self.most]
        powers = [tick for tick in inside if math.log10(tick).is_integer()]
        return powers if len(powers) > 2 else inside


def _steps() -> list[float]:
    return [float(f"{digit}e{power}") for power in range(-9, 13) for digit in (1, 2, 5)]
