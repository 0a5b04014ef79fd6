"""Events → aggregates per time step and endpoint, every step and the total at once."""

from collections.abc import Iterable
from typing import NamedTuple

from logwatcher.core.aggregate import Aggregate
from logwatcher.core.event import Event

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


def fill(source: str, events: Iterable[Event]) -> dict[BucketKey, Aggregate]:
    """The buckets of these events: per endpoint and for all endpoints, at every step."""
    finest: dict[tuple[int, str, str], list[Event]] = {}
    step = STEPS[0]
    step_us = step * 1_000_000
    for event in events:
        key = (event.time_us // step_us, event.method, event.route)
        finest.setdefault(key, []).append(event)
    buckets: dict[BucketKey, Aggregate] = {}
    for (index, method, route), group in finest.items():
        aggregate = Aggregate.of(group)
        for endpoint in (Endpoint(source, method, route), Endpoint(source)):
            for step in STEPS:
                bucket = BucketKey(endpoint, step, align(index * STEPS[0], step))
                buckets.setdefault(bucket, Aggregate()).merge(aggregate)
    return buckets
