"""Messages a second by syslog until they are committed, by TCP and, without loss, by UDP.

The whole server on a new SQLite database. There is no peer: UDP is measured at shares of what TCP
reaches, since a sender by UDP isn't told to wait.
"""

import multiprocessing
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.bench import Bench
from benchmarks.figure import Figure
from logwatcher.sources.address import Address, read_address
from tests import database
from tests.server import Server

SECONDS = 5.0
SHARES = (0.25, 0.5, 0.75)
STEP_S = 0.01
"""Messages by UDP come in bursts so far apart."""
QUIET_S = 1.0
"""After so long without a message no more are to come."""
LINE = (
    '<190>Nov 24 10:00:00 web shop: 192.0.2.7 - - [{}] "GET /api/kind{}/{} HTTP/1.1" 200 512'
    ' "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)" 0.042'
)


class Reached(NamedTuple):
    """Messages a second by TCP, and for each of ``SHARES`` the share lost by UDP, in %."""

    rate: float
    lost: list[float]


def measure(bench: Bench) -> list[Figure]:
    """Each round on a new server."""
    seconds = max(SECONDS * bench.scale, 1.0)
    (rounds,) = bench.alternate(lambda: _measure(seconds))
    return [
        Figure("TCP", "messages/s", [one.rate for one in rounds]),
        *(
            Figure(f"lost by UDP at {share:.0%} of that", "%", [one.lost[i] for one in rounds])
            for i, share in enumerate(SHARES)
        ),
    ]


def _measure(seconds: float) -> Reached:
    with _listening() as (where, url), multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(message, (0,))  # it has started
        began = time.monotonic()
        sent = pool.apply(send_by_tcp, (where, seconds))
        got = _quiet(url)
        rate = got / (time.monotonic() - began - QUIET_S)
        if got != sent:
            raise RuntimeError(f"{got:,} of {sent:,} messages by TCP are stored")
        lost = []
        for share in SHARES:
            sent = pool.apply(send_by_udp, (where, share * rate, seconds))
            got, before = _quiet(url), got
            lost.append(100 * (1 - (got - before) / sent))
    return Reached(rate, lost)


def message(number: int) -> bytes:
    """As NGINX sends it."""
    now = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    return LINE.format(now, number % 40, number).encode()


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


@contextmanager
def _listening() -> Iterator[tuple[Address, str]]:
    """A server: where it takes messages, and its database."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/logwatcher.sqlite3"
        server = Server(Path(folder), url, ["watch", "--syslog", "0"])
        server.start()
        try:
            match = re.search(r"syslog on (\S+),", server.output)
            if match is None:
                raise RuntimeError(f"it does not say where it listens:\n{server.output}")
            yield read_address(match[1]), url
        finally:
            server.stop()


def _quiet(url: str) -> int:
    """How many requests are stored, once no more come."""
    before = -1
    while before != (now := database.count_requests(url)):
        before = now
        time.sleep(QUIET_S)
    return before
