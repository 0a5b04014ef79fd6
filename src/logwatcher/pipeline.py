"""Batches in, commits out: a bounded queue, and one writer that takes all that has come."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from logwatcher.core.event import Batch
from logwatcher.core.intake import Intake
from logwatcher.core.metric import Histogram, Metric, metric

QUEUED_BATCHES = 64
"""More wait at their source."""
EVENTS_PER_FLUSH = 20_000
FLUSH_S = 0.05
"""Commits begin at least this far apart, so that a trickle is not a commit per event."""
RETRY_S = (0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)

Put = Callable[[Batch], Awaitable[None]]
Write = Callable[[Sequence[Batch]], Awaitable[object]]


class Unavailable(Exception):
    """The batch was not taken, or not committed: the queue is full or the process ends."""


class _Entry(NamedTuple):
    """Batches that are committed together, and who waits for that."""

    batches: Sequence[Batch]
    commit: asyncio.Future[None] | None = None

    @property
    def size(self) -> int:
        """Of how many events."""
        return sum(len(batch.events) for batch in self.batches)


class Pipeline:
    """Takes batches from any number of sources and commits them in order.

    A database that is away or locked is waited for; what was taken is kept meanwhile,
    and the sources wait too.
    """

    def __init__(self, write: Write, on_commit: Callable[[], None]) -> None:
        self._write = write
        self._on_commit = on_commit
        self._queue: asyncio.Queue[_Entry] = asyncio.Queue(QUEUED_BATCHES)
        self._taken: list[_Entry] = []
        self._has_ended = False
        self._intake, self._flushes = Intake(), Histogram()
        self._refused = self._failed = 0

    async def put(self, batch: Batch) -> None:
        """Hand over a batch; waits while the queue is full."""
        await self._queue.put(_Entry([batch]))

    async def commit(self, batches: Sequence[Batch]) -> None:
        """Hand over batches and wait until they are committed, together with what else has come.

        Who is cancelled while waiting can't know whether they were.

        Raises:
            Unavailable: the queue is full, or the pipeline has ended before the commit.
        """
        commit = asyncio.get_running_loop().create_future()
        if self._has_ended:
            self._refused += 1
            raise Unavailable("the process is ending")
        try:
            self._queue.put_nowait(_Entry(batches, commit))
        except asyncio.QueueFull:
            self._refused += 1
            raise Unavailable("too much is waiting to be written") from None
        await commit

    async def run(self) -> None:
        """Commit until cancelled; then commit what is left, if the database takes it at once.

        Where it ends all that came before is committed and nothing after it, so that no
        position is ahead of its events.
        """
        now = asyncio.get_running_loop().time
        try:
            while True:
                self._taken = self._collect(await self._queue.get())
                began = now()
                await self._commit()
                await asyncio.sleep(began + FLUSH_S - now())
        except asyncio.CancelledError:
            await self._finish()
            raise
        finally:
            self._end()

    def metrics(self) -> list[Metric]:
        """What went through, and what waits."""
        flushes = "Commits of events, by how long the database took."
        refused = "Batches refused: the queue was full, or the process ending."
        failed = "Commits that the database did not take; each is tried again."
        queued = "Batches that wait to be committed."
        most = "Batches that may wait; sources wait with more."
        return [
            *self._intake.metrics(),
            Metric("logwatcher_flush_seconds", "histogram", flushes, self._flushes.samples()),
            metric("logwatcher_flush_failures_total", "counter", failed, self._failed),
            metric("logwatcher_refused_batches_total", "counter", refused, self._refused),
            metric("logwatcher_queued_batches", "gauge", queued, self._queue.qsize()),
            metric("logwatcher_queued_batches_max", "gauge", most, QUEUED_BATCHES),
        ]

    def _collect(self, first: _Entry) -> list[_Entry]:
        entries, events = [first], first.size
        while events < EVENTS_PER_FLUSH and not self._queue.empty():
            entries.append(self._queue.get_nowait())
            events += entries[-1].size
        return entries

    async def _commit(self) -> None:
        """Write what was taken until the database has it."""
        tries = 0
        while self._taken:
            writing = asyncio.ensure_future(self._write_taken())
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait({writing})  # its thread can't be stopped
                raise
            except (OperationalError, InterfaceError) as error:
                self._failed += 1
                delay = RETRY_S[min(tries, len(RETRY_S) - 1)]
                log.warning("the database took no events, trying again in %g s: %s", delay, error)
                await asyncio.sleep(delay)
                tries += 1

    async def _finish(self) -> None:
        try:
            while self._taken or not self._queue.empty():
                self._taken = self._taken or self._collect(self._queue.get_nowait())
                await self._write_taken()
        except (OperationalError, InterfaceError) as error:
            log.warning("the database did not take the last events: %s", error)

    async def _write_taken(self) -> None:
        batches = [batch for entry in self._taken for batch in entry.batches]
        began = time.monotonic()
        await self._write(batches)
        self._flushes.observe(time.monotonic() - began)
        self._intake.add(batches, time.time())
        for entry in self._taken:
            if entry.commit and not entry.commit.done():
                entry.commit.set_result(None)
        self._taken = []
        self._on_commit()

    def _end(self) -> None:
        """Tell those who still wait that nothing will come of it."""
        self._has_ended = True
        left = self._taken
        while not self._queue.empty():
            left.append(self._queue.get_nowait())
        for entry in left:
            if entry.commit and not entry.commit.done():
                entry.commit.set_exception(Unavailable("the process is ending"))
