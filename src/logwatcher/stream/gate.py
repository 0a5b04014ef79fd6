"""Who may have the stream: asked when one begins, and again and again while it lasts."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from logwatcher.stream.hub import Hub

CHECK_S = 3.0
"""A stream whose session ends is ended after this at most."""

Credentials = Any
"""What a request says of who sent it; many streams may have the same. Any: the guard's own."""
Read = Callable[[Mapping[bytes, bytes]], Credentials]
Ask = Callable[[Collection[Credentials]], Awaitable[Collection[Credentials] | None]]
"""Those of the credentials that may have the stream; None: nobody can tell just now."""


class Gate:
    """In front of one hub; ``ask`` looks into the store, off the event loop."""

    def __init__(self, hub: Hub, read: Read, ask: Ask) -> None:
        self.read = read
        self._hub = hub
        self._ask = ask

    async def is_open(self, credentials: Credentials) -> bool | None:
        """Whether a stream may begin; None: nobody can tell just now."""
        allowed = await self._ask([credentials])
        return None if allowed is None else credentials in allowed

    async def run(self) -> None:
        """Check, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            await self.check()

    async def check(self) -> None:
        """End the streams of those who may not have them any more; each is asked for once."""
        asked = {subscriber.credentials for subscriber in self._hub.subscribers}
        allowed = await self._ask(asked) if asked else None
        if allowed is None:
            return
        refused = asked.difference(allowed)
        for subscriber in self._hub.subscribers:
            if subscriber.credentials in refused:
                self._hub.remove(subscriber)
