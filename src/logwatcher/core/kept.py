"""Since when everything of a kind is there: what is older is deleted, or will be."""

from typing import NamedTuple

from logwatcher.core.buckets import STEPS

ALWAYS = -(1 << 40)
"""Nothing was ever deleted."""


class Kept(NamedTuple):
    """Times in seconds; what lies before one may be gone, in part or all, and is not read.

    Attributes:
        requests: since when raw requests are kept.
        steps: since when the buckets of each of ``STEPS`` are; never later for a coarser one.
            Each is the start of a bucket of the next coarser step, the last one of a bucket of
            the coarsest step of any chart, so that a window is never cut within one.
    """

    requests: int = ALWAYS
    steps: tuple[int, ...] = (ALWAYS,) * len(STEPS)

    @property
    def since(self) -> int:
        """Since when there are any figures."""
        return self.steps[-1]

    def step_at(self, time_s: int) -> int:
        """The finest step that is kept from this time on; where none is, the coarsest."""
        kept = (step for step, since in zip(STEPS, self.steps, strict=True) if time_s >= since)
        return next(kept, STEPS[-1])


ALL = Kept()
"""Nothing was ever deleted."""
