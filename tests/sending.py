"""Somebody who sends requests to a real server."""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests import database
from tests.server import Server, until


def create_token(server: Server, source: str) -> str:
    """By the command line, as a user does."""
    return server.command("token", "create", source).strip()


@dataclass
class Source:
    """A server and a token for it."""

    server: Server
    token: str

    def post(
        self, events: object, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send; returns the status and the answer's JSON."""
        address = urlsplit(self.server.url).netloc
        connection = http.client.HTTPConnection(address, timeout=20)
        try:
            connection.request(
                "POST",
                "/api/events",
                json.dumps(events).encode(),
                {
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self.token}",
                    **(headers or {}),
                },
            )
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()


class Senders:
    """Some who each send batch after batch, the same one again until it is acknowledged.

    Attributes:
        acknowledged: keys of batches that were answered 202.
        refused: how often another answer came, or none.
    """

    BATCH = 5
    PAUSE_S = 0.02
    TIMEOUT_S = 30.0

    def __init__(self, source: Source, number: int = 4) -> None:
        self.acknowledged: list[str] = []
        self.refused = 0
        self._source = source
        self._has_ended = threading.Event()
        self._has_given_up = False
        self._threads = [
            threading.Thread(target=self._send, args=(f"sender{each}",), daemon=True)
            for each in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def wait_for(self, batches: int, timeout: float = 20) -> None:
        """Until so many more are acknowledged. Raises AssertionError if it takes too long."""
        goal = len(self.acknowledged) + batches
        until(lambda: len(self.acknowledged) >= goal, timeout)

    def end(self) -> None:
        """Each ends with a batch that is acknowledged, so that none is in doubt."""
        self._has_ended.set()
        for thread in self._threads:
            thread.join(self.TIMEOUT_S)
            assert not thread.is_alive(), "the last batch is not acknowledged"

    def give_up(self) -> None:
        """End, whatever is in doubt."""
        self._has_given_up = True
        self._has_ended.set()

    def assert_counted(self) -> None:
        """What was acknowledged, and no more of it, is stored exactly once, and in all figures."""
        self.end()
        url = self._source.server.database_url
        stored = Counter(path for path in database.paths(url) if path.startswith("/sender"))
        assert stored == Counter({f"/{key}": self.BATCH for key in self.acknowledged})
        database.assert_consistent(url)

    def _send(self, name: str) -> None:
        number = 0
        while not self._has_ended.is_set():
            key = f"{name}-{number}"
            while not self._is_acknowledged(key):
                if self._has_given_up:
                    return
                self.refused += 1
                time.sleep(self.PAUSE_S)
            self.acknowledged.append(key)
            number += 1

    def _is_acknowledged(self, key: str) -> bool:
        event = {"method": "GET", "path": f"/{key}", "status": 200}
        try:
            status, _ = self._source.post([event] * self.BATCH, {"Idempotency-Key": key})
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return False
        return status == 202
