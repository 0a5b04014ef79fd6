"""The one loop per process that asks the store what changed and publishes it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from logwatcher.stream import frame
from logwatcher.stream.hub import Hub, Subscriber

TICK_S = 0.2
"""How often the store is asked: what another process commits is seen after this at most."""
SHORTEST_TICK_S = 0.1
"""Ticks begin at least this far apart: under load ten frames a second, not one per commit."""
MOST_JOINS = 8
"""Views that are made for newcomers in one tick, or those of one of them: others watch, too."""
HEARTBEAT_S = 15.0
VIEWERS_S = 1.0


class Join(NamedTuple):
    """A view that somebody begins to watch, and the revision id that he has of it."""

    view: str
    since: str


@dataclass(frozen=True, slots=True)
class News:
    """What the store answered.

    Attributes:
        id: the revision's id: that of the frame.
        revision: its number.
        now: when it was asked, seconds.
        parts: for each watched view that changed, its part of the frame.
        joins: for each join its part; None if that revision is gone: reset.
        traffic: the wanted state of the mock traffic, as the frame carries it.
        traffic_version: its version.
    """

    id: str
    revision: int
    now: float
    parts: Mapping[str, bytes] = field(default_factory=dict)
    joins: Mapping[Join, bytes | None] = field(default_factory=dict)
    traffic: Mapping[str, Any] = field(default_factory=dict)
    traffic_version: int = 0


Ask = Callable[[int | None, Sequence[str], Sequence[Join]], Awaitable[News]]
"""(revision known, views watched, joins) → news; reads the store, off the event loop."""


class Feed:
    """Publishes to ``hub`` what ``ask`` tells. Nothing is asked while nobody watches."""

    def __init__(self, hub: Hub, ask: Ask) -> None:
        self._hub = hub
        self._ask = ask
        self._revision: int | None = None
        self._traffic_version = 0
        self._heartbeat_at = 0.0
        self._viewers = 0

    def wake(self) -> None:
        """Something was committed in this process: don't wait for the next tick."""
        self._hub.stir.set()

    async def run(self) -> None:
        """Tick until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._hub.stir.clear()
            if len(self._hub):
                await self._tick()
                next_tick = loop.call_later(TICK_S, self.wake)
            else:
                self._revision = None
                next_tick = None
            await self._hub.stir.wait()
            if next_tick:
                next_tick.cancel()
            await asyncio.sleep(began + SHORTEST_TICK_S - loop.time())

    async def _tick(self) -> None:
        joining, joins = self._next()
        try:
            news = await self._ask(self._revision, self._hub.views, joins)
        except BaseException:
            for subscriber in joining:
                self._hub.add(subscriber)
            raise
        traffic = dict(news.traffic)
        is_traffic_new = news.traffic_version != self._traffic_version
        viewers = len(self._hub) + len(joining)
        head = {"now": news.now, "revision": news.id, "viewers": viewers}

        def encode(views: tuple[str, ...]) -> bytes:
            parts = [(view, news.parts[view]) for view in views if view in news.parts]
            if not parts and not is_traffic_new:
                return b""
            return frame.frame(
                head | ({"traffic": traffic} if is_traffic_new else {}), parts, news.id
            )

        self._hub.publish(encode)
        for subscriber in joining:
            self._welcome(subscriber, news, head | {"traffic": traffic})
        self._revision, self._traffic_version = news.revision, news.traffic_version
        self._beat(news.now, len(self._hub))

    def _next(self) -> tuple[list[Subscriber], list[Join]]:
        """Those whose turn it is to join, who show few views first; the others wait a tick."""
        joining: list[Subscriber] = []
        joins: set[Join] = set()
        for subscriber in sorted(self._hub.take_joining(), key=lambda one: len(one.since)):
            more = {Join(*item) for item in subscriber.since.items()} - joins
            if joining and more and len(joins) + len(more) > MOST_JOINS:
                self._hub.add(subscriber)
            else:
                joining.append(subscriber)
                joins |= more
        return joining, list(joins)

    def _welcome(self, subscriber: Subscriber, news: News, head: Mapping[str, Any]) -> None:
        """Bring a newcomer up to date and let it join, in one step of the loop."""
        if subscriber.has_ended:
            return
        parts = [(view, news.joins[Join(view, since)]) for view, since in subscriber.since.items()]
        known = [(view, part) for view, part in parts if part is not None]
        if len(known) < len(parts):
            reason = frame.encode_json({"reason": "the revision is too old, or of another store"})
            self._hub.deliver(subscriber, frame.event("reset", reason, news.id))
        else:
            self._hub.deliver(subscriber, frame.frame(head, known, news.id))
        self._hub.join(subscriber)

    def _beat(self, now: float, viewers: int) -> None:
        """Keep idle streams open, and the number of viewers true."""
        elapsed = time.monotonic() - self._heartbeat_at
        if elapsed < (VIEWERS_S if viewers != self._viewers else HEARTBEAT_S):
            return
        data = frame.encode_json({"now": now, "viewers": viewers})
        self._hub.publish(lambda _: frame.event("heartbeat", data))
        self._heartbeat_at, self._viewers = time.monotonic(), viewers
