"""Many events as rows or packs, with the buckets that they fill: made here, written elsewhere."""

from collections.abc import Sequence
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from logwatcher.core.aggregate import UNKNOWN, Groups, Sums, encode, regroup, select, sums_of
from logwatcher.core.buckets import STEPS
from logwatcher.core.chunk import MIN_BUCKETS, Chunk, chunks
from logwatcher.core.event import Event
from logwatcher.core.pack import NUMBERS, TEXTS, Pack, Value, pack

TOTAL = ("", "")
"""Method and route of all endpoints together."""
MIN_PACKED = 1000
"""So many requests are packed at once; fewer are rows first."""

_MAX_SUCCESS = 399
_SECOND = 1_000_000


class Column(NamedTuple):
    """Buckets of one step, each in the same place of every list.

    Attributes:
        step: seconds.
        endpoints: index into ``Block.endpoints``.
        starts: seconds, aligned to ``step``.
        totals: encoded as in ``Aggregate``.
        cells: likewise.
    """

    step: int
    endpoints: list[int]
    starts: list[int]
    totals: list[bytes]
    cells: list[bytes]


class Strip(NamedTuple):
    """A chunk, its step, and the index of its endpoint in ``Block.endpoints``."""

    endpoint: int
    step: int
    chunk: Chunk


class Block(NamedTuple):
    """Events of one source by time, and all buckets that they fill.

    Attributes:
        number: how many events.
        endpoints: the different methods and routes, after ``TOTAL``, which is the first.
        succeeded: the routes of those with a status below 400.
        rows: the events as ``FIELDS``, if there are few; their ``endpoint`` is an index into
            ``endpoints``.
        packs: the events, if there are many; likewise.
        starts: of the smallest buckets, seconds, ascending.
        buckets: those of each step, and for all endpoints together, unless they are in chunks.
        chunks: those of which an endpoint has many.
    """

    number: int
    endpoints: list[tuple[str, str]]
    succeeded: set[str]
    rows: list[tuple[Value, ...]]
    packs: list[Pack]
    starts: list[int]
    buckets: list[Column]
    chunks: list[Strip]


class _Numbers(dict[tuple[str, str], int]):
    """Numbers keys in the order in which they are first asked for."""

    def __missing__(self, key: tuple[str, str]) -> int:
        self[key] = number = len(self)
        return number


def to_block(
    events: Sequence[Event], *, with_chunks: bool = False, with_requests: bool = True
) -> Block:
    """The block of these events, in any order.

    Args:
        events: of one source.
        with_chunks: whether an endpoint's buckets, if they are many, become chunks; for an old log
            that is read once. What comes little by little would make many small ones.
        with_requests: False: they are counted, and in none of ``rows`` and ``packs``.
    """
    events = sorted(events, key=itemgetter(0))
    n = len(events)
    columns = zip(*events, strict=True) if events else repeat(())
    of = dict(zip(Event._fields, columns, strict=False))
    numbers = _Numbers({TOTAL: 0})
    endpoint = list(map(numbers.__getitem__, zip(of["method"], of["route"], strict=True)))
    stored = (of["time_us"], endpoint, of["status"], *(of[name] for name in (*NUMBERS, *TEXTS)))
    us = [UNKNOWN if duration is None else max(duration, 0) for duration in of["duration_us"]]
    sums = sums_of(
        np.array(of["status"], np.int64),
        np.array([size or 0 for size in of["size"]], np.int64),
        np.array(us, np.int64),
    )
    seconds = np.array(of["time_us"], np.int64) // _SECOND
    return Block(
        n,
        list(numbers),
        {event.route for event in events if event.status <= _MAX_SUCCESS},
        list(zip(*stored, strict=True)) if with_requests and n < MIN_PACKED else [],
        pack(stored) if with_requests and n >= MIN_PACKED else [],
        np.unique(seconds - seconds % STEPS[0]).tolist(),
        *_fill(sums, seconds, np.array(endpoint, np.int64), MIN_BUCKETS if with_chunks else n + 1),
    )


def _fill(
    sums: Sums, seconds: Groups, endpoint: Groups, many: int
) -> tuple[list[Column], list[Strip]]:
    """The buckets of these groups; each step is made of the finer one.

    So ``many`` of an endpoint and step become chunks.
    """
    columns: list[Column] = []
    strips: list[Strip] = []
    if not len(seconds):
        return columns, strips
    for step in STEPS:
        first = int(seconds.min()) // step
        length = int(seconds.max()) // step - first + 1
        keys, groups = np.unique(endpoint * length + seconds // step - first, return_inverse=True)
        sums = regroup(sums, groups)
        endpoint, seconds = keys // length, (keys % length + first) * step
        starts, groups = np.unique(seconds, return_inverse=True)
        of_all = np.zeros_like(starts), starts, regroup(sums, groups)
        many_of_all = many if step < STEPS[-1] else len(starts) + 1  # see ``store.condense``
        for of, least in (((endpoint, seconds, sums), many), (of_all, many_of_all)):
            column, more = _store(step, *of, least)
            columns.append(column)
            strips += more
    return columns, strips


def _store(
    step: int, endpoint: Groups, start: Groups, sums: Sums, many: int
) -> tuple[Column, list[Strip]]:
    """Buckets in order of endpoint and time, as rows or chunks."""
    of, firsts, counts = np.unique(endpoint, return_index=True, return_counts=True)
    is_many = counts >= many
    strips = [
        Strip(number, step, chunk)
        for number, first, count in zip(
            of[is_many].tolist(), firsts[is_many].tolist(), counts[is_many].tolist(), strict=True
        )
        for chunk in chunks(start, step, sums, first, first + count)
    ]
    is_row = np.repeat(~is_many, counts)
    return _column(step, endpoint[is_row], start[is_row], select(sums, is_row)), strips


def _column(step: int, endpoint: Groups, start: Groups, sums: Sums) -> Column:
    parts = encode(sums, len(start))
    return Column(
        step,
        endpoint.tolist(),
        start.tolist(),
        [part.totals for part in parts],
        [part.cells for part in parts],
    )
