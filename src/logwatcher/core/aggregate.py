"""What is kept of many events: sums that only add, by status."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from logwatcher.core.event import Event
from logwatcher.core.sketch import bin_of

TOTALS = struct.Struct("<HQQQ")
"""One status: status, requests, bytes, µs of all durations."""
CELL = struct.Struct("<HHI")
"""One cell of the sketch: status, bin, requests."""


@dataclass(slots=True)
class Aggregate:
    """Count, bytes, durations and latency sketch of some events, by status.

    ``merge`` is associative and commutative: rolling up over time, grouping over
    endpoints, late events and several writers are one operation. Everything is an
    integer, so that the order of merging can't show in the result.

    Attributes:
        totals: status → [requests, bytes, µs of all durations].
        cells: (status, bin of the sketch) → requests that had a duration.
    """

    totals: dict[int, list[int]] = field(default_factory=dict)
    cells: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Count one event."""
        total = self.totals.get(event.status)
        if total is None:
            total = self.totals[event.status] = [0, 0, 0]
        total[0] += 1
        total[1] += event.size or 0
        if event.duration_us is not None:
            total[2] += event.duration_us
            cell = (event.status, bin_of(event.duration_us))
            self.cells[cell] = self.cells.get(cell, 0) + 1

    def merge(self, other: "Aggregate") -> None:
        """Add all that ``other`` counted; ``other`` is left as it was."""
        for status, (count, size, duration_us) in other.totals.items():
            total = self.totals.setdefault(status, [0, 0, 0])
            total[0] += count
            total[1] += size
            total[2] += duration_us
        for cell, count in other.cells.items():
            self.cells[cell] = self.cells.get(cell, 0) + count

    def encode(self) -> tuple[bytes, bytes]:
        """The totals as ``TOTALS`` and the sketch as ``CELL`` records, sorted."""
        totals = sorted((status, *sums) for status, sums in self.totals.items())
        cells = sorted((*cell, count) for cell, count in self.cells.items())
        return (
            b"".join(TOTALS.pack(*total) for total in totals),
            b"".join(CELL.pack(*cell) for cell in cells),
        )

    @classmethod
    def decode(cls, totals: bytes, cells: bytes) -> "Aggregate":
        """The opposite of ``encode``."""
        return cls(
            {status: sums for status, *sums in TOTALS.iter_unpack(totals)},
            {(status, index): count for status, index, count in CELL.iter_unpack(cells)},
        )

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Aggregate":
        """The aggregate of these events."""
        aggregate = cls()
        for event in events:
            aggregate.add(event)
        return aggregate
