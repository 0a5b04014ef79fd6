"""The 20 busiest endpoints with their p95, out of a month of requests.

Raw: one GROUP BY with percentile_cont over rows in PostgreSQL, found by an index on their time.
"""

from functools import partial

from benchmarks import stored
from benchmarks.bench import Bench
from benchmarks.figure import Figure, Limit
from benchmarks.stored import NOW, Stored, ask, ask_raw, at
from logwatcher.core.view import View
from logwatcher.core.window import window_of

MOST_MS = {"24h": 40.0, "30d": 150.0}
GROUPED = """
SELECT method, route, count(*),
       count(*) FILTER (WHERE status BETWEEN 400 AND 499), count(*) FILTER (WHERE status >= 500),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY duration)
FROM raw WHERE time >= %s AND time < %s GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20
"""


def measure(bench: Bench) -> list[Figure]:
    """On both of our databases, for both ranges."""
    of = stored.stored(bench)
    return [figure for name in MOST_MS for figure in _measure(bench, of, name)]


def _measure(bench: Bench, of: Stored, name: str) -> list[Figure]:
    window = window_of(View(range=name), NOW - 1)
    grouped = [(GROUPED, (at(window.start), at(window.end)))]
    sqlite, postgres, raw = bench.alternate(
        partial(ask, of.sqlite, "endpoints", name),
        partial(ask, of.postgres, "endpoints", name) if of.postgres else None,
        partial(ask_raw, of.raw, grouped) if of.raw else None,
    )
    limit = Limit(at_most=MOST_MS[name])
    return [
        Figure(f"{name}, {database}", "ms", ours, "GROUP BY", raw, limit)
        for database, ours in (("SQLite", sqlite), ("PostgreSQL", postgres))
    ]
