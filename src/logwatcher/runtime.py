"""What one process does besides answering: its sources, its writer and its feed, as tasks."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

from logwatcher.core.event import Batch
from logwatcher.core.metric import Metric
from logwatcher.monitor import process
from logwatcher.monitor.metrics import Inquiry, Metrics
from logwatcher.monitor.peers import Peers
from logwatcher.monitor.probe import Probe
from logwatcher.pipeline import Pipeline, Put
from logwatcher.receiver import Receiver
from logwatcher.store import database, keeper, migrated, reader, token, writer
from logwatcher.store.database import READER
from logwatcher.store.keeper import Keeper
from logwatcher.store.thread import StoreThread
from logwatcher.store.token import Grant
from logwatcher.stream.feed import Feed, Join, News
from logwatcher.stream.gate import Gate
from logwatcher.stream.hub import Hub, Message, Send
from logwatcher.web import guard
from logwatcher.web.guard import Credentials
from logwatcher.web.live import Watch

Source = Callable[[Put], Coroutine[Any, Any, None]]  # Any: as create_task has it
"""Puts batches until it is cancelled."""

log = logging.getLogger(__name__)


class Runtime:
    """The tasks of one process. If one fails by a bug, the process ends and says so."""

    def __init__(self, sources: Sequence[Source] = ()) -> None:
        self.hub = Hub()
        self.has_failed = False
        self._sources = sources
        self._watch = Watch()
        self._reading, self._writing = StoreThread("reader"), StoreThread("writer")
        self._keeping = StoreThread("keeper")
        self._keeper = Keeper(keeper.wanted_limits())
        self._guarding, self._probing = StoreThread("guard"), StoreThread("probe")
        self._feed = Feed(self.hub, self._ask)
        self.gate = Gate(self.hub, guard.credentials, self._ask_guard)
        self._pipeline = Pipeline(self._write, self._feed.wake)
        self._working: asyncio.Task[None] | None = None
        self.probe = Probe(self._ask_migrated, self._is_working, lambda: self.hub.is_closed)
        self._peers = Peers(settings.WORKER, settings.WORKER_SOCKETS, self.collect)
        self.metrics = Metrics(guard.credentials, self._ask_metrics, self._peers.figures)
        self.receiver = Receiver(self._pipeline.commit, self._load_tokens, settings.PRIVACY)

    async def lifespan(self, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        """ASGI's lifespan: work between start-up and shutdown."""
        await receive()
        await self._peers.open()
        self._working = work = asyncio.create_task(self._work())
        stop = asyncio.ensure_future(receive())
        await send({"type": "lifespan.startup.complete"})
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if work.done() and not work.cancelled():
            self.has_failed = True
            log.critical("logwatcher stops because of a bug", exc_info=work.exception())
            self.hub.close()
            signal.raise_signal(signal.SIGTERM)
            await stop
        self.hub.close()
        await asyncio.to_thread(database.hurry)
        work.cancel()
        await asyncio.wait({work})
        self._peers.close()
        self.receiver.close()
        await self._reading.close()
        await self._writing.close()
        await self._keeping.call(self._keeper.close)
        await self._keeping.close()
        await self._guarding.close()
        self.probe.close()
        await self._probing.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _work(self) -> None:
        """Sources first to stop, then the writer, which commits what they put."""
        async with asyncio.TaskGroup() as outer:
            feed = outer.create_task(self._keep_asking())
            gate = outer.create_task(self.gate.run())
            pipeline = outer.create_task(self._pipeline.run())
            limits = outer.create_task(self._keep_limits())
            try:
                async with asyncio.TaskGroup() as inner:
                    for source in self._sources:
                        inner.create_task(source(self._pipeline.put))
                    await asyncio.Event().wait()  # until cancelled, even without a source
            finally:
                limits.cancel()
                feed.cancel()
                gate.cancel()
                pipeline.cancel()

    async def _keep_asking(self) -> None:
        """The feed; while the database is away its streams are silent and browsers say so."""
        while True:
            try:
                await self._feed.run()
            except (OperationalError, InterfaceError) as error:
                log.warning("the database doesn't answer, asking again in 1 s: %s", error)
                await asyncio.sleep(1)

    async def _keep_limits(self) -> None:
        """Delete old data, a little at a time."""
        while True:
            pause = await self._keeping.call(self._keeper.step)
            await asyncio.sleep(pause)

    async def _ask(self, since: int | None, views: Sequence[str], joins: Sequence[Join]) -> News:
        return await self._reading.call(self._watch.news, since, views, joins)

    async def _ask_guard(self, all_: Collection[Credentials]) -> set[Credentials] | None:
        try:
            return await self._guarding.call(guard.who_may_stream, all_)
        except (OperationalError, InterfaceError):
            return None

    def _is_working(self) -> bool:
        return self._working is not None and not self._working.done()

    async def _ask_migrated(self) -> bool:
        return not (await self._probing.call(migrated.look, READER)).missing

    async def _ask_metrics(self, of: Credentials) -> Inquiry:
        return await self._probing.call(_inquire, of)

    def collect(self) -> list[Metric]:
        """What each part tells of itself."""
        threads = (self._reading, self._writing, self._keeping, self._guarding, self._probing)
        took = "Calls of the database, by the thread that makes them."
        samples = [sample for thread in threads for sample in thread.samples()]
        return [
            *self._pipeline.metrics(),
            *self.hub.metrics(),
            *self.receiver.metrics(),
            Metric("logwatcher_database_seconds", "summary", took, samples),
            *process.metrics(),
        ]

    async def _write(self, batches: Sequence[Batch]) -> int:
        return await self._writing.call(writer.write, batches)

    async def _load_tokens(self) -> dict[int, Grant]:
        return await self._reading.call(token.grants)


def _inquire(of: Credentials) -> Inquiry:
    return Inquiry(guard.may_have_metrics(of), reader.head().revision)
