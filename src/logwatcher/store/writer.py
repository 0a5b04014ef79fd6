"""One commit: raw requests, bucket rows at every step, positions and the next revision."""

import json
import time
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from logwatcher.core.block import Block, to_block
from logwatcher.core.buckets import STEPS, Endpoint
from logwatcher.core.event import Batch, Finished, Position
from logwatcher.core.route import OTHER, admit
from logwatcher.store import bucket, claim, inputs, request
from logwatcher.store.database import atomic, connection, lock
from logwatcher.store.models import Head

KEPT_REVISIONS = 20_000
"""How many commits back a reader may ask what changed."""
KEPT_KEYS_US = 24 * 3600 * 1_000_000
"""For so long a batch that is sent again is known by its key."""
MAX_RANGES = 50
"""A commit that touched more separate times than this says only its first and last."""

_CACHE_KB = 32_768
_CHECKPOINT_PAGES = 16_000  # of 4 kB


class _SomeRefused(Exception):
    """Some of the batches are not to be committed; holds the others."""

    def __init__(self, others: Sequence[Batch]) -> None:
        self.others = others
        super().__init__(f"only {len(others)} are to be committed")


def write(batches: Sequence[Batch]) -> int:
    """Commit all of these batches, or on an error none of them.

    Those are left out whose key was committed before, or whose log another process follows now.

    Returns:
        The new revision's number; without any event, the newest one's.
    """
    while True:
        try:
            return _write(batches)
        except _SomeRefused as refused:
            batches = refused.others


def _write(batches: Sequence[Batch]) -> int:
    """Commit them; rare as refused batches are, all is made ready before the lock is taken.

    Raises:
        _SomeRefused: nothing was committed.
    """
    blocks = {
        source: to_block([event for batch in group for event in batch.events])
        for source, group in groupby(sorted(batches, key=_source), _source)
    }
    positions = {batch.position.path: batch.position for batch in batches if batch.position}
    with atomic(), connection.cursor() as cursor:
        lock()
        if len(allowed := claim.allowed(batches)) < len(batches):
            raise _SomeRefused(allowed)
        _save_keys(cursor, batches)
        for source, block in blocks.items():
            _add(cursor, source, block)
        for position in positions.values():
            _save_position(cursor, position)
        for batch in batches:
            if batch.finished:
                _insert_progress(cursor, _all_of(batch.finished, batch.source))
        inputs.save(cursor, batches)
        if not any(block.number for block in blocks.values()):  # nothing that a view shows
            return Head.objects.get().revision
        return commit_revision(
            cursor, ranges(start for block in blocks.values() for start in block.starts)
        )


class Overtaken(Exception):
    """Somebody else has imported the same file meanwhile; nothing was committed."""


class Progress(NamedTuple):
    """How far a file has been imported; the fields are those of ``models.Import``.

    Attributes:
        key: chosen at the first commit.
        head: digest of the file's first ``head_size`` bytes, decompressed like all that follows.
        head_size: see ``head``.
        tail: digest of the ``tail_size`` bytes before ``offset``.
        tail_size: see ``tail``.
        offset: bytes imported, up to the end of a line.
        size: bytes on disk once all of it is imported, else 0.
        source: which the requests were given to.
        format: as ``--format`` takes it.
        path: its name when it was opened.
        matched: lines that became requests.
        rejected: lines that didn't.
    """

    key: str
    head: bytes
    head_size: int
    tail: bytes
    tail_size: int
    offset: int
    size: int
    source: str
    format: str
    path: str
    matched: int
    rejected: int


def expect_blocks() -> None:
    """Give SQLite what many large commits need: a larger cache, rarer checkpoints."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")


def write_block(
    source: str, block: Block, progress: Progress | None = None, before: Progress | None = None
) -> int:
    """Commit a block and how far its file has been imported with it.

    Args:
        source: of the events.
        block: its buckets are only added here, so that others can make blocks meanwhile.
        progress: saved with them; None for what can't be read again.
        before: the progress that this one follows; None if it is the file's first.

    Returns:
        The new revision's number.

    Raises:
        Overtaken: ``before`` is not what the store has.
    """
    with atomic(), connection.cursor() as cursor:
        lock()
        if progress:
            _save_progress(cursor, progress, before)
        _add(cursor, source, block)
        return commit_revision(cursor, ranges(block.starts))


def save_progress(progress: Progress, before: Progress) -> None:
    """Save what is known of a file without new requests. Raises Overtaken."""
    with atomic(), connection.cursor() as cursor:
        lock()
        _save_progress(cursor, progress, before)


def ranges(starts: Iterable[int]) -> list[tuple[int, int]]:
    """The fewest ``[start, end)`` that cover these smallest buckets, at most ``MAX_RANGES``."""
    step = STEPS[0]
    result: list[tuple[int, int]] = []
    for start in sorted(set(starts)):
        if result and result[-1][1] == start:
            result[-1] = (result[-1][0], start + step)
        else:
            result.append((start, start + step))
    if len(result) > MAX_RANGES:
        return [(result[0][0], result[-1][1])]
    return result


def commit_revision(cursor: CursorWrapper, changed: list[tuple[int, int]]) -> int:
    """Record what this transaction changed as the next revision; call it once, under ``lock``."""
    cursor.execute("UPDATE logwatcher_head SET revision = revision + 1")
    cursor.execute("SELECT revision, last_request FROM logwatcher_head")
    revision, last_request = cursor.fetchone()
    cursor.execute(
        "INSERT INTO logwatcher_revision (number, last_request, changed) VALUES (%s, %s, %s)",
        [revision, last_request, json.dumps(changed, separators=(",", ":"))],
    )
    cursor.execute(
        "DELETE FROM logwatcher_revision WHERE number <= %s", [revision - KEPT_REVISIONS]
    )
    number: int = revision
    return number


def _save_keys(cursor: CursorWrapper, batches: Sequence[Batch]) -> None:
    """Raises _SomeRefused if one was there."""
    if not any(batch.key for batch in batches):
        return
    now_us = time.time_ns() // 1000
    cursor.execute("DELETE FROM logwatcher_receipt WHERE time_us < %s", [now_us - KEPT_KEYS_US])
    fresh = []
    for batch in batches:
        if batch.key:
            cursor.execute(
                "INSERT INTO logwatcher_receipt (key, time_us) VALUES (%s, %s)"
                " ON CONFLICT (key) DO NOTHING",
                [batch.key, now_us],
            )
        if not batch.key or cursor.rowcount:
            fresh.append(batch)
    if len(fresh) < len(batches):
        raise _SomeRefused(fresh)


def _add(cursor: CursorWrapper, source: str, block: Block) -> None:
    """Insert the requests, add the buckets."""
    source_id = _source_id(cursor, source)
    if not block.number:
        return
    endpoints = [Endpoint(source, *endpoint) for endpoint in block.endpoints]
    rows = _endpoint_ids(cursor, source_id, endpoints, block.succeeded)
    ids = [rows[endpoint] for endpoint in endpoints]
    request.insert(cursor, block, ids)
    bucket.add(cursor, block, ids)


def _source(batch: Batch) -> str:
    return batch.source


def _source_id(cursor: CursorWrapper, name: str) -> int:
    cursor.execute(
        "INSERT INTO logwatcher_source (name) VALUES (%s) ON CONFLICT (name) DO NOTHING", [name]
    )
    cursor.execute("SELECT id FROM logwatcher_source WHERE name = %s", [name])
    source_id: int = cursor.fetchone()[0]
    return source_id


def _endpoint_ids(
    cursor: CursorWrapper, source_id: int, endpoints: Sequence[Endpoint], succeeded: set[str]
) -> dict[Endpoint, int]:
    """The row of each endpoint, made if new; those of one route too many share a row."""
    known = _known_endpoints(cursor, source_id)
    routes = {endpoint.route for endpoint in endpoints} - {""}
    admitted = admit(sorted(routes), {route for _, route in known} - {"", OTHER}, succeeded)
    admitted[""] = ""
    rows = {endpoint: (endpoint.method, admitted[endpoint.route]) for endpoint in endpoints}
    if missing := [row for row in dict.fromkeys(rows.values()) if row not in known]:
        cursor.executemany(
            "INSERT INTO logwatcher_endpoint (source_id, method, route) VALUES (%s, %s, %s)",
            [(source_id, *row) for row in missing],
        )
        known = _known_endpoints(cursor, source_id)
    return {endpoint: known[row] for endpoint, row in rows.items()}


def _known_endpoints(cursor: CursorWrapper, source_id: int) -> dict[tuple[str, str], int]:
    cursor.execute(
        "SELECT method, route, id FROM logwatcher_endpoint WHERE source_id = %s", [source_id]
    )
    return {(method, route): row_id for method, route, row_id in cursor.fetchall()}


def _save_position(cursor: CursorWrapper, position: Position) -> None:
    cursor.execute(
        'INSERT INTO logwatcher_fileposition (path, device, inode, "offset", fingerprint)'
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (path) DO UPDATE SET"
        " device = excluded.device, inode = excluded.inode,"
        ' "offset" = excluded."offset", fingerprint = excluded.fingerprint',
        list(position),
    )


def _save_progress(cursor: CursorWrapper, progress: Progress, before: Progress | None) -> None:
    """Raises Overtaken."""
    if before and before.key == progress.key:
        names = ", ".join(f'"{name}" = %s' for name in Progress._fields)
        cursor.execute(
            f'UPDATE logwatcher_import SET {names} WHERE key = %s AND "offset" = %s',
            [*progress, before.key, before.offset],
        )
        if not cursor.rowcount:
            raise Overtaken
        return
    if not _insert_progress(cursor, progress):
        raise Overtaken


def _insert_progress(cursor: CursorWrapper, progress: Progress) -> bool:
    """Returns False if there is one with this key."""
    names = ", ".join(f'"{name}"' for name in Progress._fields)
    cursor.execute(
        f"INSERT INTO logwatcher_import ({names})"
        f" VALUES ({', '.join(['%s'] * len(progress))}) ON CONFLICT (key) DO NOTHING",
        list(progress),
    )
    return bool(cursor.rowcount)


def _all_of(file: Finished, source: str) -> Progress:
    """As if it had been imported; the same each time it is said."""
    content = file.head + file.tail + b"%d" % file.offset
    return Progress(
        key=blake2b(content, digest_size=16).hexdigest(),
        source=source,
        format="",  # found out anew, should there be more of it
        matched=1,  # or more
        rejected=0,
        **file._asdict(),
    )
