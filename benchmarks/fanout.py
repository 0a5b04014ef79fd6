"""A frame of 2 kB a second to 100, 1,000 and 10,000 clients of one process, without a database.

django-eventstream and sse-starlette on the same Uvicorn; nchan, in C, as the bound. Processor
time is the server's, per delivery; memory is per client; "after" is from publishing to a
client's socket.
"""

import http.client
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks import process
from benchmarks.bench import PEERS, Bench
from benchmarks.figure import Figure, Limit
from benchmarks.process import every_second, free_port, listening
from benchmarks.subscriber import clients

CLIENTS = (100, 1_000, 10_000)
SECONDS, LEAST_S = 10.0, 3.0
SETTLE_S = 2.0
PAYLOAD = "x" * 2000
OURS = "ours"
WANTED = {"django-eventstream": Limit(times=6), "nchan, the bound": Limit(times=1 / 1.4)}
MOST_KB = 12.0
MOST_MS = 250.0
TARGET = {OURS: "/api/live?view=range%3D5m"}


class Cost(NamedTuple):
    """Of a server: µs of processor time per delivery, kB per client, ms from publishing on."""

    cpu_us: float
    kb: float
    p99_ms: float


def measure(bench: Bench) -> list[Figure]:
    """Each number of clients, each server in turn."""
    servers = _servers(bench)
    return [
        figure
        for full in CLIENTS
        for figure in _measure(bench, servers, full, bench.size(full, least=10))
    ]


def our_command(port: int) -> list[str]:
    """Our server without a database."""
    return [sys.executable, "-m", "benchmarks.hub", str(port)]


def _servers(bench: Bench) -> dict[str, Callable[[int], list[str]] | None]:
    """How each is started on a port."""
    eventstream = bench.peer("eventstream.py", "django_eventstream")
    starlette = bench.peer("starlette_sse.py", "sse_starlette")
    return {
        OURS: our_command,
        "django-eventstream": (lambda port: [*eventstream, str(port)]) if eventstream else None,
        "sse-starlette": (lambda port: [*starlette, str(port)]) if starlette else None,
        "nchan, the bound": _nchan(bench),
    }


def _nchan(bench: Bench) -> Callable[[int], list[str]] | None:
    nginx = bench.program("nginx", "libnginx-mod-nchan")
    text = (PEERS / "nchan.conf").read_text()
    if nginx is None:
        return None
    if process.fails([nginx, "-t", "-c", _configure(bench, text, free_port())]):
        bench.lack("nchan; apt-get install libnginx-mod-nchan")
        return None
    return lambda port: [nginx, "-c", _configure(bench, text, port)]


def _configure(bench: Bench, text: str, port: int) -> str:
    path = bench.folder / "nchan.conf"
    path.write_text(text.format(folder=bench.folder, port=port))
    return str(path)


def _measure(
    bench: Bench,
    servers: dict[str, Callable[[int], list[str]] | None],
    full: int,
    number: int,
) -> list[Figure]:
    sides = [
        partial(cost, bench, name, command, number) if command else None
        for name, command in servers.items()
    ]
    ours, *others = bench.alternate(*sides)
    peers = dict(zip(list(servers)[1:], others, strict=True))
    name, is_largest = f"{full:,} clients", full == CLIENTS[-1]
    figures = [
        _figure(f"processor time, {name}", "µs", ours, peer, theirs, 0, WANTED.get(peer))
        for peer, theirs in peers.items()
    ]
    if is_largest:
        for peer, theirs in peers.items():
            figures += [
                _figure(f"memory, {name}", "kB", ours, peer, theirs, 1, Limit(at_most=MOST_KB)),
                _figure(f"after, p99, {name}", "ms", ours, peer, theirs, 2, Limit(at_most=MOST_MS)),
            ]
    return figures


def _figure(
    name: str,
    unit: str,
    ours: Sequence[Cost],
    peer: str,
    theirs: Sequence[Cost],
    field: int,
    limit: Limit | None,
) -> Figure:
    of, others = ([one[field] for one in side] for side in (ours, theirs))
    return Figure(name, unit, of, peer, others, limit)


def cost(bench: Bench, name: str, command: Callable[[int], list[str]], number: int) -> Cost:
    """Of the server that the command starts on a port, with so many clients."""
    port = free_port()
    with ExitStack() as stack:
        pid = stack.enter_context(listening(command(port), port))
        if name.startswith("nchan"):
            stack.enter_context(every_second(partial(_publish, port)))
        time.sleep(SETTLE_S)
        before = process.memory_of_all_mb(pid)
        target = TARGET.get(name, "/events")
        file = bench.folder / "deliveries.npy"
        all_of_them = stack.enter_context(clients(port, target, number, "at", file))
        time.sleep(SETTLE_S)
        used, began = process.cpu_s(pid), time.monotonic_ns()
        time.sleep(max(SECONDS * bench.scale, LEAST_S))
        used, ended = process.cpu_s(pid) - used, time.monotonic_ns()
        kb = (process.memory_of_all_mb(pid) - before) * 1000 / number
        found = all_of_them.stop()
    found = found[(found[:, 1] >= began) & (found[:, 1] < ended)]
    late_ms = (found[:, 1] - found[:, 2]) / 1e6
    return Cost(used / len(found) * 1e6, kb, float(np.percentile(late_ms, 99)))


def _publish(port: int) -> None:
    """To nchan, which others do for it."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"at": time.monotonic_ns(), "payload": PAYLOAD})
    connection.request("POST", "/publish", body)
    connection.getresponse().read()
    connection.close()
