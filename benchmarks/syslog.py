"""Messages per second by syslog: as TCP goes, and how near to that UDP comes without loss.

    python -m benchmarks.syslog --seconds 5

First the source alone, with the time from sending to the batch, then a server with all it does
until the commit, on a new SQLite database or on DATABASE_URL's.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from logwatcher.core.event import Batch
from logwatcher.sources.address import Address, open_sockets, read_address
from logwatcher.sources.sender import Senders
from logwatcher.sources.syslog import Syslog
from tests import database
from tests.server import Server

STEP_S = 0.01
"""Messages by UDP come in bursts so far apart."""
QUIET_S = 2.0
"""After so long without a message no more are to come."""
LINE = (
    '<190>Nov 24 10:00:00 web shop: 192.0.2.7 - - [{}] "GET /api/kind{}/{} HTTP/1.1" 200 512'
    ' "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)" 0.042'
)


def message(number: int) -> bytes:
    """As NGINX sends it; the time of sending stands in the path, in ns."""
    now = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    return LINE.format(now, number % 40, time.time_ns()).encode()


def send_by_udp(where: Address, rate: float, seconds: float) -> int:
    """Send at a rate; returns how many."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(where)
        began, sent = time.monotonic(), 0
        while (elapsed := time.monotonic() - began) < seconds:
            while sent < rate * elapsed:
                sender.send(message(sent))
                sent += 1
            time.sleep(STEP_S)
    return sent


def send_by_tcp(where: Address, seconds: float) -> int:
    """Send as fast as it goes; returns how many."""
    with socket.create_connection(where) as sender:
        end, sent = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            sender.sendall(b"".join(message(sent + each) + b"\n" for each in range(100)))
            sent += 100
    return sent


class Count:
    """What a source has put, and how long each message took to get there."""

    def __init__(self) -> None:
        self.total = 0
        self.latencies_ms: list[float] = []

    async def put(self, batch: Batch) -> None:
        """Take a batch."""
        now = time.time_ns()
        self.total += len(batch.events)
        self.latencies_ms += [
            (now - int(event.path.rsplit("/", 1)[1])) / 1e6 for event in batch.events
        ]


@asynccontextmanager
async def listening(count: Count) -> AsyncIterator[Address]:
    """The source alone."""
    sockets = open_sockets(Address("127.0.0.1", 0))
    source = Syslog(sockets, Senders())
    task = asyncio.create_task(source(count.put))
    yield sockets.address
    task.cancel()
    await asyncio.wait({task})


async def quiet(total: Callable[[], int]) -> int:
    """The total, once it stays."""
    before = -1
    while before != (now := total()):
        before = now
        await asyncio.sleep(QUIET_S)
    return before


async def measure(where: Address, total: Callable[[], int], seconds: float) -> None:
    """Print TCP's rate, then UDP's losses at shares of it."""
    loop = asyncio.get_running_loop()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        began = time.monotonic()
        sent = await loop.run_in_executor(None, pool.apply, send_by_tcp, (where, seconds))
        got = await quiet(total)
        rate = got / (time.monotonic() - began - QUIET_S)
        print(f"TCP  {rate:9,.0f} messages/s, {sent - got} of {sent:,} lost", flush=True)
        for share in (0.25, 0.5, 0.75, 0.9):
            before = got
            job = (where, share * rate, seconds)
            sent = await loop.run_in_executor(None, pool.apply, send_by_udp, job)
            got = await quiet(total)
            lost = sent - (got - before)
            print(f"UDP  {sent / seconds:9,.0f} messages/s, {share:.0%}: {lost} of {sent:,} lost")


async def alone(seconds: float) -> None:
    """The source without a pipeline."""
    count = Count()
    async with listening(count) as where:
        await measure(where, lambda: count.total, seconds)
    for rate in (10, 1000, 10_000):
        count = Count()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            async with listening(count) as where:
                job = (where, rate, seconds)
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(None, pool.apply, send_by_udp, job)
                await quiet(lambda: count.total)  # noqa: B023  # awaited here
        cuts = statistics.quantiles(count.latencies_ms, n=100)
        print(f"{rate:6,}/s  sent to batch: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")


def whole(seconds: float) -> None:
    """A server, until the commit."""
    with tempfile.TemporaryDirectory() as data:
        url = os.environ.get("DATABASE_URL", f"sqlite:///{Path(data) / 'logwatcher.sqlite3'}")
        server = Server(Path(data), url, ["watch", "--syslog", "0"])
        server.start()
        try:
            match = re.search(r"syslog on (\S+),", server.output)
            assert match  # noqa: S101  # it was printed before it listened
            where = read_address(match[1])
            asyncio.run(measure(where, lambda: database.count_requests(url), seconds))
        finally:
            server.stop()
            print("".join(line for line in server.output.splitlines(True) if "WARNING" in line))


def main() -> None:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    print("the source alone")
    asyncio.run(alone(options.seconds))
    print("a server")
    whole(options.seconds)


if __name__ == "__main__":
    main()
