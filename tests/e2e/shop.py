"""A server with a database of its own, which tests fill as they need it and ask by its API."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from logwatcher.core.event import Event
from tests.e2e import writer
from tests.server import Server

SOURCE = "shop"

JSON = Any  # whatever JSON can hold


class Shop:
    """``logwatcher demo`` without traffic, unless the arguments say otherwise; by ``with``."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.database = folder / "shop.sqlite3"
        self._environment = {
            "DATABASE_URL": f"sqlite:///{self.database}",
            "LOGWATCHER_DATA": str(folder / "data"),
        }
        self._writer: subprocess.Popen[str] | None = None
        self.server = Server(
            folder / "data", self._environment["DATABASE_URL"], list(arguments) or ["demo"]
        )

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.forget_writer()
        if self.server.is_running:
            self.server.stop()

    @property
    def url(self) -> str:
        """Where the page is, without a slash at the end."""
        return self.server.url

    def write(self, events: Iterable[Event], source: str = SOURCE) -> int:
        """Commit the events; the server hears of them by its next tick.

        Returns:
            The number of the new revision.
        """
        process = self._writer = self._writer or self._start_writer()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([source, list(events)]) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    def get(self, path: str) -> JSON:
        """What the API answers."""
        return self._ask("GET", path)

    def series(self, query: str = "") -> JSON:
        """The view's series."""
        return self.get(f"/api/series?{query}")

    def change_traffic(self, **changes: JSON) -> JSON:
        """PUT ``/api/traffic``; returns the state as it is then."""
        return self._ask("PUT", "/api/traffic", changes)

    def forget_writer(self) -> None:
        """End the process that writes: the database is to be replaced, or no longer needed."""
        if self._writer:
            self._writer.communicate()
            self._writer = None

    def _start_writer(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, writer.__file__],
            env={
                **os.environ,
                **self._environment,
                "DJANGO_SETTINGS_MODULE": "logwatcher.settings",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, method: str, path: str, body: JSON = None) -> JSON:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        assert response.status == 200, answer
        return answer
