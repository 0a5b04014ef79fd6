"""What is kept of many events: sums that only add, by status, in their stored form.

Merging is associative and commutative: rolling up over time, grouping over endpoints,
late events and several writers are one operation. Everything is an integer, so that the
order of merging can't show in the result, not even in its bytes. Many aggregates are
made or merged in one pass over arrays; per aggregate it would take ten times as long.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from logwatcher.core.event import Event
from logwatcher.core.sketch import bins_of

TOTALS = np.dtype([("status", "<u2"), ("requests", "<u8"), ("bytes", "<u8"), ("us", "<u8")])
"""One status: requests, bytes of all responses, µs of all durations."""
CELLS = np.dtype([("status", "<u2"), ("bin", "<u2"), ("requests", "<u4")])
"""One cell of the sketch: requests of a status that lasted as long as the bin says."""
UNKNOWN = -1
"""Stands for a duration that is not known."""

Array = npt.NDArray[Any]  # records of one of the two dtypes above, or integers
Groups = npt.NDArray[np.int64]

_STATUSES, _BINS = 1 << 10, 1 << 11


class Aggregate(NamedTuple):
    """Counts, bytes, durations and latency sketch of some events.

    Attributes:
        totals: ``TOTALS`` records, one per status, ascending.
        cells: ``CELLS`` records, one per status and bin, ascending.
    """

    totals: bytes = b""
    cells: bytes = b""


def aggregate(events: Sequence[Event], groups: Groups, n: int) -> list[Aggregate]:
    """The aggregates of ``n`` groups of events.

    Args:
        events: in any order.
        groups: the group of each event, from 0.
        n: how many groups there are.
    """
    status = np.array([event.status for event in events], np.int64)
    size = np.array([event.size or 0 for event in events], np.int64)
    us = np.array([_duration(event) for event in events], np.int64)
    return aggregate_columns(status, size, us, groups, n)


def aggregate_columns(
    status: Groups, size: Groups, us: Groups, groups: Groups, n: int
) -> list[Aggregate]:
    """As ``aggregate``, of columns; a duration of ``UNKNOWN`` µs is none."""
    is_timed = us != UNKNOWN
    return _encode(
        n,
        (groups, status, np.ones_like(status), size, np.where(is_timed, us, 0)),
        (groups[is_timed], status[is_timed], bins_of(us[is_timed]), np.ones_like(us[is_timed])),
    )


def merge(aggregates: Sequence[Aggregate], groups: Groups, n: int) -> list[Aggregate]:
    """The sums of ``n`` groups of aggregates; ``groups`` says the group of each, from 0."""
    totals, total_of = join([of.totals for of in aggregates], TOTALS)
    cells, cell_of = join([of.cells for of in aggregates], CELLS)
    return _encode(
        n,
        (groups[total_of], *(totals[name].astype(np.int64) for name in TOTALS.names or ())),
        (groups[cell_of], *(cells[name].astype(np.int64) for name in CELLS.names or ())),
    )


def join(blobs: Sequence[bytes], dtype: np.dtype[Any]) -> tuple[Array, Groups]:
    """All records of these, and for each the number of the blob that it was in."""
    records = np.frombuffer(b"".join(blobs), dtype)
    lengths = np.fromiter(map(len, blobs), np.int64, len(blobs)) // dtype.itemsize
    return records, np.repeat(np.arange(len(blobs)), lengths)


def _duration(event: Event) -> int:
    return UNKNOWN if event.duration_us is None else max(event.duration_us, 0)


def _encode(n: int, totals: tuple[Array, ...], cells: tuple[Array, ...]) -> list[Aggregate]:
    """Sum what has the same group and status, or group, status and bin; one blob per group."""
    group, status, *sums = totals
    summed, (requests, size, us) = _sum_by(group * _STATUSES + status, sums)
    records = np.empty(len(summed), TOTALS)
    records["status"] = summed % _STATUSES
    records["requests"], records["bytes"], records["us"] = requests, size, us
    total_blobs = _split(records, summed // _STATUSES, n)

    group, status, index, count = cells
    summed, (count,) = _sum_by((group * _STATUSES + status) * _BINS + index, [count])
    records = np.empty(len(summed), CELLS)
    records["status"] = summed // _BINS % _STATUSES
    records["bin"], records["requests"] = summed % _BINS, count
    cell_blobs = _split(records, summed // (_BINS * _STATUSES), n)
    return [Aggregate(*blobs) for blobs in zip(total_blobs, cell_blobs, strict=True)]


def _sum_by(key: Array, values: Sequence[Array]) -> tuple[Array, list[Array]]:
    """The different keys, ascending, and for each the sums of its values; exact."""
    if not len(key):
        return key, list(values)
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    return key[first], [np.add.reduceat(value[order], first) for value in values]


def _split(records: Array, group: Array, n: int) -> list[bytes]:
    """The bytes of each group's records, which lie together."""
    data, size = records.tobytes(), records.dtype.itemsize
    edges = (np.searchsorted(group, np.arange(n + 1)) * size).tolist()
    return [data[start:end] for start, end in pairwise(edges)]
