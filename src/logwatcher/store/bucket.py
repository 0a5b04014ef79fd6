"""Buckets in the store: the newest as rows, all others in chunks."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from logwatcher.core import chunk
from logwatcher.core.aggregate import Aggregate, merge_by_key
from logwatcher.core.block import Block, Column
from logwatcher.core.buckets import STEPS
from logwatcher.core.chunk import Buckets, Packed, Row, Spans
from logwatcher.store.database import fetch

_PER_STATEMENT = 3000
_SPARSE = 20  # a range is read if it can't hold more than so many times what is wanted of it
_SAVE = (
    "INSERT INTO logwatcher_bucket (endpoint_id, step, start, totals, cells)"
    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (endpoint_id, step, start)"
    " DO UPDATE SET totals = excluded.totals, cells = excluded.cells"
)
_INSERT_CHUNK = (
    "INSERT INTO logwatcher_chunk (endpoint_id, step, number, start, last_start, totals, cells,"
    " sum_totals, sum_cells) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)

Params = Sequence[Any]  # Any: what SQL takes


class Stored(NamedTuple):
    """A row's key: endpoint id, step, start."""

    endpoint: int
    step: int
    start: int


def add(cursor: CursorWrapper, block: Block, ids: Sequence[int]) -> None:
    """Add the block's buckets to the stored ones; ``ids`` are the rows of its endpoints.

    Safe since no one else writes meanwhile. Chunks and most of an old log's rows need no merging.
    """
    cursor.executemany(
        _INSERT_CHUNK, [(ids[of.endpoint], of.step, *of.chunk) for of in block.chunks]
    )
    rows = [
        row
        for of in block.buckets
        for row in zip(
            map(ids.__getitem__, of.endpoints),
            repeat(of.step),
            of.starts,
            of.totals,
            of.cells,
            strict=False,
        )
    ]
    if len(rows) <= _PER_STATEMENT:
        stored = dict(_stored(cursor, [Stored(*row[:3]) for row in rows]))
    else:
        stored = {key: of for column in block.buckets for key, of in _near(cursor, column, ids)}
    is_shared = len(set(ids)) < len(ids)  # some endpoints are counted as one
    known = [row for row in rows if is_shared or row[:3] in stored]
    merged = merge_by_key(
        chain(
            ((row[:3], Aggregate(*row[3:])) for row in known),
            ((key, stored[key]) for key in {row[:3] for row in known} & stored.keys()),
        )
    )
    if not is_shared:
        cursor.executemany(_SAVE, [row for row in rows if row[:3] not in stored])
    cursor.executemany(_SAVE, [(*key, *aggregate) for key, aggregate in merged.items()])


def read(
    cursor: CursorWrapper,
    where: str,
    params: Params,
    step: int,
    spans: Spans,
    *,
    with_cells: bool = True,
) -> Buckets:
    """The buckets of a step in these times.

    Args:
        cursor: of the database that is asked.
        where: a condition on ``endpoint_id``; what it takes is in ``params``.
        params: see ``where``.
        step: seconds.
        spans: aligned to the step.
        with_cells: False: their cells are left out.
    """
    if not spans:
        return chunk.NOTHING
    cells = "cells" if with_cells else "NULL"
    inside = " OR ".join(["(start >= %s AND start < %s)"] * len(spans))
    touching = " OR ".join(["(last_start >= %s AND start < %s)"] * len(spans))
    values = [*params, step, *chain.from_iterable(spans)]
    return _read(
        cursor,
        # At once, since rows may become a chunk between two questions.
        f"SELECT 0, endpoint_id, start, totals, {cells} FROM logwatcher_bucket"
        f" WHERE {where} AND step = %s AND ({inside})"
        f" UNION ALL SELECT 1, endpoint_id, start, totals, {cells} FROM logwatcher_chunk"
        f" WHERE {where} AND step = %s AND ({touching})",
        [*values, *values],
        step,
        spans,
    )


def read_sums(
    cursor: CursorWrapper, where: str, params: Params, step: int, start: int, end: int
) -> Buckets:
    """What the buckets of a step from ``start`` to ``end`` hold, many of an endpoint as one.

    For the other arguments see ``read``.
    """
    if step != STEPS[-1]:
        return read(cursor, where, params, step, [(start, end)])
    span = [*params, step, start, end]
    columns = "endpoint_id, start"
    return _read(
        cursor,
        f"SELECT 0, {columns}, totals, cells FROM logwatcher_bucket"
        f" WHERE {where} AND step = %s AND start >= %s AND start < %s"
        f" UNION ALL SELECT 0, {columns}, sum_totals, sum_cells FROM logwatcher_chunk"
        f" WHERE {where} AND step = %s AND start >= %s AND last_start < %s"
        f" UNION ALL SELECT 1, {columns}, totals, cells FROM logwatcher_chunk"
        f" WHERE {where} AND step = %s AND last_start >= %s AND start < %s"
        " AND NOT (start >= %s AND last_start < %s)",
        [*span, *span, *span, start, end],
        step,
        [(start, end)],
    )


def _read(cursor: CursorWrapper, sql: str, params: Params, step: int, spans: Spans) -> Buckets:
    """The query gives 0 for a row and 1 for a chunk, then endpoint, start, totals and cells."""
    rows: list[Row] = []
    packed: list[Packed] = []
    for is_chunk, endpoint, start, totals, cells in fetch(cursor, sql, params):
        row = endpoint, start, totals, cells or b""
        if is_chunk:
            packed.append(Packed(*row))
        else:
            rows.append(row)
    return chunk.concatenate([*chunk.unpack(packed, step, spans), chunk.from_rows(rows)])


def insert_chunk(cursor: CursorWrapper, endpoint: int, step: int, rows: Sequence[Row]) -> None:
    """Insert a chunk of these rows, which are in order of time."""
    of = chunk.from_rows(rows)
    made = chunk.chunks(of.start, step, of.sums, 0, len(of.start))
    cursor.executemany(_INSERT_CHUNK, [(endpoint, step, *one) for one in made])


def _near(
    cursor: CursorWrapper, column: Column, ids: Sequence[int]
) -> Iterator[tuple[tuple[int, int, int], Aggregate]]:
    """The rows that the store has of the buckets of ``column``, and maybe of others beside them."""
    if not column.starts:
        return
    first, last = min(column.starts), max(column.starts)
    endpoints = sorted({ids[endpoint] for endpoint in column.endpoints})
    if ((last - first) // column.step + 1) * len(endpoints) > _SPARSE * len(column.starts):
        keys = zip(column.endpoints, column.starts, strict=True)
        yield from _stored(
            cursor, [Stored(ids[endpoint], column.step, start) for endpoint, start in keys]
        )
        return
    for begin in range(0, len(endpoints), _PER_STATEMENT):
        some = endpoints[begin : begin + _PER_STATEMENT]
        cursor.execute(
            "SELECT endpoint_id, step, start, totals, cells FROM logwatcher_bucket"
            f" WHERE endpoint_id IN ({', '.join(['%s'] * len(some))})"
            " AND step = %s AND start BETWEEN %s AND %s",
            [*some, column.step, first, last],
        )
        for *key, totals, cells in cursor.fetchall():
            yield Stored(*key), Aggregate(totals, cells)


def _stored(
    cursor: CursorWrapper, keys: Sequence[Stored]
) -> Iterator[tuple[tuple[int, int, int], Aggregate]]:
    """The rows that the store has of these buckets.

    By a join, since SQLite reads the whole table for ``IN (VALUES …)``; CROSS tells it to begin
    with the values.
    """
    for first in range(0, len(keys), _PER_STATEMENT):
        some = keys[first : first + _PER_STATEMENT]
        values = ", ".join(["(%s, %s, %s)"] * len(some))
        cursor.execute(
            "SELECT endpoint_id, step, start, totals, cells"
            f" FROM (VALUES {values}) AS wanted CROSS JOIN logwatcher_bucket"
            " WHERE endpoint_id = column1 AND step = column2 AND start = column3",
            [value for key in some for value in key],
        )
        for *key, totals, cells in cursor.fetchall():
            yield Stored(*key), Aggregate(totals, cells)
