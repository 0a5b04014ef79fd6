"""How long a writer waits while old data is deleted, and how fast that goes.

    python -m benchmarks.retention --requests 3000000

Fills a new SQLite database, or DATABASE_URL's, with requests of 60 days. Then this process commits
20 requests every 20 ms, as a live site would: first alone, then while another process
deletes what the default limits don't keep, as a server does.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import django
import numpy as np
from django.db import connections

from tests import database

if TYPE_CHECKING:
    from logwatcher.core.event import Event

DAYS = 60
ROUTES = 100
PER_BLOCK = 50_000
PER_COMMIT = 20
PAUSE_S = 0.02
ALONE_S = 30.0
TABLES = ("bucket", "chunk", "pack", "request")


def fill(requests: int, now: float) -> None:
    """Commit requests of ``ROUTES`` endpoints, evenly over the time up to now."""
    from logwatcher.core.block import to_block
    from logwatcher.store import writer

    rng = random.Random(1)
    writer.expect_blocks()
    for first in range(0, requests, PER_BLOCK):
        number = min(PER_BLOCK, requests - first)
        start = now - DAYS * 86_400 * (1 - first / requests)
        seconds = DAYS * 86_400 * number / requests
        writer.write_block(
            "shop", to_block([event(rng, start + rng.random() * seconds) for _ in range(number)])
        )


def event(rng: random.Random, when: float) -> "Event":
    """One request."""
    from logwatcher.core.event import Event

    route = f"/api/part-{min(int(rng.expovariate(0.05)), ROUTES - 1)}/{{id}}"
    path = route.replace("{id}", str(rng.randrange(100_000)))
    us = int(rng.lognormvariate(-3, 1) * 1e6)
    status = rng.choices((200, 304, 404, 500), (90, 5, 3, 2))[0]
    return Event(int(when * 1e6), "GET", path, route, status, us, rng.randrange(50_000))


def commits(rng: random.Random) -> Iterator[float]:
    """Commit at a steady pace; yields how long each took, seconds."""
    from logwatcher.core.event import Batch
    from logwatcher.store import writer

    while True:
        now = time.time()
        batch = Batch("shop", [event(rng, now) for _ in range(PER_COMMIT)])
        began = time.monotonic()
        writer.write([batch])
        took = time.monotonic() - began
        yield took
        time.sleep(max(PAUSE_S - took, 0))


def show(name: str, took: list[float]) -> None:
    """Percentiles of the commits."""
    ms = np.array(took) * 1000
    p50, p99, p999 = np.percentile(ms, (50, 99, 99.9))
    print(
        f"{name:17} {len(ms):6,} commits: p50 {p50:.1f} ms, p99 {p99:.1f} ms, p99.9 {p999:.1f} ms,"
        f" longest {ms.max():.1f} ms; over 50 ms: {(ms > 50).sum()}",
        flush=True,
    )


def size(table: str) -> int:
    """Bytes of a table on disk, with its indexes."""
    url = os.environ["DATABASE_URL"]
    name = f"logwatcher_{table}"
    sql = f"SELECT pg_total_relation_size('{name}')"
    if url.startswith("sqlite"):
        names = f"SELECT name FROM sqlite_master WHERE tbl_name = '{name}'"  # noqa: S608
        sql = f"SELECT SUM(pgsize) FROM dbstat WHERE name IN ({names})"  # noqa: S608
    return int(database.query(url, sql)[0][0])


def show_sizes() -> None:
    """What is stored, by our own count and by the database's."""
    from logwatcher.store import stock

    began = time.monotonic()
    stock.measure()
    print(f"counting it all took {time.monotonic() - began:.2f} s")
    for kind, (of, _) in stock.measured().items():
        print(
            f"  {kind:5} s: {of.number:11,}, {of.size / 1e6:8.1f} MB"
            if kind
            else f"  requests: {of.number:9,}, {of.size / 1e6:8.1f} MB"
        )
    print("  tables:", ", ".join(f"{table} {size(table) / 1e6:.1f} MB" for table in TABLES))


def run(requests: int) -> None:
    """Fill, write alone, write while old data is deleted."""
    from logwatcher.cli import database as tables

    tables.migrate()
    began = time.monotonic()
    fill(requests, time.time())
    connections.close_all()  # that was opened for large commits
    print(f"{requests:,} requests in {time.monotonic() - began:.0f} s")
    show_sizes()
    writing = commits(random.Random(2))
    alone: list[float] = []
    ended = time.monotonic() + ALONE_S
    while time.monotonic() < ended:
        alone.append(next(writing))
    show("alone", alone)
    began = time.monotonic()
    meanwhile: list[float] = []
    keeping = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.retention", "--keep"], stdout=subprocess.PIPE, text=True
    )
    while keeping.poll() is None:
        meanwhile.append(next(writing))
    show("while deleting", meanwhile)
    print(f"deleted in {time.monotonic() - began:.0f} s")
    if keeping.stdout:
        print(keeping.stdout.read(), end="")
    show_sizes()


def keep() -> None:
    """One pass at the pace of a server; shows how long each transaction held the lock."""
    from logwatcher.core.retention import limits
    from logwatcher.store.keeper import LEAST_REST_S, REST
    from logwatcher.store.sweep import sweep

    held: list[float] = []
    for seconds in sweep(limits(), int(time.time())):
        held.append(seconds)
        time.sleep(max(seconds * REST, LEAST_REST_S))
    show("held by deleting", held)


def main() -> None:
    """Choose the database, then run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=3_000_000)
    options.add_argument("--keep", action="store_true", help="what it starts itself")
    given = options.parse_args()
    if given.keep:
        django.setup()
        keep()
        return
    with tempfile.TemporaryDirectory() as name:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{name}/store.sqlite3")
        os.environ["LOGWATCHER_DATA"] = name
        os.environ["DJANGO_SETTINGS_MODULE"] = "logwatcher.settings"
        django.setup()
        run(given.requests)


if __name__ == "__main__":
    main()
