"""One process that serves: its socket, Uvicorn, and an end without waiting for streams."""

import asyncio
import errno
import gc
import resource
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from django import conf
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.server import HANDLED_SIGNALS

from logwatcher.asgi import application
from logwatcher.protocol import Protocol
from logwatcher.runtime import Runtime, Source
from logwatcher.store.database import share_connections
from logwatcher.web.forwarded import Forwarded

BACKLOG = 2048
GRACE_S = 1
LINGER_S = 0.2
"""So long whoever has just connected may take to ask, when others answer from now on."""
MACOS_FILES = 10_240
"""So many it lets a process have, though it says that there is no limit."""
EACH_SECOND = 0
"""The number of a tick of Uvicorn's in which it does all, such as to set the header's date."""
GC_THRESHOLD = 50_000
"""Allocations between two collections: what lives long is frozen, and pauses delay frames."""


class PortTaken(OSError):
    """Another program listens there."""


class HostError(OSError):
    """This machine doesn't have the address."""


class Server(uvicorn.Server):
    """Uvicorn that ends its streams first, so that it needn't wait for them."""

    def __init__(
        self,
        settings: uvicorn.Config,
        runtime: Runtime,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(settings)
        self._runtime = runtime
        self._on_ready = on_ready
        self._wake: Callable[[], object] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then keep the garbage collector away from all that was loaded."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD, 20, 20)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. Uvicorn would raise the signal again afterwards; the exit code is ``run``'s."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self._wake()

    async def main_loop(self) -> None:
        """Until the signal. Uvicorn's own looks for it ten times a second."""
        loop, stir = asyncio.get_running_loop(), asyncio.Event()
        self._wake = partial(loop.call_soon_threadsafe, stir.set)
        while not await self.on_tick(EACH_SECOND):
            next_tick = loop.call_later(1, stir.set)
            await stir.wait()
            next_tick.cancel()
            stir.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the rest."""
        self._runtime.hub.close()
        for server in self.servers:
            server.close()
        await asyncio.sleep(LINGER_S)
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on an IP address of this machine; port 0: any free one.

    Raises:
        PortTaken: say so and offer another.
        HostError: this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} is taken; try --port {port + 1}") from None
        if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
            raise HostError(f"--host: this machine has no address {host}") from None
        raise PortTaken(f"port {port} can't be used: {error}; try --port 8000") from None
    return listener


def allow_connections() -> None:
    """As many as the machine lets this process have; by default it may have but 1024 files."""
    now, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MACOS_FILES if hard == resource.RLIM_INFINITY else hard
    if now != resource.RLIM_INFINITY and now < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def run(
    sources: Sequence[Source],
    listener: socket.socket,
    announce: Callable[[], None] = lambda: None,
    on_ready: Callable[[], None] = lambda: None,
) -> int:
    """Serve until a signal; returns the exit code.

    Args:
        sources: run meanwhile.
        listener: what is served.
        announce: called once no signal can be lost: Python's own way, an exception, ends in
            whatever callback of an import or the garbage collector it comes upon.
        on_ready: called once requests are answered.
    """
    share_connections()
    allow_connections()
    runtime = Runtime(sources)
    proxies = conf.settings.TRUSTED_PROXIES
    app: Any = application(runtime)  # Any: Uvicorn's types are narrower than ASGI's
    app = ProxyHeadersMiddleware(app, trusted_hosts=proxies)
    settings = uvicorn.Config(
        Forwarded(app, conf.settings.USER_HEADER, proxies),
        log_level="warning",
        access_log=False,
        log_config=None,  # its lines are written as ours are
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        http=Protocol,
        proxy_headers=False,  # ours stand around them
        lifespan="on",
    )
    server = Server(settings, runtime, on_ready)
    for number in HANDLED_SIGNALS:  # Uvicorn does so itself, but only once its loop runs
        signal.signal(number, server.handle_exit)
    announce()
    server.run([listener])
    return 1 if runtime.has_failed or not server.started else 0
