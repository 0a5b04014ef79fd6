"""Batches in, commits out: a bounded queue, and one writer that takes all that has come."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from django.db import InterfaceError, OperationalError

from logwatcher.core.event import Batch

QUEUED_BATCHES = 64
"""More wait at their source."""
EVENTS_PER_FLUSH = 20_000
FLUSH_S = 0.05
"""Commits begin at least this far apart, so that a trickle is not a commit per event."""
RETRY_S = (0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)

Put = Callable[[Batch], Awaitable[None]]
Write = Callable[[Sequence[Batch]], Awaitable[object]]


class Pipeline:
    """Takes batches from any number of sources and commits them in order.

    A database that is away or locked is waited for; what was taken is kept meanwhile,
    and the sources wait too.
    """

    def __init__(self, write: Write, on_commit: Callable[[], None]) -> None:
        self._write = write
        self._on_commit = on_commit
        self._queue: asyncio.Queue[Batch] = asyncio.Queue(QUEUED_BATCHES)

    async def put(self, batch: Batch) -> None:
        """Hand over a batch; waits while the queue is full."""
        await self._queue.put(batch)

    async def run(self) -> None:
        """Commit until cancelled; then commit what is still queued, if the database takes it."""
        try:
            while True:
                batches = self._collect(await self._queue.get())
                await self._commit(batches)
                await asyncio.sleep(FLUSH_S)
        finally:
            while not self._queue.empty():
                await self._write(self._collect(self._queue.get_nowait()))

    def _collect(self, first: Batch) -> list[Batch]:
        batches, events = [first], len(first.events)
        while events < EVENTS_PER_FLUSH and not self._queue.empty():
            batches.append(self._queue.get_nowait())
            events += len(batches[-1].events)
        return batches

    async def _commit(self, batches: Sequence[Batch]) -> None:
        tries = 0
        while True:
            try:
                await asyncio.shield(self._write(batches))
            except (OperationalError, InterfaceError) as error:
                delay = RETRY_S[min(tries, len(RETRY_S) - 1)]
                log.warning("the database took no events, trying again in %g s: %s", delay, error)
                await asyncio.sleep(delay)
                tries += 1
            else:
                self._on_commit()
                return
