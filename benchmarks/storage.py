"""Bytes on disk per request, of a month of requests: those of the requests, and of the buckets.

Buckets are kept as the default limits say: of 5 s for 2 days, of a minute and an hour for all 30.
Raw: a row per request in PostgreSQL with the same fields and an index on its time.
"""

from collections.abc import Sequence

from benchmarks import stored
from benchmarks.bench import Bench
from benchmarks.figure import Figure, Limit
from tests import database

REQUESTS = ["logwatcher_request", "logwatcher_pack"]
BUCKETS = ["logwatcher_bucket", "logwatcher_chunk"]
RAW = ["raw"]
MOST = Limit(at_most=100)
MOST_OF_BUCKETS = Limit(at_most=5)
SQLITE = """
SELECT SUM(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN
    (SELECT name FROM sqlite_schema WHERE tbl_name = '{table}')
"""
POSTGRES = "SELECT pg_total_relation_size('{table}')"


def measure(bench: Bench) -> list[Figure]:
    """On both of our databases; nothing varies from round to round."""
    of = stored.stored(bench)
    raw = [size(of.raw, RAW) / of.number] if of.raw else []
    figures = []
    for name, url in (("SQLite", of.sqlite), ("PostgreSQL", of.postgres)):
        if url:
            requests, buckets = ([size(url, what) / of.number] for what in (REQUESTS, BUCKETS))
            figures += [
                Figure(f"requests, {name}", "bytes", requests, "raw rows", raw, MOST),
                Figure(f"buckets, {name}", "bytes", buckets, "raw rows", raw, MOST_OF_BUCKETS),
            ]
    return figures


def size(url: str, tables: Sequence[str]) -> int:
    """Bytes of these tables and their indexes."""
    sql = SQLITE if url.startswith("sqlite") else POSTGRES
    found = [database.query(url, sql.format(table=table)) for table in tables]
    return sum(int(rows[0][0]) for rows in found)
