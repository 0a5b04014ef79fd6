"""For a Django project under Uvicorn with many viewers: the stream is pushed, without Django.

Django, with all of the project's middleware, still decides who may have it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from django.db import InterfaceError, OperationalError

from logwatcher.middleware import sender
from logwatcher.store.thread import StoreThread
from logwatcher.stream import frame
from logwatcher.stream.feed import Feed, Join, News
from logwatcher.stream.hub import Hub, Message, Send
from logwatcher.stream.live import Live, Receive
from logwatcher.web.live import Watch
from logwatcher.web.poll import OFFER, TAKEN, Offer

LIFE_S = 30.0
"""A stream ends after this, and its browser asks anew: so it is refused to who is signed out
meanwhile, and a server that waits for its streams when it is to end does not wait long."""
RETRY_S = 1.0

Application = Callable[..., Awaitable[None]]

log = logging.getLogger(__name__)


class Pusher:
    """Around the application of a project; ``push`` makes one.

    Under another server than Uvicorn, or behind what wraps its ``send``, browsers go on polling.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._hub = Hub()
        self._live = Live(self._hub)
        self._watch = Watch()
        self._reading = StoreThread("logwatcher-reader")
        self._feed = Feed(self._hub, self._ask)
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let the project answer, and go on where it answers that the stream may be pushed."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http" or self._hub.is_closed or not _never_waits(send):
            await self._application(scope, receive, send)
            return
        offer, is_taken = Offer(), False

        async def pass_on(message: Message) -> None:
            nonlocal is_taken
            if message["type"] == "http.response.start":
                is_taken = offer.is_taken and message["status"] == TAKEN
            if not is_taken:
                await send(message)

        await self._application({**scope, OFFER: offer}, receive, pass_on)
        if is_taken:
            await self._push(scope, receive, send)

    async def _push(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._asking is None:
            self._asking = asyncio.create_task(self._keep_asking())
            self._asking.add_done_callback(self._conclude)
        try:
            async with asyncio.timeout(LIFE_S):
                await self._live(scope, receive, send)
        except TimeoutError:
            again = frame.encode_json({"pause": 0, "at": time.time()})
            await _end(send, frame.event("again", again))
        except asyncio.CancelledError:  # Uvicorn ends, and has waited for its streams long enough
            await _end(send)

    async def _keep_asking(self) -> None:
        """The feed; while the database is away its streams are silent and browsers say so."""
        while True:
            try:
                await self._feed.run()
            except (OperationalError, InterfaceError) as error:
                log.warning("the database doesn't answer, asking again in %g s: %s", RETRY_S, error)
                await asyncio.sleep(RETRY_S)

    def _conclude(self, asking: asyncio.Task[None]) -> None:
        """After a bug nothing is pushed any more: browsers poll, and it meets only whose it is."""
        if asking.cancelled():
            return
        log.critical("nothing is pushed any more because of a bug", exc_info=asking.exception())
        self._hub.close()

    async def _ask(self, since: int | None, views: Sequence[str], joins: Sequence[Join]) -> News:
        return await self._reading.call(self._watch.news, since, views, joins)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Django knows none; here the last records of the middleware are written, too."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._hub.close()
        if self._asking:
            self._asking.cancel()
            await asyncio.wait({self._asking})
        await self._reading.close()
        await asyncio.to_thread(sender.close_all)
        await send({"type": "lifespan.shutdown.complete"})


async def _end(send: Send, last: bytes = b"") -> None:
    await send({"type": "http.response.body", "body": last, "more_body": False})


def _never_waits(send: Send) -> bool:
    """Whether the hub may step it: Uvicorn's own waits only for a client that reads nothing."""
    return type(getattr(send, "__self__", None)).__module__.startswith("uvicorn.")
