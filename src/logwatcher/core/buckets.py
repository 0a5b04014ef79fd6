"""What buckets are of: an endpoint, a time step; and how those of one key are added."""

from collections.abc import Hashable, Iterable
from typing import NamedTuple, TypeVar

import numpy as np

from logwatcher.core.aggregate import Aggregate, merge

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


def align(time_s: int, step: int) -> int:
    """The start of the bucket that holds this time, before 1970 too."""
    return time_s - time_s % step


def merge_by_key(parts: Iterable[tuple[K, Aggregate]]) -> dict[K, Aggregate]:
    """The sum of the aggregates of each key."""
    numbers: dict[K, int] = {}
    groups, aggregates = [], []
    for key, part in parts:
        groups.append(numbers.setdefault(key, len(numbers)))
        aggregates.append(part)
    sums = merge(aggregates, np.array(groups, np.int64), len(numbers))
    return dict(zip(numbers, sums, strict=True))
