"""Batches of events over HTTP at a steady rate."""

import http.client
import json
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from benchmarks.serving import Serving, headers

SENDERS = 8
"""Connections, each with a token of its own."""
IDLE_S = 2.0
"""A connection that was silent for longer may have been closed by the server."""


class Overloaded(Exception):
    """A batch was refused: by which answer."""


class Body(NamedTuple):
    """A batch, encoded, and how many events it has."""

    data: bytes
    events: int


class Sent(NamedTuple):
    """A batch: how many events, when it was due in monotonic ns, ms from then to its answer."""

    events: int
    at_ns: int
    ms: float


def body(events: Sequence[dict[str, object]]) -> Body:
    """Of these."""
    return Body(json.dumps(events).encode(), len(events))


def send_steadily(us: Serving, bodies: Iterable[Body], per_s: int) -> list[Sent]:
    """So many a second, whether those before are answered or not. Raises Overloaded."""
    local = threading.local()

    def send(number: int, one: Body, due: float) -> Sent:
        if time.monotonic() - getattr(local, "used", -IDLE_S) >= IDLE_S:
            local.connection = http.client.HTTPConnection("127.0.0.1", us.port)
        head = headers(us.tokens[number % len(us.tokens)])
        local.connection.request("POST", "/api/events", one.data, head)
        answer = local.connection.getresponse()
        answer.read()
        if answer.status != 202:
            raise Overloaded(f"answered {answer.status}")
        local.used = time.monotonic()
        return Sent(one.events, int(due * 1e9), (time.monotonic() - due) * 1000)

    jobs = []
    with ThreadPoolExecutor(SENDERS) as pool:
        began = time.monotonic()
        for number, one in enumerate(bodies):
            due = began + number / per_s
            time.sleep(max(due - time.monotonic(), 0))
            jobs.append(pool.submit(send, number, one, due))
    return [job.result() for job in jobs]
