"""Records, sent in batches by a thread of its own: an app neither waits for it nor fails by it."""

import atexit
import logging
import os
import random
import threading
import time
import uuid
import weakref
from collections import deque
from typing import NamedTuple, Protocol

from logwatcher.middleware.record import Record

MAX_QUEUED = 10_000
"""More than these are dropped and counted."""
MAX_BATCH = 1000
FLUSH_S = 0.5
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
CLOSE_S = 3.0
"""How long the end of the process may wait for the last batch."""

log = logging.getLogger("logwatcher.middleware")


class Answer(NamedTuple):
    """What became of a batch.

    Attributes:
        problem: why it was not taken; empty: it was, for good.
        is_final: trying again is of no use.
        wait_s: how long to wait at least before that.
    """

    problem: str
    is_final: bool = False
    wait_s: float = 0.0


TAKEN = Answer("")


class Destination(Protocol):
    """Where records go; used by the sender's thread alone."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def take(self, records: list[Record], key: str) -> Answer:
        """Keep them, if that has not been done under this key before; never raises."""

    def close(self) -> None:
        """Let go of what it holds."""


class Sender:
    """Sends to one place, in order; a batch that fails is tried again under the same key.

    Attributes:
        dropped: records that were given up: the queue was full or they were refused.
        sent: records that were committed.
    """

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self.dropped = self.sent = 0
        self._begin()
        atexit.register(self.close)
        _senders.add(self)

    def _begin(self) -> None:
        """As new; also in a forked child, whose parent sends what was queued before."""
        self._queue: deque[Record] = deque()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_closing = False
        self._deadline = 0.0
        self._failure = ""

    def add(self, record: Record) -> None:
        """Take a record to be sent soon; never waits, never raises."""
        queue = self._queue
        if len(queue) >= MAX_QUEUED:
            self.drop(1)
            return
        queue.append(record)
        if self._thread is None:
            self._start()
        elif len(queue) == MAX_BATCH:
            self._wake.set()

    def drop(self, n: int) -> None:
        """Count records that are given up."""
        with self._lock:
            self.dropped += n

    def close(self) -> None:
        """Send what is queued, for at most ``CLOSE_S``."""
        if (thread := self._thread) is None:
            return
        self._deadline = time.monotonic() + CLOSE_S
        self._is_closing = True
        self._wake.set()
        thread.join(CLOSE_S)
        if not thread.is_alive():
            self._thread, self._is_closing = None, False

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="logwatcher", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is ending
                    return
                self._thread = thread

    def _run(self) -> None:
        while not self._is_closing or self._queue:
            if not self._is_closing:
                self._wake.wait(FLUSH_S)
                self._wake.clear()
            while n := min(len(self._queue), MAX_BATCH):
                if not self._send([self._queue.popleft() for _ in range(n)]):
                    return
        self._destination.close()

    def _send(self, batch: list[Record]) -> bool:
        """Until it is taken or refused; False if the process ends before."""
        key, tries = uuid.uuid4().hex, 0
        while True:
            answer = self._destination.take(batch, key)
            if not answer.problem:
                self.sent += len(batch)
                self._tell_works()
                return True
            if answer.is_final:
                self.drop(len(batch))
                self._tell_fails(f"records are dropped, since {answer.problem}")
                return True
            self._tell_fails(f"goes on trying, since {answer.problem}")
            pause = RETRY_S[min(tries, len(RETRY_S) - 1)] * random.uniform(0.7, 1.3)
            pause = max(pause, min(answer.wait_s, RETRY_S[-1]))
            tries += 1
            if self._is_closing and time.monotonic() + pause > self._deadline:
                self.drop(len(batch) + len(self._queue))
                return False
            self._wake.wait(pause)
            if not self._is_closing:
                self._wake.clear()

    def _tell_fails(self, why: str) -> None:
        if why != self._failure:
            log.warning("can't send to %s: %s", self._destination.name, why)
        self._failure = why

    def _tell_works(self) -> None:
        if self._failure:
            log.warning("sends to %s again; dropped: %d", self._destination.name, self.dropped)
        self._failure = ""


_senders: "weakref.WeakSet[Sender]" = weakref.WeakSet()


def close_all() -> None:
    """What ``close`` does, for each sender of this process."""
    for sender in list(_senders):
        sender.close()


def _after_fork() -> None:
    for sender in list(_senders):
        sender._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
