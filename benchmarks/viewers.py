"""From a sender's request to each of 1,000 viewers' sockets, at 2,000 events a second coming in.

The whole server on a new SQLite database. A frame says how many requests are new; so it is known
which batch a viewer has seen when. The time runs from before a batch of 100 is sent.
"""

import random
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from benchmarks import process
from benchmarks.bench import Bench
from benchmarks.figure import Figure, Limit
from benchmarks.ingest import event
from benchmarks.sending import SENDERS, Body, body, send_steadily
from benchmarks.serving import serving
from benchmarks.subscriber import Deliveries, clients

VIEWERS, RATE = 1_000, 2_000
BATCHES_PER_S = 20
SECONDS = 15
SETTLE_S = 3.0
MOST_MS = 300.0
TARGET = "/api/live?view=range%3D5m"

Times = npt.NDArray[np.int64]


def measure(bench: Bench) -> list[Figure]:
    """Some rounds, each with a server of its own."""
    viewers, rate = bench.size(VIEWERS, least=10), bench.size(RATE, least=BATCHES_PER_S)
    (rounds,) = bench.alternate(lambda: _measure(bench, viewers, rate // BATCHES_PER_S))
    p50, p99, busy = zip(*rounds, strict=True)
    return [
        Figure("event to socket, p50", "ms", p50),
        Figure("event to socket, p99", "ms", p99, limit=Limit(at_most=MOST_MS)),
        Figure("the server's processor", "%", busy),
    ]


def late_ms(found: Deliveries, sent: Times, batch: int) -> npt.NDArray[np.float64]:
    """How long after ``sent`` (ns) each viewer knew of each batch of so many events.

    Raises:
        RuntimeError: a viewer was told of more or fewer events than were sent.
    """
    wanted = batch * np.arange(1, len(sent) + 1)
    late = []
    for viewer in np.unique(found[:, 0]):
        _, at, new = found[found[:, 0] == viewer].T
        known = np.cumsum(new)
        if known[-1] != wanted[-1]:
            raise RuntimeError(f"{known[-1]} of {wanted[-1]} events reached viewer {viewer}")
        late.append((at[np.searchsorted(known, wanted)] - sent) / 1e6)
    return np.concatenate(late)


def _measure(bench: Bench, viewers: int, batch: int) -> tuple[float, float, float]:
    file = bench.folder / "viewers.npy"
    with serving(SENDERS) as us, clients(us.port, TARGET, viewers, "new", file) as all_of_them:
        server = us.server
        time.sleep(SETTLE_S)
        used, began = process.cpu_s(server.pid), time.monotonic()
        answered = send_steadily(us, _bodies(batch), BATCHES_PER_S)
        sent = np.array([one.at_ns for one in answered], np.int64)
        busy = 100 * (process.cpu_s(server.pid) - used) / (time.monotonic() - began)
        time.sleep(SETTLE_S)
        late = late_ms(all_of_them.stop(), sent, batch)
    p50, p99 = np.percentile(late, [50, 99])
    return float(p50), float(p99), busy


def _bodies(batch: int) -> Iterator[Body]:
    """Of events that have just happened."""
    rng = random.Random(1)
    for _ in range(SECONDS * BATCHES_PER_S):
        yield body([event(rng, time.time()) for _ in range(batch)])
