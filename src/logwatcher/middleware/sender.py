"""Records, sent in batches by a thread of its own: an app neither waits for it nor fails by it."""

import atexit
import http.client
import logging
import os
import random
import threading
import time
import uuid
import weakref
from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from logwatcher.middleware.record import Record, encode

MAX_QUEUED = 10_000
"""More than these are dropped and counted."""
MAX_BATCH = 1000
FLUSH_S = 0.5
TIMEOUT_S = 20.0
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
CLOSE_S = 3.0
"""How long the end of the process may wait for the last batch."""

_AGAIN = {408, 425, 429, 500, 502, 503, 504}

log = logging.getLogger("logwatcher.middleware")


class _Address(NamedTuple):
    is_secure: bool
    host: str
    port: int | None
    path: str


class Sender:
    """Sends to one server, in order; a batch that fails is tried again under the same key.

    Attributes:
        dropped: records that were given up: the queue was full or the server refused them.
        sent: records that the server has committed.
    """

    def __init__(self, url: str, token: str) -> None:
        """
        Raises:
            ValueError: the URL is not one of a server, or there is no token.
        """
        self._address = _parse(url)
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("token: give the text that `logwatcher token create` printed")
        self._token = token
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
        self._connection: http.client.HTTPConnection | None = None
        self._is_failing = False

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
        if self._connection:
            self._connection.close()

    def _send(self, batch: list[Record]) -> bool:
        """Until the server has it or refuses it; False if the process ends before."""
        body, key, tries = encode(batch), uuid.uuid4().hex, 0
        while True:
            status, wait_s = self._post(body, key)
            if status == 202:
                self.sent += len(batch)
                self._tell_works()
                return True
            if status and status not in _AGAIN:
                self.drop(len(batch))
                self._tell_fails(f"records are dropped, since it answers {status}")
                return True
            reason = f"it answers {status}" if status else "it doesn't answer"
            self._tell_fails(f"goes on trying, since {reason}")
            pause = max(RETRY_S[min(tries, len(RETRY_S) - 1)] * random.uniform(0.7, 1.3), wait_s)
            tries += 1
            if self._is_closing and time.monotonic() + pause > self._deadline:
                self.drop(len(batch) + len(self._queue))
                return False
            self._wake.wait(pause)
            if not self._is_closing:
                self._wake.clear()

    def _post(self, body: bytes, key: str) -> tuple[int, float]:
        """The answer's status, 0 if there was none, and how long the server wants to be left."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            connection = self._connection = self._connection or self._connect()
            connection.request("POST", self._address.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            wait = answer.headers.get("Retry-After", "")
            return answer.status, min(float(wait), RETRY_S[-1]) if wait.isdecimal() else 0
        except (OSError, http.client.HTTPException):
            if self._connection:
                self._connection.close()
            self._connection = None
            return 0, 0

    def _connect(self) -> http.client.HTTPConnection:
        of = http.client.HTTPSConnection if self._address.is_secure else http.client.HTTPConnection
        return of(self._address.host, self._address.port, timeout=TIMEOUT_S)

    def _tell_fails(self, why: str) -> None:
        if not self._is_failing:
            log.warning("can't send to %s: %s", self._address.host, why)
        self._is_failing = True

    def _tell_works(self) -> None:
        if self._is_failing:
            log.warning("sends to %s again; dropped: %d", self._address.host, self.dropped)
        self._is_failing = False


_senders: "weakref.WeakSet[Sender]" = weakref.WeakSet()


def _after_fork() -> None:
    for sender in list(_senders):
        sender._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _parse(url: str) -> _Address:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url: {url!r} is not like http://127.0.0.1:8000")
    path = f"{parts.path.rstrip('/')}/api/events"
    return _Address(parts.scheme == "https", parts.hostname, parts.port, path)
