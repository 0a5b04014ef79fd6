"""Packed requests, looked for by time, endpoint and status."""

from collections.abc import Iterator
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from django.db.backends.utils import CursorWrapper

from logwatcher.core.aggregate import Groups
from logwatcher.core.pack import Value, keys_of, rest_of, unpack_numbers, unpack_steps
from logwatcher.store.database import fetch


class Wanted(NamedTuple):
    """Which requests.

    Attributes:
        start_us: the first time.
        end_us: the first time after them.
        statuses: the first and last.
        endpoints: the rows of their endpoints; None for all.
    """

    start_us: int
    end_us: int
    statuses: tuple[int, int]
    endpoints: Groups | None = None


class Place(NamedTuple):
    """Where in order a request stands, and in which pack.

    Attributes:
        time_us: first of the order.
        id: of the request; second of the order.
        endpoint: its row.
        status: its own.
        pack: the pack's id.
        at: its place in the pack.
    """

    time_us: int
    id: int
    endpoint: int
    status: int
    pack: int
    at: int


class _Keys(NamedTuple):
    """What a pack's requests are looked for by, their ids and the rows of their endpoints."""

    time_us: Groups
    endpoint: Groups
    status: Groups
    id: Groups

    def select(self, chosen: Any) -> "_Keys":  # Any: whatever an array is indexed by
        return _Keys(*(column[chosen] for column in self))


def newest(cursor: CursorWrapper, wanted: Wanted, before: list[int], limit: int) -> list[Place]:
    """The newest of them, from the one ``before`` (time and id; empty: all) on backwards."""
    end_us = min(wanted.end_us, before[0] + 1) if before else wanted.end_us
    cursor.execute(
        "SELECT id, last_us FROM logwatcher_pack WHERE last_us >= %s AND first_us < %s"
        " ORDER BY last_us DESC",
        [wanted.start_us, end_us],
    )
    found: list[Place] = []
    for pack, last_us in cursor.fetchall():
        if len(found) == limit and last_us < found[-1].time_us:
            break
        keys, index = _matching(cursor, pack, wanted)
        if before:
            is_before = ~_is_from(keys, *before)
            keys, index = keys.select(is_before), index[is_before]
        found += _places(pack, keys.select(slice(-limit, None)), index[-limit:])
        found = sorted(found, reverse=True)[:limit]
    return found


def oldest(cursor: CursorWrapper, wanted: Wanted, start: list[int], limit: int) -> list[Place]:
    """The oldest of them from ``start`` (time and id) on, that one included."""
    cursor.execute(
        "SELECT id, first_us FROM logwatcher_pack WHERE last_us >= %s AND first_us < %s"
        " ORDER BY first_us",
        [max(wanted.start_us, start[0]), wanted.end_us],
    )
    found: list[Place] = []
    for pack, first_us in cursor.fetchall():
        if len(found) == limit and first_us > found[-1].time_us:
            break
        keys, index = _matching(cursor, pack, wanted)
        is_after = _is_from(keys, *start)
        keys, index = keys.select(is_after), index[is_after]
        found += _places(pack, keys.select(slice(None, limit)), index[:limit])
        found = sorted(found)[:limit]
    return found


def by_id(cursor: CursorWrapper, request_id: int) -> list[Place]:
    """The request with this id, if it is packed."""
    cursor.execute(
        "SELECT id FROM logwatcher_pack WHERE id <= %s AND last_id >= %s",
        [request_id, request_id],
    )
    for (pack,) in cursor.fetchall():
        keys = _keys(cursor, pack)
        index = np.flatnonzero(keys.id == request_id)
        if len(index):
            return _places(pack, keys.select(index), index)
    return []


def count(cursor: CursorWrapper, wanted: Wanted, after: int, last: int) -> tuple[int, int | None]:
    """How many of them have an id above ``after``, up to ``last``; the latest one's time."""
    cursor.execute(
        "SELECT id FROM logwatcher_pack WHERE last_id > %s AND id <= %s"
        " AND last_us >= %s AND first_us < %s",
        [after, last, wanted.start_us, wanted.end_us],
    )
    number, latest = 0, None
    for (pack,) in cursor.fetchall():
        keys, _ = _matching(cursor, pack, wanted)
        times = keys.time_us[(keys.id > after) & (keys.id <= last)]
        if len(times):
            number += len(times)
            latest = max(latest or 0, int(times[-1]))
    return number, latest


def last_until(cursor: CursorWrapper, pack: int, now_us: int) -> int:
    """The time of a pack's latest request that isn't ahead of now; ``now_us`` if all are."""
    times = _keys(cursor, pack).time_us
    return int(times[times <= now_us].max(initial=0)) or now_us


def rests(cursor: CursorWrapper, places: list[Place]) -> Iterator[tuple[Place, tuple[Value, ...]]]:
    """What else is stored of these requests, pack by pack."""
    for pack, of in groupby(sorted(places, key=attrgetter("pack")), attrgetter("pack")):
        group = list(of)
        [(data,)] = fetch(cursor, "SELECT rest FROM logwatcher_pack WHERE id = %s", [pack])
        rest = rest_of(data, [place.at for place in group])
        yield from zip(group, rest, strict=True)


def _keys(cursor: CursorWrapper, pack: int) -> _Keys:
    sql = "SELECT endpoints, ids, keys FROM logwatcher_pack WHERE id = %s"
    [(endpoints, ids, data)] = fetch(cursor, sql, [pack])
    keys = keys_of(data)
    rows = unpack_numbers(endpoints)[keys.endpoint]
    return _Keys(keys.time_us, rows, keys.status, unpack_steps(ids))


def _matching(cursor: CursorWrapper, pack: int, wanted: Wanted) -> tuple[_Keys, Groups]:
    """The keys of those that are wanted, in order of time and id, and their places."""
    keys = _keys(cursor, pack)
    first, last = wanted.statuses
    is_wanted = (keys.time_us >= wanted.start_us) & (keys.time_us < wanted.end_us)
    is_wanted &= (keys.status >= first) & (keys.status <= last)
    if wanted.endpoints is not None:
        is_wanted &= np.isin(keys.endpoint, wanted.endpoints)
    index = np.flatnonzero(is_wanted)
    return keys.select(index), index


def _is_from(keys: _Keys, time_us: int, request_id: int) -> Any:  # Any: an array of bool
    is_same = keys.time_us == time_us
    return (keys.time_us > time_us) | (is_same & (keys.id >= request_id))


def _places(pack: int, keys: _Keys, index: Groups) -> list[Place]:
    columns = (keys.time_us, keys.id, keys.endpoint, keys.status)
    rows = zip(*(column.tolist() for column in columns), repeat(pack), index.tolist(), strict=False)
    return list(map(Place._make, rows))
