"""A measured figure: ours, a peer's, and what is wanted of us."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

HIGHER = "/s"
"""More is better of a unit that ends so; of all others less is."""


class Limit(NamedTuple):
    """What is wanted: at least so many times the peer's performance, or at most a value of ours."""

    times: float | None = None
    at_most: float | None = None


class Point(NamedTuple):
    """Where a figure lies on a curve: which one, what grows, and how much of that there is."""

    curve: str
    axis: str
    x: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table.

    Attributes:
        name: what was measured, unique among the figures of a row with the same peer.
        unit: of ``ours`` and ``theirs``.
        ours: one value per round.
        peer: who it is compared with; empty: nobody.
        theirs: one value per round, measured in turn with ours; empty: the peer is missing.
        limit: what is wanted; None: the figure is only told.
        note: what a reader must know besides.
        point: set if it is one of a curve.
    """

    name: str
    unit: str
    ours: Sequence[float]
    peer: str = ""
    theirs: Sequence[float] = ()
    limit: Limit | None = None
    note: str = ""
    point: Point | None = None

    @property
    def median(self) -> float | None:
        """Of ours; None if there is none."""
        return statistics.median(self.ours) if self.ours else None

    @property
    def peer_median(self) -> float | None:
        """Of theirs."""
        return statistics.median(self.theirs) if self.theirs else None

    @property
    def ratios(self) -> list[float]:
        """How many times better ours is than theirs, round by round."""
        pairs = zip(self.ours, self.theirs, strict=bool(self.ours and self.theirs))
        if self.unit.endswith(HIGHER):
            return [_divide(ours, theirs) for ours, theirs in pairs]
        return [_divide(theirs, ours) for ours, theirs in pairs]

    @property
    def ratio(self) -> float | None:
        """The median of ``ratios``: above 1 ours is better."""
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def is_met(self) -> bool | None:
        """Whether we are as good as wanted; None: nothing is wanted, or it isn't known."""
        known = []
        if self.limit and self.limit.times is not None and self.ratio is not None:
            known.append(self.ratio >= self.limit.times)
        if self.limit and self.limit.at_most is not None and self.median is not None:
            known.append(self.median <= self.limit.at_most)
        return all(known) if known else None


def _divide(one: float, other: float) -> float:
    return one / other if other else float("inf")
