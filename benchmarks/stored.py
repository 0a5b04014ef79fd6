"""A month of requests in our store, on SQLite and PostgreSQL, and as raw rows in PostgreSQL.

In ours figures are kept as the default limits say: per 5 s for 2 days, per minute and hour for all.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from statistics import median
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks import process, sample
from benchmarks.bench import ROOT, Bench
from tests import postgres
from tests.server import PROGRAM

EVENTS = 10_000_000
SECONDS = 30 * sample.DAY
NOW = sample.START + SECONDS
REPEATS = 20
RAW = """
CREATE TABLE raw (
    time timestamptz NOT NULL, method text NOT NULL, route text NOT NULL, path text NOT NULL,
    status smallint NOT NULL, duration double precision NOT NULL, bytes bigint NOT NULL,
    agent text NOT NULL
)
"""
COPY = "COPY raw (time, method, route, path, status, duration, bytes, agent) FROM STDIN"

Params = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """The same requests three times.

    Attributes:
        sqlite: the URL of our store in a file.
        postgres: of our store in PostgreSQL; None: there is no PostgreSQL.
        raw: of the database whose table ``raw`` has a row per request and an index on its time.
    """

    number: int
    sqlite: str
    postgres: str | None
    raw: str | None


@cache
def stored(bench: Bench) -> Stored:
    """Made once a run; 10 million requests take some minutes."""
    number, log = bench.size(EVENTS), bench.folder / "month.log"
    print(f"  storing {number:,} requests ...", flush=True)
    sample.write_combined(log, number, SECONDS)
    sqlite = f"sqlite:///{bench.folder / 'month.sqlite3'}"
    fill(str(log), sqlite, NOW)
    ours = raw = None
    try:
        server = bench.resources.enter_context(postgres.running())
    except postgres.Unavailable as error:
        bench.lack(str(error))
    else:
        ours, raw = (_create(server.url, name) for name in ("ours", "raw"))
        fill(str(log), ours, NOW)
        _copy(raw, number)
        for url in (ours, raw):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM FULL ANALYZE")
    log.unlink()
    return Stored(number, sqlite, ours, raw)


def ask(url: str, question: str, range_name: str, now: int = NOW) -> float:
    """Median ms of a question to our store, by a new process; see ``benchmarks.question``."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.question", question, range_name, str(now), str(REPEATS)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(median(json.loads(done.stdout)))


def ask_raw(url: str, queries: Sequence[tuple[str, Params]]) -> float:
    """Ms that these take one after the other, the rows fetched."""
    with closing(psycopg.connect(url)) as connection:
        connection.execute("SELECT 1 FROM raw LIMIT 1")
        began = time.perf_counter()
        for sql, params in queries:
            connection.execute(sql.encode(), params).fetchall()
        return (time.perf_counter() - began) * 1000


def at(seconds: int) -> datetime:
    """As PostgreSQL takes it."""
    return datetime.fromtimestamp(seconds, UTC)


def fill(log: str, url: str, now: int) -> None:
    """Import a log, and keep of it what a server would at that time."""
    environment = {**os.environ, "DATABASE_URL": url}
    process.run([str(PROGRAM), "import", log], environment)
    process.run([sys.executable, "-m", "benchmarks.settle", str(now)], environment)


def _create(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _copy(url: str, number: int) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(RAW)
        with cursor.copy(COPY) as copy:
            for row in _rows(number):
                copy.write_row(row)
        cursor.execute("CREATE INDEX raw_time ON raw (time)")


def _rows(number: int) -> Iterator[Params]:
    for line in sample.lines(number, SECONDS):
        path, agent = line.target.partition("?")[0], line.agent.partition("/")[0]
        duration = float(line.duration)
        yield at(line.time), "GET", line.route, path, line.status, duration, line.size, agent
