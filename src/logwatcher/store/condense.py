"""Puts buckets that nothing is added to any more into chunks, so briefly that no writer notices."""

from collections.abc import Iterator

from logwatcher.core.buckets import STEPS
from logwatcher.core.chunk import MIN_BUCKETS, most
from logwatcher.store import bucket
from logwatcher.store.database import connection
from logwatcher.store.sweep import Held

ROWS_S = {5: 600, 60: 4000, 3600: 2 * 86_400}
"""So long after their end buckets of each step stay rows.

Requests may still come for them; later ones are rows beside a chunk. And the windows that are
looked at most, those up to now, are read of rows: the last day's hours, the last hour's minutes.
"""


def condense(now: int) -> Iterator[float]:
    """Make chunks of all rows there are enough of, one before each ``yield``.

    What readers see doesn't change.

    Yields:
        How long writers have waited, seconds.
    """
    held = Held()
    for step in STEPS:
        last = now - step - ROWS_S[step]
        for endpoint in _with_many(step, last):
            while _condense(held, endpoint, step, last):
                yield held.seconds


def _with_many(step: int, last: int) -> list[int]:
    """The endpoints with enough rows that start no later than ``last``.

    All of them together stay rows of the coarsest step: they are few, and large, and a chart of 30
    days wants them all.
    """
    which = "" if step < STEPS[-1] else "route <> '' AND"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT endpoint_id FROM logwatcher_bucket b JOIN logwatcher_endpoint e"
            f" ON e.id = b.endpoint_id WHERE {which} step = %s AND start <= %s"
            " GROUP BY endpoint_id HAVING COUNT(*) >= %s",
            [step, last, MIN_BUCKETS],
        )
        return [endpoint for (endpoint,) in cursor.fetchall()]


def _condense(held: Held, endpoint: int, step: int, last: int) -> bool:
    """The oldest of an endpoint; False: there are too few."""
    with held.lock() as cursor:
        cursor.execute(
            "SELECT endpoint_id, start, totals, cells FROM logwatcher_bucket"
            " WHERE endpoint_id = %s AND step = %s AND start <= %s ORDER BY start LIMIT %s",
            [endpoint, step, last, most(step)],
        )
        rows = cursor.fetchall()
        if len(rows) < MIN_BUCKETS:
            return False
        bucket.insert_chunk(cursor, endpoint, step, rows)
        cursor.execute(
            "DELETE FROM logwatcher_bucket WHERE endpoint_id = %s AND step = %s AND start <= %s",
            [endpoint, step, rows[-1][1]],
        )
    return True
