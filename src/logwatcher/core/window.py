"""Which buckets a view covers at a given moment, and which stored step to read them from."""

from dataclasses import dataclass

from logwatcher.core import buckets
from logwatcher.core.buckets import align
from logwatcher.core.view import View


@dataclass(frozen=True, slots=True)
class Window:
    """The buckets ``[start, end)`` in seconds, both aligned to ``step``.

    The last one is still open if ``now`` lies in it.
    """

    start: int
    end: int
    step: int
    now: float

    @property
    def seconds(self) -> float:
        """How long the window has really lasted, at least one second."""
        return max(min(float(self.end), self.now) - self.start, 1.0)

    @property
    def stored_step(self) -> int:
        """The coarsest stored step that divides this window's."""
        return max(step for step in buckets.STEPS if self.step % step == 0)

    @property
    def previous(self) -> "Window":
        """The window of the same length just before."""
        length = self.end - self.start - (self.step if self.end > self.now else 0)
        length = max(length, self.step)
        return Window(self.start - length, self.start, self.step, self.now)

    def parts(self) -> list[tuple[int, int, int]]:
        """The fewest stored buckets that make up the window: (stored step, start, end)."""
        return _cover(self.start, self.end, len(buckets.STEPS) - 1)


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


def window_of(view: View, now: float) -> Window:
    """The buckets that a view shows at ``now`` (seconds since the epoch).

    A live view shows every bucket that the time from ``now - range`` to ``now``
    touches; a zoomed one every bucket that its span touches.
    """
    step = view.step_s
    if view.start is not None and view.end is not None:
        return Window(align(view.start, step), align(view.end - 1, step) + step, step, now)
    last = int(now // 1)
    return Window(align(last - view.range_s, step), align(last, step) + step, step, now)
