"""Raw requests in the store: the newest few as rows, all others packed."""

from collections.abc import Sequence

import numpy as np
from django.db.backends.utils import CursorWrapper

from logwatcher.core.aggregate import Groups
from logwatcher.core.block import Block
from logwatcher.core.pack import FIELDS, MAX_PACKED, Pack, pack, pack_numbers, pack_steps

COLUMNS = ", ".join("endpoint_id" if field == "endpoint" else field for field in FIELDS)
"""``FIELDS`` as SQL names them."""

_LOOK_EVERY = 1000  # ids: counting the rows at each commit would cost as much as inserting them
_PACK = "id, last_id, first_us, last_us, number, endpoints, ids, keys, rest"


def insert(cursor: CursorWrapper, block: Block, endpoints: Sequence[int]) -> None:
    """Insert what the block has of its requests; ``endpoints`` are the rows of the block's.

    Under the lock.
    """
    if not block.rows and not block.packs:
        return
    first = _reserve(cursor, block.number)
    if block.rows:
        marks = ", ".join(["%s"] * (1 + len(FIELDS)))
        cursor.executemany(
            f"INSERT INTO logwatcher_request (id, {COLUMNS}) VALUES ({marks})",
            [
                (number, time_us, endpoints[endpoint], *others)
                for number, (time_us, endpoint, *others) in enumerate(block.rows, first)
            ],
        )
        if first // _LOOK_EVERY != (first + block.number) // _LOOK_EVERY:
            _pack_rows(cursor)
    for one in block.packs:
        ids = np.arange(first, first + one.number)
        _insert_pack(cursor, one, ids, np.array(endpoints, np.int64))
        first += one.number


def _reserve(cursor: CursorWrapper, number: int) -> int:
    """The first of so many ids that nobody else gets."""
    cursor.execute("UPDATE logwatcher_head SET last_request = last_request + %s", [number])
    cursor.execute("SELECT last_request FROM logwatcher_head")
    last: int = cursor.fetchone()[0]
    return last - number + 1


def _pack_rows(cursor: CursorWrapper) -> None:
    """Pack the rows if there are enough of them."""
    cursor.execute("SELECT COUNT(*) FROM logwatcher_request")
    if cursor.fetchone()[0] < MAX_PACKED:
        return
    cursor.execute(f"SELECT {COLUMNS}, id FROM logwatcher_request ORDER BY time_us, id")
    times, endpoint, *others, ids = zip(*cursor.fetchall(), strict=True)
    endpoints, numbers = np.unique(np.array(endpoint, np.int64), return_inverse=True)
    first = 0
    for one in pack([times, numbers.tolist(), *others]):
        _insert_pack(cursor, one, np.array(ids[first : first + one.number], np.int64), endpoints)
        first += one.number
    cursor.execute("DELETE FROM logwatcher_request")


def _insert_pack(cursor: CursorWrapper, one: Pack, ids: Groups, endpoints: Groups) -> None:
    cursor.execute(
        f"INSERT INTO logwatcher_pack ({_PACK}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            int(ids.min()),
            int(ids.max()),
            one.first_us,
            one.last_us,
            one.number,
            pack_numbers(endpoints),
            pack_steps(ids),
            one.keys,
            one.rest,
        ],
    )
