"""Which buckets a view covers at a given moment, and which stored step to read them from."""

from dataclasses import dataclass

from logwatcher.core import buckets
from logwatcher.core.buckets import align
from logwatcher.core.kept import ALL, Kept
from logwatcher.core.view import View


@dataclass(frozen=True, slots=True)
class Window:
    """The buckets ``[start, end)`` in seconds, both aligned to ``step``.

    The last one is still open if ``now`` lies in it. ``kept`` says which of them there are.
    """

    start: int
    end: int
    step: int
    now: float
    kept: Kept = ALL

    @property
    def kept_from(self) -> int:
        """Where its figures begin: later than ``start`` if older ones are deleted."""
        return min(max(self.start, self.kept.since), self.end)

    @property
    def seconds(self) -> float:
        """How long its figures have really lasted, at least one second."""
        return max(min(float(self.end), self.now) - self.kept_from, 1.0)

    @property
    def stored_step(self) -> int:
        """The coarsest stored step that divides this window's."""
        return max(step for step in buckets.STEPS if self.step % step == 0)

    @property
    def previous(self) -> "Window":
        """What figures are compared with: the time just before, as long as this.

        Longer where only coarser steps are kept, and then of no use for a chart.
        """
        length = self.end - self.start - (self.step if self.end > self.now else 0)
        start = self.start - max(length, self.step)
        start = align(start, self.kept.step_at(start))
        return Window(start, self.start, self.step, self.now, self.kept)

    def parts(self) -> list[tuple[int, int, int]]:
        """The fewest stored buckets that make up the window: (stored step, start, end).

        All of them are kept: both edges are edges of a step that is.
        """
        return _cover(self.kept_from, self.end, len(buckets.STEPS) - 1)


def _cover(start: int, end: int, level: int) -> list[tuple[int, int, int]]:
    step = buckets.STEPS[level]
    if level == 0:
        return [(step, start, end)] if start < end else []
    first, last = align(start + step - 1, step), align(end, step)
    if first >= last:
        return _cover(start, end, level - 1)
    return [
        *_cover(start, first, level - 1),
        (step, first, last),
        *_cover(last, end, level - 1),
    ]


def window_of(view: View, now: float, kept: Kept = ALL) -> Window:
    """The buckets that a view shows at ``now`` (seconds since the epoch).

    A live view shows every bucket that the time from ``now - range`` to ``now``
    touches; a zoomed one every bucket that its span touches. They are as fine as the view
    wants, or as is kept of the time where it begins.
    """
    last = int(now // 1)
    first = last - view.range_s
    if view.start is not None and view.end is not None:
        first, last = view.start, view.end - 1
    step = max(view.step_s, kept.step_at(first))
    return Window(align(first, step), align(last, step) + step, step, now, kept)
