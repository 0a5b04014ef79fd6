"""Events → aggregates per time step and endpoint, every step and the total at once."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from logwatcher.core.aggregate import Aggregate, aggregate, merge
from logwatcher.core.event import Event

K = TypeVar("K", bound=Hashable)

STEPS = (5, 60, 3600)
"""The steps that are stored, in seconds; each divides the next."""


class Endpoint(NamedTuple):
    """Method and route at one source; both empty: all of the source's endpoints together."""

    source: str
    method: str = ""
    route: str = ""

    @property
    def is_total(self) -> bool:
        """Whether this stands for all endpoints of the source."""
        return not self.route


class BucketKey(NamedTuple):
    """The requests of ``endpoint`` in ``[start, start + step)``; seconds, aligned to the epoch."""

    endpoint: Endpoint
    step: int
    start: int


def align(time_s: int, step: int) -> int:
    """The start of the bucket that holds this time, before 1970 too."""
    return time_s - time_s % step


def fill(source: str, events: Sequence[Event]) -> dict[BucketKey, Aggregate]:
    """The buckets of these events: per endpoint and for all endpoints, at every step."""
    step_us = STEPS[0] * 1_000_000
    finest: dict[tuple[int, str, str], int] = {}
    groups = [
        finest.setdefault((event.time_us // step_us, event.method, event.route), len(finest))
        for event in events
    ]
    parts = aggregate(events, np.array(groups, np.int64), len(finest))
    return merge_by_key(
        (key, part)
        for (index, method, route), part in zip(finest, parts, strict=True)
        for key in _keys(source, index * STEPS[0], method, route)
    )


def merge_by_key(parts: Iterable[tuple[K, Aggregate]]) -> dict[K, Aggregate]:
    """The sum of the aggregates of each key."""
    numbers: dict[K, int] = {}
    groups, aggregates = [], []
    for key, part in parts:
        groups.append(numbers.setdefault(key, len(numbers)))
        aggregates.append(part)
    sums = merge(aggregates, np.array(groups, np.int64), len(numbers))
    return dict(zip(numbers, sums, strict=True))


def _keys(source: str, start: int, method: str, route: str) -> Iterator[BucketKey]:
    for endpoint in (Endpoint(source, method, route), Endpoint(source)):
        for step in STEPS:
            yield BucketKey(endpoint, step, align(start, step))
