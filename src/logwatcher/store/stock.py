"""What there is of each kind of data: since when it is kept, how much, how old."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from logwatcher.core import retention
from logwatcher.core.buckets import STEPS
from logwatcher.core.kept import ALL, Kept
from logwatcher.core.retention import Limits
from logwatcher.store import packed
from logwatcher.store.database import READER, WRITER, atomic, connection, lock
from logwatcher.store.models import Stock

REQUESTS = 0
"""The kind of raw requests; that of buckets is their step."""

# Bytes of a row beside its blobs and texts, its part of the indexes included; measured, see
# benchmarks/retention.py.
_ROW = {"sqlite": {"bucket": 37, "request": 50}, "postgresql": {"bucket": 130, "request": 150}}
_CHUNK = 1.25  # bytes on disk per byte of a chunk: the ends of pages stay empty
_PACKED = "LENGTH(endpoints) + LENGTH(ids) + LENGTH(keys) + LENGTH(rest)"
_TEXTS = "LENGTH(path) + LENGTH(error_type) + LENGTH(error_message) + LENGTH(client)"
_SINCE = (
    "INSERT INTO logwatcher_stock (step, since, number, size, measured_us)"
    " VALUES (%s, %s, 0, 0, 0) ON CONFLICT (step) DO UPDATE SET since = excluded.since"
)
_MEASURED = (
    "INSERT INTO logwatcher_stock (step, since, number, oldest, size, measured_us)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (step) DO UPDATE SET number = excluded.number,"
    " oldest = excluded.oldest, size = excluded.size, measured_us = excluded.measured_us"
)


class Amount(NamedTuple):
    """How many requests or buckets, the oldest one's time in seconds, their bytes on disk."""

    number: int = 0
    oldest: int | None = None
    size: int = 0


def kept(using: str = WRITER) -> Kept:
    """Since when each kind is kept."""
    since = dict(Stock.objects.using(using).values_list("step", "since"))
    return _kept(since)


def measured(using: str = READER) -> dict[int, tuple[Amount, int]]:
    """Each kind's amount when it was measured last, and when that was, µs."""
    rows = Stock.objects.using(using).exclude(measured_us=0)
    return {row.step: (Amount(row.number, row.oldest, row.size), row.measured_us) for row in rows}


def advance(limits: Limits, now: int) -> Kept:
    """Say since when each kind is kept from now on; only then what is older may be deleted."""
    with connection.cursor() as cursor:
        requests = _fitting(cursor, limits.requests_bytes, now)
    with atomic(), connection.cursor() as cursor:
        lock()
        before = kept()
        after = retention.kept(limits, requests, before, now)
        if after != before:
            cursor.executemany(_SINCE, list(_by_kind(after).items()))
    return after


def measure() -> None:
    """Count all there is; as long as it takes, nobody waits for it."""
    with connection.cursor() as cursor:
        amounts = {**_buckets(cursor), REQUESTS: _requests(cursor)}
    now_us = time.time_ns() // 1000
    with atomic(), connection.cursor() as cursor:
        lock()
        since = _by_kind(kept())
        rows = [
            (kind, since[kind], *_shown(amounts.get(kind, Amount()), since[kind]), now_us)
            for kind in (REQUESTS, *STEPS)
        ]
        cursor.executemany(_MEASURED, rows)


def _shown(of: Amount, since: int) -> Amount:
    """What is older is packed with what is not, and hidden."""
    return of if of.oldest is None else of._replace(oldest=max(of.oldest, since))


def _kept(since: Mapping[int, int]) -> Kept:
    return Kept(
        since.get(REQUESTS, ALL.requests), tuple(since.get(step, ALL.since) for step in STEPS)
    )


def _by_kind(of: Kept) -> dict[int, int]:
    return {REQUESTS: of.requests, **dict(zip(STEPS, of.steps, strict=True))}


def _fitting(cursor: CursorWrapper, limit: int | None, now: int) -> int:
    """Since when raw requests, the newest first, take no more room; seconds, ``now`` at most."""
    if limit is None:
        return ALL.requests
    room = limit - _rows(cursor).size
    cursor.execute(f"SELECT id, last_us, {_PACKED} FROM logwatcher_pack")
    now_us = now * 1_000_000
    found = [
        (last_us if last_us <= now_us else packed.last_until(cursor, pack, now_us), size)
        for pack, last_us, size in cursor.fetchall()
    ]
    for last_us, size in sorted(found, reverse=True):
        room -= size
        if room < 0:
            since: int = min(last_us // 1_000_000 + 1, now)
            return since
    return ALL.requests


def _requests(cursor: CursorWrapper) -> Amount:
    rows = _rows(cursor)
    cursor.execute(
        f"SELECT COALESCE(SUM(number), 0), MIN(first_us), COALESCE(SUM({_PACKED}), 0)"
        " FROM logwatcher_pack"
    )
    number, first_us, size = cursor.fetchone()
    oldest = [rows.oldest] if first_us is None else [rows.oldest, first_us // 1_000_000]
    return Amount(
        rows.number + int(number),
        min((time for time in oldest if time is not None), default=None),
        rows.size + int(size),
    )


def _rows(cursor: CursorWrapper) -> Amount:
    """Those requests that aren't packed; 10,000 of them at most."""
    cursor.execute(
        f"SELECT COUNT(*), MIN(time_us), COALESCE(SUM({_TEXTS}), 0) FROM logwatcher_request"
    )
    number, first_us, size = cursor.fetchone()
    oldest = None if first_us is None else first_us // 1_000_000
    return Amount(number, oldest, int(size) + number * _ROW[connection.vendor]["request"])


def _buckets(cursor: CursorWrapper) -> dict[int, Amount]:
    blobs = "LENGTH(totals) + LENGTH(cells)"
    sums = "LENGTH(sum_totals) + LENGTH(sum_cells)"
    cursor.execute(
        f"SELECT step, COUNT(*), MIN(start), SUM({blobs}), COUNT(*) FROM logwatcher_bucket"
        f" GROUP BY step UNION ALL"
        f" SELECT step, SUM(number), MIN(start), {_CHUNK} * SUM({blobs} + {sums}), 0"
        " FROM logwatcher_chunk GROUP BY step"
    )
    found: dict[int, Amount] = {}
    for step, number, oldest, size, rows in cursor.fetchall():
        before = found.get(step, Amount(oldest=oldest))
        found[step] = Amount(
            before.number + int(number),
            min(before.oldest or oldest, oldest),
            before.size + int(size) + rows * _ROW[connection.vendor]["bucket"],
        )
    return found
