"""Many buckets of one endpoint as compressed columns: a tenth of what they take as rows.

A chunk only adds, like a bucket: the same bucket may be in several chunks and be a row besides, and
what it holds is the sum of them.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple

import numpy as np

from logwatcher.core.aggregate import CELLS, TOTALS, Array, Groups, Sums, join

MIN_BUCKETS, MAX_BUCKETS = 24, 240
"""In a chunk. Fewer are rows; more would be unpacked for a question about a part of them."""

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
    """

    number: int
    start: int
    last_start: int
    totals: bytes
    cells: bytes


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
        totals: ``TOTALS`` records of all of them.
        total_of: of each record, which bucket's it is, 0 to n - 1.
        cells: ``CELLS`` records.
        cell_of: likewise.
    """

    endpoint: Groups
    start: Groups
    totals: Array
    total_of: Groups
    cells: Array
    cell_of: Groups

    def select(self, is_wanted: Array) -> "Buckets":
        """Some of them; ``is_wanted`` is of all."""
        if is_wanted.all():
            return self
        number = np.cumsum(is_wanted) - 1
        of_total, of_cell = is_wanted[self.total_of], is_wanted[self.cell_of]
        return Buckets(
            self.endpoint[is_wanted],
            self.start[is_wanted],
            self.totals[of_total],
            number[self.total_of[of_total]],
            self.cells[of_cell],
            number[self.cell_of[of_cell]],
        )


def chunks(starts: Groups, step: int, sums: Sums, first: int, end: int) -> Iterator[Chunk]:
    """The buckets in places ``first`` up to ``end`` as chunks of about equally many.

    Args:
        starts: of all buckets, seconds; ascending between those places.
        step: theirs, seconds.
        sums: as ``aggregate.regroup`` returns it; the groups are the places in ``starts``.
        first: the place of the first one; all are of one endpoint.
        end: the place behind the last.
    """
    parts = -(-(end - first) // MAX_BUCKETS)
    edges = [first + (end - first) * part // parts for part in range(parts + 1)]
    totals = np.searchsorted(sums.totals[0], edges).tolist()
    cells = np.searchsorted(sums.cells[0], edges).tolist()
    for part in range(parts):
        begin = edges[part]
        of = starts[begin : edges[part + 1]]
        yield Chunk(
            len(of),
            int(of[0]),
            int(of[-1]),
            *_pack(
                (of - of[0]) // step,
                [column[totals[part] : totals[part + 1]] for column in sums.totals],
                [column[cells[part] : cells[part + 1]] for column in sums.cells],
                begin,
            ),
        )


def unpack(packed: Iterable[Packed], step: int) -> Buckets:
    """All buckets of chunks of this step."""
    return concatenate([_unpack(of, step) for of in packed])


def from_rows(rows: Sequence[Row]) -> Buckets:
    """Buckets that are rows."""
    if not rows:
        return NOTHING
    endpoint, start, totals, cells = zip(*rows, strict=True)
    return Buckets(
        np.array(endpoint, np.int64),
        np.array(start, np.int64),
        *join(totals, TOTALS),
        *join(cells, CELLS),
    )


def concatenate(parts: Sequence[Buckets]) -> Buckets:
    """All of these."""
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    before = np.cumsum([0, *(len(part.start) for part in parts[:-1])])
    return Buckets(
        np.concatenate([part.endpoint for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.totals for part in parts]),
        np.concatenate([part.total_of + n for part, n in zip(parts, before, strict=True)]),
        np.concatenate([part.cells for part in parts]),
        np.concatenate([part.cell_of + n for part, n in zip(parts, before, strict=True)]),
    )


def _pack(
    offsets: Groups, totals: Sequence[Groups], cells: Sequence[Groups], begin: int
) -> tuple[bytes, bytes]:
    """The two blobs of a chunk; ``begin`` is the number of its first group.

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
                np.bincount(group - begin, minlength=len(offsets)),
                status,
                *sums,
                np.bincount(total_of, minlength=len(group)),
            ],
        ),
        _compress(len(offsets), len(index), [np.diff(index, prepend=0) % _BINS, requests]),
    )


def _unpack(packed: Packed, step: int) -> Buckets:
    n, n_totals = _HEAD.unpack_from(packed.totals)
    columns = _decompress(packed.totals, [n, n, *[n_totals] * 5])
    offsets, counts, status, requests, size, us, cell_counts = columns
    totals = np.empty(n_totals, TOTALS)
    totals["status"], totals["requests"], totals["bytes"], totals["us"] = status, requests, size, us
    total_of = np.repeat(np.arange(n), counts)
    cells, cell_of = NOTHING.cells, NOTHING.cell_of
    if packed.cells:
        _, n_cells = _HEAD.unpack_from(packed.cells)
        index, requests = _decompress(packed.cells, [n_cells, n_cells])
        of = np.repeat(np.arange(n_totals), cell_counts)
        cells, cell_of = np.empty(n_cells, CELLS), total_of[of]
        cells["status"], cells["requests"] = status[of], requests
        cells["bin"] = np.cumsum(index) % _BINS
    start = packed.start + np.cumsum(offsets) * step
    return Buckets(np.full(n, packed.endpoint), start, totals, total_of, cells, cell_of)


def _compress(buckets: int, records: int, columns: Sequence[Groups]) -> bytes:
    data = b"".join(map(_narrow, columns))
    return _HEAD.pack(buckets, records) + zlib.compress(data, _LEVEL)


def _narrow(column: Groups) -> bytes:
    """In as few bytes as the largest needs; all first bytes first, since they are much alike."""
    width = np.min_scalar_type(int(column.max(initial=0))).itemsize
    data = column.astype(f"<u{width}").view(np.uint8).reshape(-1, width)
    return bytes([width]) + data.T.tobytes()


def _decompress(packed: bytes, lengths: Sequence[int]) -> Iterator[Groups]:
    data = zlib.decompress(packed[_HEAD.size :])
    at = 0
    for length in lengths:
        width = data[at]
        planes = np.frombuffer(data, np.uint8, length * width, at + 1).reshape(width, length)
        at += 1 + length * width
        yield np.ascontiguousarray(planes.T).view(f"<u{width}").reshape(length).astype(np.int64)


NOTHING = Buckets(
    np.array([], np.int64),
    np.array([], np.int64),
    np.array([], TOTALS),
    np.array([], np.int64),
    np.array([], CELLS),
    np.array([], np.int64),
)
