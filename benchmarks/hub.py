"""Our hub and feed behind Uvicorn, with a frame a second from no store.

    python -m benchmarks.hub PORT

What a process of ours does for its viewers, without what it asks the database for: the others
publish what they are given, too.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import django
import uvicorn

from logwatcher.stream.feed import Feed, Join, News
from logwatcher.stream.hub import Hub
from logwatcher.stream.live import Live

PAYLOAD = "x" * 2000


class Ask:
    """A store in which something changes once a second."""

    def __init__(self) -> None:
        self._next = time.monotonic()

    async def __call__(
        self, since: int | None, views: Sequence[str], joins: Sequence[Join]
    ) -> News:
        """All views changed, or nothing."""
        now = time.monotonic()
        parts = {}
        if now >= self._next:
            self._next = max(self._next + 1, now)
            data = json.dumps({"at": time.monotonic_ns(), "payload": PAYLOAD}).encode()
            parts = dict.fromkeys(views, data)
        return News("s-1", 1, now, parts, dict.fromkeys(joins, b"{}"))


def main() -> None:
    """As ``server.run`` does it."""
    django.setup()
    from logwatcher.runtime import Runtime
    from logwatcher.server import Server, listen

    hub = Hub()
    feed, live = Feed(hub, Ask()), Live(hub)

    async def app(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI's own
        if scope["type"] == "lifespan":
            await receive()
            task = asyncio.create_task(feed.run())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            task.cancel()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await live(scope, receive, send)

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, lifespan="on"
    )
    runtime = cast(Runtime, SimpleNamespace(hub=hub))  # all that the server wants of it
    Server(config, runtime).run([listen("127.0.0.1", int(sys.argv[1]))])


if __name__ == "__main__":
    main()
