"""A database of its own right, looked into without Django: of a server, of other processes."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection

from logwatcher.core.aggregate import Aggregate
from logwatcher.core.buckets import BucketKey, Endpoint, fill
from logwatcher.core.event import Event

Rows = list[tuple[Any, ...]]  # Any: what SQL gives


def url_of_tests() -> str:
    """The database that tests use through Django, for processes that are to share it."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def query(url: str, sql: str) -> Rows:
    """All rows, in a transaction of their own."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as sqlite:
            return sqlite.execute(sql).fetchall()
    with psycopg.connect(url) as postgres:
        return postgres.execute(sql.encode()).fetchall()


def execute(url: str, sql: str) -> None:
    """Change something as no process of ours would."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as sqlite, sqlite:
            sqlite.execute(sql)
        return
    with psycopg.connect(url) as postgres:
        postgres.execute(sql.encode())


def count_requests(url: str) -> int:
    """How many requests are stored."""
    number: int = query(url, "SELECT COUNT(*) FROM logwatcher_request")[0][0]
    return number


def assert_consistent(url: str) -> int:
    """Every bucket at every step is a recount of the stored requests; revisions have no gap.

    Returns:
        How many requests there are.
    """
    requests = query(
        url,
        "SELECT s.name, r.time_us, e.method, r.path, e.route, r.status, r.duration_us, r.size"
        " FROM logwatcher_request r JOIN logwatcher_endpoint e ON e.id = r.endpoint_id"
        " JOIN logwatcher_source s ON s.id = e.source_id ORDER BY s.name",
    )
    buckets = query(
        url,
        "SELECT s.name, e.method, e.route, b.step, b.start, b.totals, b.cells"
        " FROM logwatcher_bucket b JOIN logwatcher_endpoint e ON e.id = b.endpoint_id"
        " JOIN logwatcher_source s ON s.id = e.source_id",
    )
    stored = {
        BucketKey(Endpoint(*endpoint), step, start): Aggregate(bytes(totals), bytes(cells))
        for *endpoint, step, start, totals, cells in buckets
    }
    assert stored == _recount(requests)
    numbers = [number for (number,) in query(url, "SELECT number FROM logwatcher_revision")]
    ((newest, last_request),) = query(url, "SELECT revision, last_request FROM logwatcher_head")
    assert sorted(numbers) == list(range(newest - len(numbers) + 1, newest + 1))
    assert query(url, "SELECT COALESCE(MAX(id), 0) FROM logwatcher_request") == [(last_request,)]
    return len(requests)


def _recount(requests: Iterable[tuple[Any, ...]]) -> dict[BucketKey, Aggregate]:
    buckets: dict[BucketKey, Aggregate] = {}
    for source, rows in groupby(requests, lambda row: str(row[0])):
        buckets |= fill(source, [Event(*row[1:]) for row in rows])
    return buckets
