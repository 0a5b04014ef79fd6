"""Our whole server on a new SQLite database, and a sender's tokens for it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.server import PROGRAM, Server


class Serving(NamedTuple):
    """A server that listens, and the tokens that were asked for."""

    server: Server
    tokens: list[str]

    @property
    def port(self) -> int:
        """On the loopback interface."""
        return urlsplit(self.server.url).port or 0


@contextmanager
def serving(tokens: int = 1) -> Iterator[Serving]:
    """While the block runs; nothing is left of it."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/logwatcher.sqlite3"
        server = Server(Path(folder), url, ["demo"])
        server.start()
        try:
            yield Serving(server, [_create_token(folder, url) for _ in range(tokens)])
        finally:
            server.stop()


def headers(token: str) -> dict[str, str]:
    """Of a batch of events."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _create_token(folder: str, url: str) -> str:
    return subprocess.run(
        [PROGRAM, "token", "create", "bench"],
        env={**os.environ, "LOGWATCHER_DATA": folder, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
