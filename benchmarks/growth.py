"""How cost grows: with events a second, viewers, endpoints and stored days.

A knee is where a curve bends most on logarithmic axes, if it does; each is measured once.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from benchmarks import curve, fanout, process, sample, stored
from benchmarks.bench import ROOT, Bench
from benchmarks.figure import Figure, Point
from benchmarks.ingest import event
from benchmarks.sending import SENDERS, Body, Overloaded, body, send_steadily
from benchmarks.serving import serving
from tests import database

RATES = (100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 100_000, 150_000)
SECONDS = 6.0
BATCHES_PER_S = 20
MOST_LATE_MS = 1000.0
VIEWERS = (1, 10, 100, 1_000, 3_000, 10_000)
ENDPOINTS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
DAYS = (1, 3, 7, 14, 30)
A_DAY = 30_000
"""Requests."""

ROUTES = "a source has 500 routes at most, the rest are one"
HOURS = "24 buckets a day and endpoint, of an hour each"


def _curve(
    name: str, unit: str, axis: str, points: Sequence[tuple[float, float]], why: str
) -> Iterator[Figure]:
    at = curve.knee(points)
    note = f"{name}: {f'bends at {at:,.0f} {axis}' if at else 'no knee'}: {why}"
    for x, y in points:
        yield Figure(f"{name}, {x:,.0f} {axis}", unit, [y], note=note, point=Point(name, axis, x))


def events(bench: Bench) -> Iterator[Figure]:
    """Until answers are late, or fewer are taken than are sent."""
    costs, late = [], []
    limit = "more than was tried"
    for rate in RATES:
        with serving(SENDERS) as us:
            bodies = _bodies(rate // BATCHES_PER_S)
            send_steadily(us, bodies[:1], 1)
            used, began = process.cpu_s(us.server.pid), time.monotonic()
            try:
                seconds = max(SECONDS * bench.scale, 1.0)
                wanted = islice(cycle(bodies), round(seconds * BATCHES_PER_S))
                sent = send_steadily(us, wanted, BATCHES_PER_S)
            except Overloaded as error:
                limit = f"{rate:,} a second are too many: {error}"
                break
            took = time.monotonic() - began
            events = sum(one.events for one in sent)
            used = process.cpu_s(us.server.pid) - used
            costs.append((float(rate), used / events * 1e6))
            late.append((float(rate), statistics.quantiles([one.ms for one in sent], n=100)[-1]))
            if late[-1][1] > MOST_LATE_MS or events / took < 0.95 * rate:
                limit = f"of {rate:,} a second {events / took:,.0f} are taken"
                break
    if not costs:
        raise RuntimeError(limit)
    why = f"20 batches a second came, and much is done once a batch; {limit}"
    yield from _curve("an event's processor time", "µs", "events/s", costs, why)
    why = f"the server is one process, and the sender has the other core; {limit}"
    yield from _curve("an answer, p99", "ms", "events/s", late, why)


def _bodies(events: int) -> list[Body]:
    """Some different ones."""
    rng, now = random.Random(1), time.time()
    return [body([event(rng, now) for _ in range(events)]) for _ in range(10)]


def viewers(bench: Bench) -> Iterator[Figure]:
    """Of one process, a frame a second."""
    numbers = [max(round(number * bench.scale), 1) for number in VIEWERS]
    found = [
        (float(number), fanout.cost(bench, fanout.OURS, fanout.our_command, number))
        for number in dict.fromkeys(numbers)
    ]
    costs = [(x, of.cpu_us) for x, of in found]
    yield from _curve(
        "a delivery's processor time",
        "µs",
        "viewers",
        costs,
        "to look for news costs the same for one as for all",
    )
    late = [(x, of.p99_ms) for x, of in found]
    yield from _curve(
        "publishing to socket, p99",
        "ms",
        "viewers",
        late,
        "one process writes to one socket after the other",
    )


def endpoints(bench: Bench) -> Iterator[Figure]:
    """Commits of 1,000 events, one for each second of 20 minutes."""
    commits, questions, sizes = [], [], []
    for number in ENDPOINTS:
        url = f"sqlite:///{bench.folder / f'endpoints-{number}.sqlite3'}"
        found = _ask(url, "benchmarks.committing", number, max(round(1200 * bench.scale), 20))
        commits.append((float(number), found["commit_ms"]))
        questions.append((float(number), found["endpoints_ms"]))
        sizes.append((float(number), _bytes(url) / found["events"]))
    curves = (
        ("a commit of 1,000 events", "ms", commits, f"it adds to three buckets of each; {ROUTES}"),
        ("the table of endpoints", "ms", questions, f"all are added before 20 are shown; {ROUTES}"),
        ("figures on disk per event", "bytes", sizes, f"fewer events share a bucket; {ROUTES}"),
    )
    for name, unit, points, why in curves:
        yield from _curve(name, unit, "endpoints", points, why)


def days(bench: Bench) -> Iterator[Figure]:
    """Of so many days, each with as many requests."""
    curves: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for days in DAYS:
        url = f"sqlite:///{bench.folder / f'days-{days}.sqlite3'}"
        log, number = bench.folder / "days.log", bench.size(A_DAY * days)
        sample.write_combined(log, number, days * sample.DAY)
        now = sample.START + days * sample.DAY
        stored.fill(str(log), url, now)
        for question, name in (("series", "a chart's points"), ("endpoints", "the table")):
            for span, why in (("24h", "as many buckets however many are stored"), ("30d", HOURS)):
                key = (f"{name}, {span}", "ms", why)
                took = stored.ask(url, question, span, now)
                curves.setdefault(key, []).append((float(days), took))
        key = ("figures on disk per request", "bytes", "those per 5 s are kept for 2 days alone")
        curves.setdefault(key, []).append((float(days), _bytes(url) / number))
    for (name, unit, why), points in curves.items():
        yield from _curve(name, unit, "days", points, why)


def _bytes(url: str) -> int:
    sql = "SELECT SUM(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE"
    ((found,),) = database.query(
        url, f"{sql} tbl_name IN ('logwatcher_bucket', 'logwatcher_chunk'))"
    )
    return int(found)


def _ask(url: str, module: str, *arguments: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
