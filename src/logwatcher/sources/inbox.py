"""Messages that have come and wait to be read, with a bound on their memory."""

import asyncio
from collections import deque
from collections.abc import Iterable

MAX_WAITING = 16 * 1024 * 1024
"""Bytes, each message's ``OVERHEAD`` included."""
OVERHEAD = 64
MAX_TAKEN = 500
"""Messages, so that the event loop is not held up for long."""
MAX_TAKEN_BYTES = 256 * 1024


class Inbox:
    """First in, first out; who can wait waits while it is full.

    Attributes:
        size: bytes of all that wait, each one's ``OVERHEAD`` included.
    """

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._messages: deque[bytes] = deque()
        self.size = 0
        self._has_some = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    @property
    def is_full(self) -> bool:
        """Whether nothing should be added."""
        return self.size >= self._limit

    def add(self, message: bytes) -> None:
        """Add it, full or not."""
        self._messages.append(message)
        self.size += len(message) + OVERHEAD
        self._has_some.set()
        if self.is_full:
            self._has_room.clear()

    async def put(self, messages: Iterable[bytes]) -> None:
        """Add them, each as soon as there is room."""
        for message in messages:
            await self._has_room.wait()
            self.add(message)

    async def wait(self) -> None:
        """Return once there is something to take."""
        await self._has_some.wait()

    def take(self) -> list[bytes]:
        """The oldest ones, at most ``MAX_TAKEN`` and, from the second one on, so many bytes."""
        taken: list[bytes] = []
        size = 0
        while self._messages and len(taken) < MAX_TAKEN and size < MAX_TAKEN_BYTES:
            taken.append(self._messages.popleft())
            size += len(taken[-1])
        self.size -= size + OVERHEAD * len(taken)
        if not self._messages:
            self._has_some.clear()
        if not self.is_full:
            self._has_room.set()
        return taken
