"""Deletes what isn't kept any more, in transactions so short that no writer notices."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.db.backends.utils import CursorWrapper

from logwatcher.core.buckets import STEPS
from logwatcher.core.kept import ALL, Kept
from logwatcher.core.retention import Limits
from logwatcher.store import packed, stock
from logwatcher.store.database import atomic, connection, lock

LOCKED_S = 0.005
"""How long a transaction should keep writers waiting; the next one is made shorter or longer."""
FIRST = 10
MOST = 1000
"""Rows in the first transaction of a kind, and at most."""


class Held:
    """Measures how long a transaction keeps the writers' lock."""

    seconds = 0.0

    @contextmanager
    def lock(self) -> Iterator[CursorWrapper]:
        """A transaction with the lock; what it deletes was looked for before."""
        with atomic(), connection.cursor() as cursor:
            lock()
            began = time.monotonic()
            yield cursor
        self.seconds = time.monotonic() - began


def sweep(limits: Limits, now: int) -> Iterator[float]:
    """Delete all that these limits don't keep, a little before each ``yield``.

    What is to go is hidden from readers first: no figure is ever made of half of it.

    Yields:
        How long writers have waited, seconds.
    """
    kept = stock.advance(limits, now)
    if kept == ALL:
        return
    held = Held()
    since_us = kept.requests * 1_000_000
    yield from _repeat(held, partial(_packs, since_us, now * 1_000_000))
    yield from _repeat(held, partial(_rows, since_us))
    for step, since in zip(STEPS, kept.steps, strict=True):
        endpoints = _endpoints(step, since)
        yield from _repeat(held, partial(_buckets, step, since, endpoints))
        yield from _repeat(held, partial(_chunks, step, since))
    yield from _repeat(held, partial(_unused, kept))


def _repeat(held: Held, delete: Callable[[Held, int], bool]) -> Iterator[float]:
    """Until there is nothing more, about as much at a time as ``LOCKED_S`` is enough for."""
    size = FIRST
    while delete(held, size):
        yield held.seconds
        factor = LOCKED_S / max(held.seconds, 1e-6)
        size = max(1, min(int(size * min(factor, 2)), MOST))


def _packs(since_us: int, now_us: int, held: Held, size: int) -> bool:
    """Those of which every request is too old."""
    sql = "SELECT id FROM logwatcher_pack WHERE last_us < %s ORDER BY last_us LIMIT %s"
    ids = _ids(sql, [since_us, size]) or _ahead(since_us, now_us)[:size]
    return _delete_found("logwatcher_pack", ids, held)


def _ahead(since_us: int, now_us: int) -> list[int]:
    """Those whose requests are too old, but for some that are ahead of the clock."""
    sql = "SELECT id FROM logwatcher_pack WHERE first_us < %s AND last_us > %s"
    with connection.cursor() as cursor:
        return [
            pack
            for pack in _ids(sql, [since_us, now_us])
            if packed.last_until(cursor, pack, now_us) < since_us
        ]


def _rows(since_us: int, held: Held, size: int) -> bool:
    sql = "SELECT id FROM logwatcher_request WHERE time_us < %s LIMIT %s"
    return _delete_found("logwatcher_request", _ids(sql, [since_us, size]), held)


def _endpoints(step: int, since: int) -> list[int]:
    """Those that have older buckets."""
    return _ids(
        "SELECT e.id FROM logwatcher_endpoint e WHERE EXISTS (SELECT 1 FROM logwatcher_bucket b"
        " WHERE b.endpoint_id = e.id AND b.step = %s AND b.start < %s)",
        [step, since],
    )


def _buckets(step: int, since: int, endpoints: list[int], held: Held, size: int) -> bool:
    """The oldest of some endpoints, which leave the list when they have no more."""
    found: list[tuple[int, int, int]] = []
    left = size
    while endpoints and left:
        starts = _ids(
            "SELECT start FROM logwatcher_bucket WHERE endpoint_id = %s AND step = %s"
            " AND start < %s ORDER BY start LIMIT %s",
            [endpoints[-1], step, since, left],
        )
        if starts:
            found.append((endpoints[-1], step, starts[-1]))
        if len(starts) < left:
            endpoints.pop()
        left -= len(starts)
    if found:
        with held.lock() as cursor:
            cursor.executemany(
                "DELETE FROM logwatcher_bucket"
                " WHERE endpoint_id = %s AND step = %s AND start <= %s",
                found,
            )
    return bool(found)


def _chunks(step: int, since: int, held: Held, size: int) -> bool:
    """Those of which every bucket is too old."""
    sql = (
        "SELECT c.id FROM logwatcher_endpoint e JOIN logwatcher_chunk c"
        " ON c.endpoint_id = e.id AND c.step = %s AND c.last_start < %s LIMIT %s"
    )
    return _delete_found("logwatcher_chunk", _ids(sql, [step, since, size]), held)


def _unused(kept: Kept, held: Held, size: int) -> bool:
    """Endpoints without any data.

    Packs don't tell SQL whose requests they hold; but each request that is not older than the
    coarsest buckets has one there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(first_us) FROM logwatcher_pack")
        (first_us,) = cursor.fetchone()
    if kept.since == ALL.since or (first_us or kept.since * 10**6) < kept.since * 10**6:
        return False
    unused = (
        "NOT EXISTS (SELECT 1 FROM logwatcher_bucket b WHERE b.endpoint_id = {0}.id)"
        " AND NOT EXISTS (SELECT 1 FROM logwatcher_chunk c WHERE c.endpoint_id = {0}.id)"
    )
    rows = "NOT EXISTS (SELECT 1 FROM logwatcher_request r WHERE r.endpoint_id = {0}.id)"
    ids = _ids(
        f"SELECT e.id FROM logwatcher_endpoint e WHERE {unused.format('e')}"
        f" AND {rows.format('e')} LIMIT %s",
        [size],
    )
    return _delete_found(
        "logwatcher_endpoint", ids, held, f" AND {unused.format('logwatcher_endpoint')}"
    )


def _ids(sql: str, params: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [number for (number,) in cursor.fetchall()]


def _delete_found(table: str, ids: list[int], held: Held, condition: str = "") -> bool:
    if ids:
        marks = ", ".join(["%s"] * len(ids))
        with held.lock() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id IN ({marks}){condition}", ids)
    return bool(ids)
