"""Hours under load: are all figures exact at the end, and do memory and delays stay flat?

    python -m benchmarks.soak MINUTES

2,000 events a second over HTTP, 500 viewers, on a new SQLite database. Prints a row per minute; at
the end each bucket at each step is compared with a count of what was sent, one by one, and what
each viewer was told with how much that was. Exit code 1: they differ, or something grows.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks import process
from benchmarks.ingest import event
from benchmarks.sending import SENDERS, Body, Sent, body, send_steadily
from benchmarks.serving import Serving, serving
from benchmarks.subscriber import clients
from benchmarks.viewers import BATCHES_PER_S, RATE, SETTLE_S, TARGET, late_ms
from logwatcher.core.aggregate import Aggregate, merge_by_key
from logwatcher.core.payload import to_event
from tests import database
from tests.counting import BucketKey, fill

VIEWERS = 500
BATCH = RATE // BATCHES_PER_S
BATCHES = 60 * BATCHES_PER_S
"""A minute's."""
WARM_UP = 5
"""Minutes after which nothing may grow any more."""
GROWTH = 1.1
"""Memory of the last quarter over that of the first one after the warm-up, at most."""
GROWTH_MS = 50.0
"""The same of a viewer's delay at the 99th percentile."""
SOURCE = "bench"


class Expected:
    """The buckets of all that was sent, counted by another process meanwhile."""

    def __init__(self, counter: ProcessPoolExecutor) -> None:
        self._counter = counter
        self._counts: list[Future[dict[BucketKey, Aggregate]]] = []

    def bodies(self, rng: random.Random) -> Iterator[Body]:
        """A minute's, of events that have just happened; each is counted."""
        sent = []
        for _ in range(BATCHES):
            now = time.time()
            events = [event(rng, now) for _ in range(BATCH)]
            sent.append((events, int(now * 1e6)))
            yield body(events)
        self._counts.append(self._counter.submit(_count, sent))

    def buckets(self) -> dict[BucketKey, Aggregate]:
        """When all is sent."""
        return merge_by_key(pair for count in self._counts for pair in count.result().items())


def _count(sent: list[tuple[list[dict[str, object]], int]]) -> dict[BucketKey, Aggregate]:
    return fill(SOURCE, [to_event(one, now_us) for events, now_us in sent for one in events])


def soak(minutes: int) -> list[str]:
    """Returns what is wrong."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(SENDERS) as us,
        ProcessPoolExecutor(1, get_context("spawn")) as counter,
    ):
        expected = Expected(counter)
        sent: list[Sent] = []
        memory: list[float] = []
        rng = random.Random(1)
        with clients(us.port, TARGET, VIEWERS, "new", Path(folder) / "seen.npy") as viewers:
            time.sleep(SETTLE_S)
            for minute in range(minutes):
                sent += _minute(us, expected, rng, minute, memory)
            time.sleep(SETTLE_S)
            seen = viewers.stop()
        late = late_ms(seen, np.array([one.at_ns for one in sent], np.int64), BATCH)
        by_minute = late.reshape(VIEWERS, minutes, BATCHES)
        p99 = [float(np.percentile(by_minute[:, minute], 99)) for minute in range(minutes)]
        print("event to each viewer, p99 of each minute, ms:", *(f"{ms:.0f}" for ms in p99))
        return [*_growing("memory", memory, "MB"), *_slower(p99), *_wrong(us, expected.buckets())]


def _minute(
    us: Serving, expected: Expected, rng: random.Random, minute: int, memory: list[float]
) -> list[Sent]:
    pid = us.server.pid
    began, used = time.monotonic(), process.cpu_s(pid)
    sent = send_steadily(us, expected.bodies(rng), BATCHES_PER_S)
    busy = 100 * (process.cpu_s(pid) - used) / (time.monotonic() - began)
    memory.append(process.memory_of_all_mb(pid))
    p99 = np.percentile([one.ms for one in sent], 99)
    print(
        f"minute {minute + 1}: {sum(one.events for one in sent):,} events, answered in"
        f" {p99:.0f} ms (p99), {memory[-1]:.0f} MB, {busy:.0f} % of a core",
        flush=True,
    )
    return sent


def _growing(what: str, values: list[float], unit: str) -> list[str]:
    if len(values := values[WARM_UP:]) < 4:
        return []
    quarter = len(values) // 4
    first, last = statistics.median(values[:quarter]), statistics.median(values[-quarter:])
    print(f"{what}: {first:.0f} -> {last:.0f} {unit}")
    return [f"{what} grows: {first:.0f} -> {last:.0f} {unit}"] if last > GROWTH * first else []


def _slower(p99: list[float]) -> list[str]:
    if len(p99 := p99[WARM_UP:]) < 4:
        return []
    quarter = len(p99) // 4
    first, last = statistics.median(p99[:quarter]), statistics.median(p99[-quarter:])
    return (
        [f"viewers fall behind: {first:.0f} -> {last:.0f} ms"] if last > first + GROWTH_MS else []
    )


def _wrong(us: Serving, expected: Mapping[BucketKey, Aggregate]) -> list[str]:
    url = us.server.database_url
    stored, found = database.count_requests(url), database.buckets(url)
    wrong = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    print(f"{stored:,} requests stored; {len(found):,} buckets, {len(wrong)} of them wrong")
    return [f"{len(wrong)} buckets are wrong, the first is {wrong[0]}"] if wrong else []


if __name__ == "__main__":
    problems = soak(int(sys.argv[1]))
    print("\n".join(problems) or "nothing is wrong")
    sys.exit(bool(problems))
