"""Stored buckets → the points of a chart, the figures of a range, the endpoints' table."""

from dataclasses import dataclass

import numpy as np

from logwatcher.core.aggregate import Array, Groups
from logwatcher.core.chunk import Buckets
from logwatcher.core.sketch import BINS, quantiles

QUANTILES = (0.5, 0.95, 0.99)
COLUMNS = ("start", "requests", "2xx", "3xx", "4xx", "5xx", "p50", "p95", "p99")
"""What the values of a point are, in order."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of some requests.

    Attributes:
        requests: how many, of any status.
        by_class: how many had status 1xx, 2xx, 3xx, 4xx, 5xx.
        bytes: sum of the responses' sizes.
        timed: how many had a duration.
        duration: sum of those durations, seconds.
        p50: seconds, like ``p95`` and ``p99``; None if no request had a duration.
    """

    requests: int = 0
    by_class: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    bytes: int = 0
    timed: int = 0
    duration: float = 0.0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    def share(self, status_class: int) -> float | None:
        """The share, 0 to 1, of requests with this class (1 to 5); None without requests."""
        return self.by_class[status_class - 1] / self.requests if self.requests else None


NOTHING = Figures()


def figures(of: Buckets, group: Groups, statuses: tuple[int, int]) -> dict[int, Figures]:
    """The figures of each group that has requests with a status in ``[first, last]``.

    One pass over all records at once: they are counted by (group, class) and (group, bin).

    Args:
        of: the buckets.
        group: of each bucket, any number.
        statuses: first and last.
    """
    total_of, status, requests, size, us = _wanted(of.sums.totals, statuses)
    cell_of, _, bin_, cell_requests = _wanted(of.sums.cells, statuses)
    names, index = np.unique(group, return_inverse=True)
    n = len(names)
    if not n:
        return {}
    of_total = index[total_of]
    classes = np.minimum(status // 100, 6)
    by_class = _count(of_total * 7 + classes, requests, n * 7).reshape(n, 7)
    sizes = _count(of_total, size, n)
    durations = _count(of_total, us, n)
    bins = _count((index * BINS)[cell_of] + bin_, cell_requests, n * BINS).reshape(n, BINS)
    timed = bins.sum(axis=1)
    values = quantiles(bins, QUANTILES)
    result = {}
    for i, name in enumerate(names.tolist()):
        number = int(by_class[i].sum())
        if not number:
            continue
        p50, p95, p99 = (None if np.isnan(value) else float(value) for value in values[i])
        result[name] = Figures(
            requests=number,
            by_class=tuple(by_class[i, 1:6].tolist()),
            bytes=int(sizes[i]),
            timed=int(timed[i]),
            duration=int(durations[i]) / 1e6,
            p50=p50,
            p95=p95,
            p99=p99,
        )
    return result


def requests_by_group(of: Buckets, group: Groups, statuses: tuple[int, int], groups: int) -> Groups:
    """How many requests each of the groups 0 to ``groups`` - 1 has; ``group`` is each bucket's."""
    total_of, _, requests, *_ = _wanted(of.sums.totals, statuses)
    return _count(group[total_of], requests, groups)


def statuses(of: Buckets, wanted: tuple[int, int]) -> list[int]:
    """The status codes in ``[first, last]`` that there are requests with, ascending."""
    _, status, *_ = _wanted(of.sums.totals, wanted)
    codes: list[int] = np.unique(status).tolist()
    return codes


def points(of: Buckets, step: int, statuses: tuple[int, int]) -> list[list[int | float | None]]:
    """The points of a series, as ``COLUMNS``, one per step that isn't empty, in order of time.

    Args:
        of: the buckets.
        step: seconds a point covers; a multiple of the buckets' step.
        statuses: the status codes to count, ``[first, last]``.
    """
    return [
        [start, one.requests, *one.by_class[1:], *map(_round, (one.p50, one.p95, one.p99))]
        for start, one in figures(of, of.start - of.start % step, statuses).items()
    ]


def _round(seconds: float | None) -> float | None:
    """To the µs: far below the sketch's error, and short to send."""
    return None if seconds is None else round(seconds, 6)


def _wanted(columns: tuple[Array, ...], statuses: tuple[int, int]) -> tuple[Array, ...]:
    """The records with a wanted status, which is the second column."""
    first, last = statuses
    if (first, last) == (0, 999):
        return columns
    is_wanted = (columns[1] >= first) & (columns[1] <= last)
    return tuple(column[is_wanted] for column in columns)


def _count(index: Array, weights: Array, length: int) -> Groups:
    """Sum of the weights for each index; exact up to 2**53."""
    return np.bincount(index, weights, length).astype(np.int64)
