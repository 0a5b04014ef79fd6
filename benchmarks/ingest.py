"""Events a second over HTTP, in batches of 1, 100 and 1,000, from 16 clients.

Every answer counted means that its events are committed, in a new SQLite database. Beside it an
endpoint on the same Uvicorn that only decodes the JSON.
"""

import http.client
import json
import multiprocessing
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.bench import PEERS, Bench
from benchmarks.figure import Figure, Limit
from benchmarks.process import free_port, listening
from benchmarks.serving import headers, serving
from tests import database

BATCHES = (1, 100, 1000)
SECONDS = 10.0
BODIES = 20
"""Different ones, sent in turn."""
TOKENS = 4
"""Each may send only so many events per second."""
CLIENTS = 16
WANTED = {1000: Limit(times=0.5)}


class Sent(NamedTuple):
    """Events that were taken, how many a second, and how long an answer took."""

    events: int
    rate: float
    p99_ms: float


def measure(bench: Bench) -> list[Figure]:
    """Both servers run all the time; each is asked in turn."""
    port, seconds = free_port(), max(SECONDS * min(bench.scale, 1.0), 1.0)
    bare = [sys.executable, str(PEERS / "bare.py"), str(port)]
    with listening(bare, port), serving(TOKENS) as (server, tokens):
        sent = 0
        figures = []
        for size in BATCHES:
            ours, theirs = bench.alternate(
                partial(_measure, server.url, tokens, size, seconds),
                partial(_measure, f"http://127.0.0.1:{port}", ["none"], size, seconds),
            )
            figures += _figures(size, ours, theirs)
            sent += sum(one.events for one in ours)
        stored = database.count_requests(server.database_url)
    if stored != sent:
        raise RuntimeError(f"{stored:,} of {sent:,} events are stored")
    return figures


def event(rng: random.Random, now: float) -> dict[str, object]:
    """As an app would send it: 40 routes, a few errors, the last two seconds."""
    kind = rng.randrange(40)
    return {
        "time": now - rng.random() * 2,
        "method": "GET",
        "path": f"/api/kind{kind}/{rng.randrange(10_000)}",
        "route": f"/api/kind{kind}/{{id}}",
        "status": rng.choice([200, 200, 200, 200, 201, 301, 404, 500]),
        "duration": round(rng.lognormvariate(-3, 1), 6),
        "size": rng.randrange(10_000),
    }


def _figures(size: int, ours: list[Sent], theirs: list[Sent]) -> list[Figure]:
    name = f"batches of {size:,}"
    bare = "decodes only"
    rates, bare_rates = ([sent.rate for sent in side] for side in (ours, theirs))
    late, bare_late = ([sent.p99_ms for sent in side] for side in (ours, theirs))
    return [
        Figure(name, "events/s", rates, bare, bare_rates, WANTED.get(size)),
        Figure(f"{name}, answered after, p99", "ms", late, bare, bare_late),
    ]


def _measure(url: str, tokens: list[str], size: int, seconds: float) -> Sent:
    """From a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        sent: Sent = pool.apply(send, (url, tokens, size, seconds))
    return sent


def send(url: str, tokens: list[str], size: int, seconds: float) -> Sent:
    """As fast as answers come; raises RuntimeError if something is refused."""
    rng, now = random.Random(1), time.time()
    ready = [json.dumps([event(rng, now) for _ in range(size)]).encode() for _ in range(BODIES)]
    took: list[float] = []
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        head = headers(tokens[number % len(tokens)])
        turn = number
        while time.monotonic() < end:
            began = time.monotonic()
            connection.request("POST", "/api/events", ready[turn % BODIES], head)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 202:
                raise RuntimeError(f"answered {answer.status}")
            took.append(time.monotonic() - began)
            turn += 1

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for job in [pool.submit(work, number) for number in range(CLIENTS)]:
            job.result()
    elapsed = time.monotonic() - began
    p99 = statistics.quantiles(took, n=100)[-1]
    return Sent(len(took) * size, len(took) * size / elapsed, p99 * 1000)
