"""The buckets of events, counted one by one: what all faster ways are compared with."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from logwatcher.core.aggregate import CELLS, TOTALS, Aggregate, encode
from logwatcher.core.buckets import STEPS, Endpoint, align
from logwatcher.core.chunk import Packed, concatenate, unpack
from logwatcher.core.event import Event
from logwatcher.core.sketch import bins_of


class BucketKey(NamedTuple):
    """The requests of ``endpoint`` in ``[start, start + step)``; seconds, aligned to the epoch."""

    endpoint: Endpoint
    step: int
    start: int


def count(events: Sequence[Event]) -> Aggregate:
    """The aggregate of all these."""
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    cells: Counter[tuple[int, int]] = Counter()
    for event in events:
        us = event.duration_us
        for i, value in enumerate((1, event.size or 0, us or 0)):
            totals[event.status][i] += value
        if us is not None:
            cells[event.status, int(bins_of(np.array([us]))[0])] += 1
    return Aggregate(
        np.array([(status, *sums) for status, sums in sorted(totals.items())], TOTALS).tobytes(),
        np.array([(*key, n) for key, n in sorted(cells.items())], CELLS).tobytes(),
    )


def fill(source: str, events: Sequence[Event]) -> dict[BucketKey, Aggregate]:
    """The buckets of these events: per endpoint and for all endpoints, at every step."""
    found: dict[BucketKey, list[Event]] = defaultdict(list)
    for event in events:
        for endpoint in (Endpoint(source, event.method, event.route), Endpoint(source)):
            for step in STEPS:
                start = align(event.time_us // 1_000_000, step)
                found[BucketKey(endpoint, step, start)].append(event)
    return {key: count(of) for key, of in found.items()}


def unpacked(chunks: Iterable[Packed], step: int) -> Iterator[tuple[int, int, Aggregate]]:
    """Endpoint, start and content of each bucket in chunks."""
    of = concatenate(list(unpack(chunks, step)))
    parts = encode(of.sums, len(of.start))
    return zip(of.endpoint.tolist(), of.start.tolist(), parts, strict=True)
