"""Many buckets of one endpoint as compressed columns: a tenth of what they take as rows.

A chunk only adds, like a bucket: the same bucket may be in several chunks and be a row besides, and
what it holds is the sum of them.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

import numpy as np

from logwatcher.core.aggregate import (
    CELLS,
    TOTALS,
    Aggregate,
    Array,
    Groups,
    Sums,
    encode,
    join,
    regroup,
)
from logwatcher.core.buckets import STEPS

MIN_BUCKETS, MAX_BUCKETS, MAX_COARSEST = 24, 240, 48
"""In a chunk. Fewer are rows; more would be unpacked for a question about a part of them.

There are fewer of the coarsest step, whose chunks have their sum beside them: a question about many
days unpacks only the first and the last.
"""

_LEVEL = 1  # higher ones take three times as long for a twentieth less
_HEAD = Struct("<HI")  # how many buckets, how many totals or cells
_STATUS_BITS = 10
_BINS = 1 << 16


class Chunk(NamedTuple):
    """Buckets of one endpoint and step, in order of time.

    Attributes:
        number: how many.
        start: the first one's, seconds.
        last_start: the last one's.
        totals: those of all of them, packed.
        cells: likewise.
        sum_totals: of all of them together, as in ``Aggregate``; empty unless the step is the
            coarsest.
        sum_cells: likewise.
    """

    number: int
    start: int
    last_start: int
    totals: bytes
    cells: bytes
    sum_totals: bytes
    sum_cells: bytes


Spans = Sequence[tuple[int, int]]
"""``[start, end)`` in seconds, ascending and apart."""
ALWAYS = ((-(1 << 60), 1 << 60),)
Row = tuple[int, int, bytes, bytes]
"""A bucket as it is stored alone: endpoint, start, encoded totals and cells."""


class Packed(NamedTuple):
    """A chunk as it is stored: a number for its endpoint, its first bucket's start, its data.

    Without ``cells`` (empty) it is unpacked without them.
    """

    endpoint: int
    start: int
    totals: bytes
    cells: bytes


class Buckets(NamedTuple):
    """Many buckets as columns. One may be there several times: each time a part of it.

    Attributes:
        endpoint: of each bucket, a number that the maker gives a meaning; shape (n,).
        start: of each, seconds; shape (n,).
        sums: what they hold; the groups are places in ``start``, ascending.
    """

    endpoint: Groups
    start: Groups
    sums: Sums

    def part(self, first: int, end: int) -> "Buckets":
        """Those in places ``first`` up to ``end``."""
        if (first, end) == (0, len(self.start)):
            return self
        totals, cells = (_between(columns, first, end) for columns in self.sums)
        return Buckets(self.endpoint[first:end], self.start[first:end], Sums(totals, cells))


def _between(columns: tuple[Array, ...], first: int, end: int) -> tuple[Array, ...]:
    """The records of the groups ``first`` up to ``end``, numbered from 0."""
    begin, stop = np.searchsorted(columns[0], (first, end)).tolist()
    group, *values = (column[begin:stop] for column in columns)
    return (group - first, *values)


def most(step: int) -> int:
    """Buckets of this step in one chunk."""
    return MAX_COARSEST if step == STEPS[-1] else MAX_BUCKETS


def chunks(starts: Groups, step: int, sums: Sums, first: int, end: int) -> Iterator[Chunk]:
    """The buckets in places ``first`` up to ``end`` as chunks of about equally many.

    Args:
        starts: of all buckets, seconds; ascending between those places.
        step: theirs, seconds.
        sums: as ``aggregate.regroup`` returns it; the groups are the places in ``starts``.
        first: the place of the first one; all are of one endpoint.
        end: the place behind the last.
    """
    parts = -(-(end - first) // most(step))
    edges = [first + (end - first) * part // parts for part in range(parts + 1)]
    for edge in pairwise(edges):
        of = starts[slice(*edge)]
        totals, cells = (_between(columns, *edge) for columns in sums)
        data = _pack((of - of[0]) // step, totals, cells)
        total = _sum(Sums(totals, cells), len(of)) if step == STEPS[-1] else Aggregate()
        yield Chunk(len(of), int(of[0]), int(of[-1]), *data, *total)


def unpack(packed: Iterable[Packed], step: int, spans: Spans = ALWAYS) -> Iterator[Buckets]:
    """The buckets of each chunk of this step that start in one of these times."""
    for one in packed:
        of = _unpack(one, step)
        for first, end in np.searchsorted(of.start, spans).tolist():
            if first < end:
                yield of.part(first, end)


def from_rows(rows: Sequence[Row]) -> Buckets:
    """Buckets that are rows."""
    if not rows:
        return NOTHING
    endpoint, start, totals, cells = zip(*rows, strict=True)
    total, total_of = join(totals, TOTALS)
    cell, cell_of = join(cells, CELLS)
    sums = Sums(
        (total_of, *(total[name].astype(np.int64) for name in TOTALS.names or ())),
        (cell_of, *(cell[name] for name in CELLS.names or ())),
    )
    return Buckets(np.array(endpoint, np.int64), np.array(start, np.int64), sums)


def concatenate(parts: Sequence[Buckets]) -> Buckets:
    """All of these."""
    parts = [part for part in parts if len(part.start)]  # else those few would widen all columns
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    before = np.cumsum([0, *(len(part.start) for part in parts[:-1])])
    totals, cells = (
        _append([part.sums[kind] for part in parts], before) for kind in range(len(Sums._fields))
    )
    return Buckets(
        np.concatenate([part.endpoint for part in parts]),
        np.concatenate([part.start for part in parts]),
        Sums(totals, cells),
    )


def _append(parts: Sequence[tuple[Array, ...]], before: Groups) -> tuple[Array, ...]:
    """Records of several parts; their groups are raised by so many."""
    group, *values = map(np.concatenate, zip(*parts, strict=True))
    return (group + np.repeat(before.astype(np.int32), [len(part[0]) for part in parts]), *values)


def _sum(sums: Sums, n: int) -> Aggregate:
    return encode(regroup(sums, np.zeros(n, np.int64)), 1)[0]


def _pack(
    offsets: Groups, totals: tuple[Array, ...], cells: tuple[Array, ...]
) -> tuple[bytes, bytes]:
    """The two blobs of a chunk.

    Each cell is of a total and in the same order, so that how many each total has says whose
    they are.
    """
    group, status, *sums = totals
    cell_group, cell_status, index, requests = cells
    total_of = np.searchsorted(
        group << _STATUS_BITS | status, cell_group << _STATUS_BITS | cell_status
    )
    return (
        _compress(
            len(offsets),
            len(group),
            [
                np.diff(offsets, prepend=0),
                np.bincount(group, minlength=len(offsets)),
                status,
                *sums,
                np.bincount(total_of, minlength=len(group)),
            ],
        ),
        _compress(len(offsets), len(index), [np.diff(index, prepend=0) % _BINS, requests]),
    )


def _unpack(packed: Packed, step: int) -> Buckets:
    """What there are many of stays in as few bytes as it has: to move it is most of the work."""
    n, n_totals = _HEAD.unpack_from(packed.totals)
    columns = _decompress(packed.totals, [n, n, *[n_totals] * 5])
    offsets, counts, status, requests, size, us, cell_counts = columns
    total_of = np.repeat(np.arange(n, dtype=np.int32), counts)
    totals = (total_of, status, *(column.astype(np.int64) for column in (requests, size, us)))
    cells = NOTHING.sums.cells
    if packed.cells:
        _, n_cells = _HEAD.unpack_from(packed.cells)
        index, requests = _decompress(packed.cells, [n_cells, n_cells])
        bins = np.cumsum(index, dtype=np.uint16)  # modulo _BINS
        cells = np.repeat(total_of, cell_counts), np.repeat(status, cell_counts), bins, requests
    start = packed.start + np.cumsum(offsets, dtype=np.int64) * step
    return Buckets(np.full(n, packed.endpoint), start, Sums(totals, cells))


def _compress(buckets: int, records: int, columns: Sequence[Groups]) -> bytes:
    data = b"".join(map(_narrow, columns))
    return _HEAD.pack(buckets, records) + zlib.compress(data, _LEVEL)


def _narrow(column: Groups) -> bytes:
    """In as few bytes as the largest needs; all first bytes first, since they are much alike."""
    width = np.min_scalar_type(int(column.max(initial=0))).itemsize
    data = column.astype(f"<u{width}").view(np.uint8).reshape(-1, width)
    return bytes([width]) + data.T.tobytes()


def _decompress(packed: bytes, lengths: Sequence[int]) -> Iterator[Array]:
    data = zlib.decompress(packed[_HEAD.size :])
    at = 0
    for length in lengths:
        width = data[at]
        column = np.frombuffer(data, np.uint8, length * width, at + 1)
        at += 1 + length * width
        if width > 1:
            column = np.ascontiguousarray(column.reshape(width, length).T)
        yield column.view(f"<u{width}").reshape(length)


_EMPTY = np.array([], np.int64)
NOTHING = Buckets(_EMPTY, _EMPTY, Sums((_EMPTY,) * 5, (_EMPTY,) * 4))
