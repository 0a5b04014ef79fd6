"""A database of its own right, looked into without Django: of a server, of other processes."""

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from django.db import connection

from logwatcher.core.aggregate import Aggregate, merge_by_key
from logwatcher.core.buckets import STEPS, Endpoint
from logwatcher.core.chunk import Packed
from logwatcher.core.event import Event
from logwatcher.core.pack import FIELDS, keys_of, rest_of, unpack_numbers, unpack_steps
from tests.counting import BucketKey, fill, unpacked
from tests.server import PROGRAM

Rows = list[tuple[Any, ...]]  # Any: what SQL gives


@contextmanager
def maker(folder: Path, template: str = "") -> Iterator[Callable[[], str]]:
    """Makes databases beside that of the tests, or files; each empty, or a store like another one.

    Args:
        folder: where files go.
        template: the URL of the other one, to which nobody is connected.
    """
    names: list[str] = []
    url = os.environ["DATABASE_URL"]

    def make() -> str:
        name = f"logwatcher_{uuid4().hex}"
        if url.startswith("sqlite"):
            made = f"sqlite:///{folder / name}.sqlite3"
            if template:
                shutil.copyfile(_file(template), _file(made))
        else:
            made = _named(url, name)
            names.append(name)
            of = f" TEMPLATE {urlsplit(template).path[1:]}" if template else ""
            with psycopg.connect(url, autocommit=True) as server:
                server.execute(f"CREATE DATABASE {name}{of}".encode())
        if template:  # another store, though it looks the same
            own_id = secrets.token_hex(4)
            execute(made, f"UPDATE logwatcher_head SET store = '{own_id}'")  # noqa: S608 - hex digits
        return made

    yield make
    if names:
        with psycopg.connect(url, autocommit=True) as server:
            for name in names:
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def migrated(url: str) -> str:
    """The same one, once it has its tables."""
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run([PROGRAM, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return url


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def url_of_tests() -> str:
    """The database that tests use through Django, for processes that are to share it."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return _named(os.environ["DATABASE_URL"], name)


def query(url: str, sql: str) -> Rows:
    """All rows, in a transaction of their own."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_file(url), timeout=10)) as sqlite:
            return sqlite.execute(sql).fetchall()
    with psycopg.connect(url) as postgres:
        return postgres.execute(sql.encode()).fetchall()


def execute(url: str, sql: str) -> None:
    """Change something as no process of ours would."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_file(url), timeout=10)) as sqlite, sqlite:
            sqlite.execute(sql)
        return
    with psycopg.connect(url) as postgres:
        postgres.execute(sql.encode())


def is_locked(url: str) -> bool:
    """Whether somebody is writing to it."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_file(url), timeout=0.1, isolation_level=None)) as sqlite:
            try:
                sqlite.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False
    locks = "SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    held = " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
    ((number,),) = query(url, locks + held)
    return bool(number)


def requests(url: str) -> list[dict[str, Any]]:
    """All stored requests, packed or not: id, endpoint's row and what ``FIELDS`` names."""
    names = ["endpoint_id" if field == "endpoint" else field for field in FIELDS]
    found = query(url, f"SELECT id, {', '.join(names)} FROM logwatcher_request")  # noqa: S608
    packs = query(url, "SELECT endpoints, ids, keys, rest FROM logwatcher_pack")
    for endpoints, ids, keys, rest in (map(bytes, row) for row in packs):
        of = keys_of(keys)
        columns = (unpack_steps(ids), of.time_us, unpack_numbers(endpoints)[of.endpoint], of.status)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        others = rest_of(rest, range(len(of.time_us)))
        found += [(*row, *other) for row, other in zip(rows, others, strict=True)]
    return [dict(zip(("id", *FIELDS), row, strict=True)) for row in found]


def paths(url: str) -> list[str]:
    """Of all stored requests."""
    return [request["path"] for request in requests(url)]


def count_requests(url: str) -> int:
    """How many requests are stored."""
    ((rows,),) = query(url, "SELECT COUNT(*) FROM logwatcher_request")
    ((packed,),) = query(url, "SELECT COALESCE(SUM(number), 0) FROM logwatcher_pack")
    number: int = rows + packed
    return number


def buckets(url: str) -> dict[BucketKey, Aggregate]:
    """All of them, in chunks or not."""
    endpoints = _endpoints(url)
    return merge_by_key(
        (BucketKey(endpoints[row], step, start), of) for row, step, start, of in _buckets(url)
    )


def _endpoints(url: str) -> dict[int, Endpoint]:
    found = query(
        url,
        "SELECT e.id, s.name, e.method, e.route FROM logwatcher_endpoint e"
        " JOIN logwatcher_source s ON s.id = e.source_id",
    )
    return {row: Endpoint(*of) for row, *of in found}


def _buckets(url: str) -> Iterator[tuple[int, int, int, Aggregate]]:
    """Endpoint's row, step, start and content of each, or of a part of it."""
    columns = "endpoint_id, step, start, totals, cells"
    for *key, totals, cells in query(url, f"SELECT {columns} FROM logwatcher_bucket"):  # noqa: S608
        yield (*key, Aggregate(bytes(totals), bytes(cells)))
    chunks = query(url, f"SELECT {columns}, sum_totals, sum_cells FROM logwatcher_chunk")  # noqa: S608
    for endpoint, step, start, *blobs in chunks:
        totals, cells, sum_totals, sum_cells = map(bytes, blobs)
        buckets = list(unpacked([Packed(endpoint, start, totals, cells)], step))
        for _, at, content in buckets:
            yield endpoint, step, at, content
        if step == STEPS[-1]:
            (total,) = merge_by_key(("", of) for _, _, of in buckets).values()
            assert total == Aggregate(sum_totals, sum_cells)


def assert_consistent(url: str) -> int:
    """Every bucket at every step is a recount of the stored requests; revisions have no gap.

    Returns:
        How many requests there are.
    """
    stored_requests = requests(url)
    assert buckets(url) == _recount(stored_requests, _endpoints(url))
    numbers = [number for (number,) in query(url, "SELECT number FROM logwatcher_revision")]
    ((newest, last_request),) = query(url, "SELECT revision, last_request FROM logwatcher_head")
    assert sorted(numbers) == list(range(newest - len(numbers) + 1, newest + 1))
    ids = [request["id"] for request in stored_requests]
    assert len(set(ids)) == len(ids)
    assert max(ids, default=0) == last_request
    return len(ids)


def _recount(
    stored: list[dict[str, Any]], endpoints: dict[int, Endpoint]
) -> dict[BucketKey, Aggregate]:
    by_source: dict[str, list[Event]] = defaultdict(list)
    for request in stored:
        source, method, route = endpoints[request["endpoint"]]
        fields = {name: request[name] for name in FIELDS if name != "endpoint"}
        by_source[source].append(Event(method=method, route=route, **fields))
    buckets: dict[BucketKey, Aggregate] = {}
    for source, events in by_source.items():
        buckets |= fill(source, events)
    return buckets
