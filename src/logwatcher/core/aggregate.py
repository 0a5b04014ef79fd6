"""What is kept of many events: sums that only add, by status, in their stored form.

Merging is associative and commutative: rolling up over time, grouping over endpoints,
late events and several writers are one operation. Everything is an integer, so that the
order of merging can't show in the result, not even in its bytes. Many aggregates are
made or merged in one pass over arrays; per aggregate it would take ten times as long.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from logwatcher.core.sketch import bins_of

TOTALS = np.dtype([("status", "<u2"), ("requests", "<u8"), ("bytes", "<u8"), ("us", "<u8")])
"""One status: requests, bytes of all responses, µs of all durations."""
CELLS = np.dtype([("status", "<u2"), ("bin", "<u2"), ("requests", "<u4")])
"""One cell of the sketch: requests of a status that lasted as long as the bin says."""
UNKNOWN = -1
"""Stands for a duration that is not known."""

Array = npt.NDArray[Any]  # records of one of the two dtypes above, or integers
Groups = npt.NDArray[np.int64]
K = TypeVar("K", bound=Hashable)

_STATUSES, _BINS = 1 << 10, 1 << 11


class Aggregate(NamedTuple):
    """Counts, bytes, durations and latency sketch of some events.

    Attributes:
        totals: ``TOTALS`` records, one per status, ascending.
        cells: ``CELLS`` records, one per status and bin, ascending.
    """

    totals: bytes = b""
    cells: bytes = b""


class Sums(NamedTuple):
    """Aggregates that are being made: columns of equal length, one place per sum.

    Attributes:
        totals: group, status, requests, bytes, µs.
        cells: group, status, bin, requests.
    """

    totals: tuple[Array, ...]
    cells: tuple[Array, ...]


def sums_of(status: Groups, size: Groups, us: Groups) -> Sums:
    """Each event, given by columns, as a group of its own; a duration may be ``UNKNOWN``."""
    group, one, is_timed = np.arange(len(status)), np.ones_like(status), us != UNKNOWN
    return Sums(
        (group, status, one, size, np.where(is_timed, us, 0)),
        (group[is_timed], status[is_timed], bins_of(us[is_timed]), one[is_timed]),
    )


def regroup(sums: Sums, groups: Groups) -> Sums:
    """What is in group ``i`` goes to group ``groups[i]``, and is added to what is there."""
    group, status, *values = sums.totals
    key, values = _sum_by(groups[group] * _STATUSES + status, values)
    totals = (key // _STATUSES, key % _STATUSES, *values)
    group, status, index, *values = sums.cells
    key, values = _sum_by((groups[group] * _STATUSES + status) * _BINS + index, values)
    cells = (key // (_BINS * _STATUSES), key // _BINS % _STATUSES, key % _BINS, *values)
    return Sums(totals, cells)


def select(sums: Sums, is_wanted: Array) -> Sums:
    """Some of the groups, numbered anew in the same order; ``is_wanted`` is of all groups."""
    if is_wanted.all():
        return sums
    number = np.cumsum(is_wanted) - 1
    totals, cells = (tuple(column[is_wanted[columns[0]]] for column in columns) for columns in sums)
    return Sums((number[totals[0]], *totals[1:]), (number[cells[0]], *cells[1:]))


def encode(sums: Sums, n: int) -> list[Aggregate]:
    """What ``regroup`` returned, as one aggregate for each of ``n`` groups."""
    blobs = [
        _split(columns, dtype, n) for columns, dtype in ((sums.totals, TOTALS), (sums.cells, CELLS))
    ]
    return [Aggregate(*of) for of in zip(*blobs, strict=True)]


def merge(aggregates: Sequence[Aggregate], groups: Groups, n: int) -> list[Aggregate]:
    """The sums of ``n`` groups of aggregates; ``groups`` says the group of each, from 0."""
    totals, total_of = join([of.totals for of in aggregates], TOTALS)
    cells, cell_of = join([of.cells for of in aggregates], CELLS)
    sums = Sums(
        (total_of, *(totals[name].astype(np.int64) for name in TOTALS.names or ())),
        (cell_of, *(cells[name].astype(np.int64) for name in CELLS.names or ())),
    )
    return encode(regroup(sums, groups), n)


def merge_by_key(parts: Iterable[tuple[K, Aggregate]]) -> dict[K, Aggregate]:
    """The sum of the aggregates of each key."""
    numbers: dict[K, int] = {}
    groups, aggregates = [], []
    for key, part in parts:
        groups.append(numbers.setdefault(key, len(numbers)))
        aggregates.append(part)
    sums = merge(aggregates, np.array(groups, np.int64), len(numbers))
    return dict(zip(numbers, sums, strict=True))


def join(blobs: Sequence[bytes], dtype: np.dtype[Any]) -> tuple[Array, Groups]:
    """All records of these, and for each the number of the blob that it was in."""
    records = np.frombuffer(b"".join(blobs), dtype)
    lengths = np.fromiter(map(len, blobs), np.int64, len(blobs)) // dtype.itemsize
    return records, np.repeat(np.arange(len(blobs), dtype=np.int32), lengths)


def _sum_by(key: Array, values: Sequence[Array]) -> tuple[Array, list[Array]]:
    """The different keys, ascending, and for each the sums of its values; exact."""
    if not len(key):
        return key, list(values)
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    return key[first], [np.add.reduceat(value[order], first) for value in values]


def _split(columns: tuple[Array, ...], dtype: np.dtype[Any], n: int) -> list[bytes]:
    """The records of each group; they lie together."""
    group, *values = columns
    records = np.empty(len(group), dtype)
    for name, value in zip(dtype.names or (), values, strict=True):
        records[name] = value
    data = records.tobytes()
    edges = (np.searchsorted(group, np.arange(n + 1)) * dtype.itemsize).tolist()
    return [data[start:end] for start, end in pairwise(edges)]
