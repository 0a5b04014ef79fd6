"""Requests that servers send by syslog, over UDP and TCP."""

import asyncio
import logging
import socket
import struct
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from logwatcher.core.event import Batch
from logwatcher.core.health import REPORT_S
from logwatcher.core.syslog import Framer, FramingError
from logwatcher.sources.address import Sockets
from logwatcher.sources.inbox import Inbox
from logwatcher.sources.sender import Senders

MAX_CONNECTIONS = 100
IDLE_S = 60.0
"""Who was silent for so long makes room for a further connection."""
BATCH_S = 0.05
"""Batches begin at least this far apart, so that a trickle is not a batch per request."""
TELL_S = 10.0
STOP_S = 1.0
"""For so long the last batches may wait for the pipeline."""

_CHUNK = 64 * 1024
_DATAGRAMS = 5000
"""Read at once: more than are parsed, so that a burst waits here, where there is more room."""
_RETRY_S = 1.0
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("@9I")  # the last one: datagrams that Linux had no room for

Put = Callable[[Batch], Awaitable[None]]

log = logging.getLogger(__name__)


class Syslog:
    """A source: what comes over these sockets, until cancelled.

    While the pipeline is slow, TCP's senders wait, and of what comes by UDP all that has no
    room is lost; how much that was is told.
    """

    def __init__(
        self,
        sockets: Sockets,
        senders: Senders,
        *,
        idle_s: float = IDLE_S,
        tell_s: float = TELL_S,
    ) -> None:
        """Listen, once called.

        Args:
            sockets: closed in the end.
            senders: read what comes.
            idle_s: who was silent for so long makes room for a further connection.
            tell_s: between two reports of what was lost.
        """
        self._sockets = sockets
        self._senders = senders
        self._idle_s = idle_s
        self._tell_s = tell_s
        self._inbox = Inbox()
        self._ready: deque[Batch] = deque()
        self._connections: dict[socket.socket, float] = {}  # since when each has been silent
        self._lost = self._lost_before = self._dropped = self._refused = self._broken = 0
        self._break = ""  # why the last one

    async def __call__(self, put: Put) -> None:
        """Put batch after batch."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._sockets.udp, self._receive)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._accept(group))
                group.create_task(self._report(put))
                group.create_task(self._keep_telling())
                await self._deliver(put)
        finally:
            loop.remove_reader(self._sockets.udp)
            await self._finish(put)
            self._tell()
            self._sockets.close()

    async def _deliver(self, put: Put) -> None:
        now = asyncio.get_running_loop().time
        while True:
            await self._inbox.wait()
            began = now()
            while self._inbox.size:
                await self._put_some(put)
                await asyncio.sleep(0)  # others' turn
            await asyncio.sleep(began + BATCH_S - now())

    async def _put_some(self, put: Put) -> None:
        """Put what was read but not taken so far, then some more."""
        if not self._ready:
            self._ready.extend(self._senders.read(self._inbox.take()))
        while self._ready:
            await put(self._ready[0])
            self._ready.popleft()

    async def _finish(self, put: Put) -> None:
        """Put what has come, unless nobody takes it."""
        try:
            async with asyncio.timeout(STOP_S):
                while self._receive() or self._ready or self._inbox.size:
                    await self._put_some(put)
        except TimeoutError:
            log.warning("syslog: the last messages are lost: they were not taken in %g s", STOP_S)

    def _receive(self) -> bool:
        """Take some of the datagrams that are there; returns whether there may be more."""
        for _ in range(_DATAGRAMS):
            try:
                message = self._sockets.udp.recv(_CHUNK)
            except BlockingIOError:
                return False
            if self._inbox.is_full:
                self._lost += 1
            else:
                self._inbox.add(message)
        return True

    async def _accept(self, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._sockets.tcp)
            except OSError as error:  # no file descriptor is left, or the client is gone again
                log.warning("syslog: no connection is taken for %g s: %s", _RETRY_S, error)
                await asyncio.sleep(_RETRY_S)
                continue
            if self._has_room(loop.time()):
                self._connections[connection] = loop.time()
                group.create_task(self._serve(connection))
            else:
                connection.close()
                self._refused += 1

    def _has_room(self, now: float) -> bool:
        """Whether a further connection is taken; the idlest one may have to end for it."""
        if len(self._connections) < MAX_CONNECTIONS:
            return True
        idlest = min(self._connections, key=self._connections.__getitem__)
        if now - self._connections[idlest] < self._idle_s:
            return False
        del self._connections[idlest]
        with suppress(OSError):  # it has just ended by itself
            idlest.shutdown(socket.SHUT_RDWR)
        return True

    async def _serve(self, connection: socket.socket) -> None:
        framer = Framer()
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await self._read(connection, framer)
        except (FramingError, OSError) as error:
            self._broken += 1
            self._break = str(error)
        finally:
            self._connections.pop(connection, None)
            self._dropped += framer.dropped
            connection.close()

    async def _read(self, connection: socket.socket, framer: Framer) -> None:
        """Read until its end, and no faster than messages are taken."""
        loop = asyncio.get_running_loop()
        while chunk := await loop.sock_recv(connection, _CHUNK):
            await self._inbox.put(framer.feed(chunk))
            if connection in self._connections:
                self._connections[connection] = loop.time()
        await self._inbox.put(framer.flush())

    async def _report(self, put: Put) -> None:
        while True:
            for batch in self._senders.reports():
                await put(batch)
            await asyncio.sleep(REPORT_S)

    async def _keep_telling(self) -> None:
        while True:
            await asyncio.sleep(self._tell_s)
            self._tell()

    def _tell(self) -> None:
        """Say what was lost since the last time."""
        before, self._lost_before = self._lost_before, self._lost + _without_room(self._sockets.udp)
        if lost := self._lost_before - before:
            log.warning("syslog: messages lost by UDP, too fast for it: %d; by TCP none are", lost)
        if self._dropped:
            log.warning("syslog: messages dropped, too long or cut off: %d", self._dropped)
        if self._refused:
            log.warning(
                "syslog: connections refused, more than %d: %d", MAX_CONNECTIONS, self._refused
            )
        if self._broken:
            log.warning(
                "syslog: connections broken: %d, the last one by: %s", self._broken, self._break
            )
        self._dropped = self._refused = self._broken = 0


def _without_room(udp: socket.socket) -> int:
    """Datagrams that the system had no room for; where it doesn't say so, 0."""
    if sys.platform != "linux":
        return 0
    return int(_MEMINFO.unpack(udp.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[-1])
