"""About 60 points with requests, errors, p50, p95 and p99, out of a month of requests.

Raw: one GROUP BY with percentile_cont over rows in PostgreSQL, found by an index on their time.
Per point: the three COUNTs of each point, without any quantile.
"""

from functools import partial

from benchmarks import stored
from benchmarks.bench import Bench
from benchmarks.figure import Figure, Limit
from benchmarks.stored import NOW, Params, Stored, ask, ask_raw, at
from logwatcher.core.view import View
from logwatcher.core.window import Window, window_of

TIMES = 100.0
MOST_MS = {"24h": 5.0, "30d": 30.0}
GROUPED = """
SELECT date_bin(%s * interval '1 second', time, 'epoch'), count(*),
       count(*) FILTER (WHERE status BETWEEN 400 AND 499), count(*) FILTER (WHERE status >= 500),
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration)
FROM raw WHERE time >= %s AND time < %s GROUP BY 1 ORDER BY 1
"""
COUNT = "SELECT count(*) FROM raw WHERE time >= %s AND time < %s"
COUNTS = (COUNT, f"{COUNT} AND status BETWEEN 400 AND 499", f"{COUNT} AND status >= 500")


def measure(bench: Bench) -> list[Figure]:
    """On both of our databases, for both ranges."""
    of = stored.stored(bench)
    return [figure for name in MOST_MS for figure in _measure(bench, of, name)]


def _measure(bench: Bench, of: Stored, name: str) -> list[Figure]:
    window = window_of(View(range=name), NOW - 1)
    grouped = [(GROUPED, (window.step, at(window.start), at(window.end)))]
    sqlite, postgres, raw, counts = bench.alternate(
        partial(ask, of.sqlite, "series", name),
        partial(ask, of.postgres, "series", name) if of.postgres else None,
        partial(ask_raw, of.raw, grouped) if of.raw else None,
        partial(ask_raw, of.raw, _counts(window)) if of.raw else None,
    )
    limit = Limit(TIMES, MOST_MS[name])
    return [
        Figure(f"{name}, {database}", "ms", ours, peer, theirs, limit)
        for database, ours in (("SQLite", sqlite), ("PostgreSQL", postgres))
        for peer, theirs in (("GROUP BY", raw), ("a query per point", counts))
    ]


def _counts(window: Window) -> list[tuple[str, Params]]:
    starts = range(window.start, window.end, window.step)
    return [(sql, (at(start), at(start + window.step))) for start in starts for sql in COUNTS]
