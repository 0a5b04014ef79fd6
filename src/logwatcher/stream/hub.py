"""Who is connected, and how a frame reaches all of them without waiting for any."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from logwatcher.core.metric import Metric, metric

Message = Mapping[str, Any]  # Any: ASGI's own shape
Send = Callable[[Message], Awaitable[None]]


def _wake_nobody() -> None:
    pass


@dataclass(slots=True, eq=False)
class Subscriber:
    """One connection of one browser. There are thousands: each object that one has counts.

    Attributes:
        since: the views it shows, each with the revision id it has (empty: none).
        send: ASGI's.
        credentials: what it said of who it is.
        wake: called when it ends, unless by itself.
        has_ended: nothing more is sent: the hub closed, or the client was too slow, or is gone.
        is_slow: it did not take what was sent; the connection is not worth a goodbye.
    """

    since: Mapping[str, str]
    send: Send
    credentials: Hashable = None
    wake: Callable[[], object] = _wake_nobody
    has_ended: bool = False
    is_slow: bool = False

    @property
    def views(self) -> tuple[str, ...]:
        """The views shown; also the key under which a frame is encoded once for many."""
        return tuple(self.since)

    def end(self) -> None:
        """Send nothing more; again is no error."""
        if not self.has_ended:
            self.has_ended = True
            self.wake()


Group = dict[Subscriber, None]


class Hub:
    """All subscribers of this process; used from its event loop only.

    Attributes:
        is_closed: no stream begins or goes on.
        stir: set when somebody waits for a first frame; whoever publishes looks then.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self._joining: list[Subscriber] = []
        self._joined: dict[tuple[str, ...], Group] = {}  # by the views they show
        self.stir = asyncio.Event()
        self._frames = self._deliveries = self._bytes = self._slow = 0

    def __len__(self) -> int:
        return sum(map(len, self._joined.values())) + len(self._joining)

    @property
    def subscribers(self) -> list[Subscriber]:
        """Everyone, joined or joining."""
        return [*chain.from_iterable(self._joined.values()), *self._joining]

    @property
    def views(self) -> list[str]:
        """The views that someone who has joined shows."""
        return list(dict.fromkeys(chain.from_iterable(self._joined)))

    def add(self, subscriber: Subscriber) -> bool:
        """Let a subscriber wait for its first frame, which ``take_joining`` asks for.

        False: the hub is closed, and the stream has ended.
        """
        if self.is_closed:
            subscriber.end()
            return False
        self._joining.append(subscriber)
        self.stir.set()
        return True

    def take_joining(self) -> list[Subscriber]:
        """Those who wait for a first frame; after it ``join`` them."""
        joining, self._joining = self._joining, []
        return joining

    def join(self, subscriber: Subscriber) -> None:
        """From now on the subscriber gets what is published."""
        if self.is_closed:
            subscriber.end()
        elif not subscriber.has_ended:
            self._joined.setdefault(subscriber.views, {})[subscriber] = None

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a subscriber; again is no error."""
        subscriber.end()
        if subscriber in self._joining:
            self._joining.remove(subscriber)
        group = self._joined.get(subscriber.views, {})
        group.pop(subscriber, None)
        if not group:
            self._joined.pop(subscriber.views, None)

    def publish(self, encode: Callable[[tuple[str, ...]], bytes]) -> None:
        """Send everyone what ``encode`` makes for their views; empty: nothing to say.

        Encoded once per set of views, and no one is waited for.
        """
        for views, group in list(self._joined.items()):
            if not (body := encode(views)):
                continue
            self._frames += 1
            for subscriber in list(group):
                self.deliver(subscriber, body)

    def deliver(self, subscriber: Subscriber, body: bytes) -> None:
        """Hand one subscriber some bytes now, or drop it.

        ``send`` is stepped once instead of awaited: Uvicorn's only waits when the client
        has left more than the write buffer's limit unread. Such a client is dropped; it
        reconnects and catches up. A task or queue per client costs twice the CPU.
        """
        sending = subscriber.send({"type": "http.response.body", "body": body, "more_body": True})
        step = sending.__await__()
        try:
            next(step)
        except StopIteration:
            self._deliveries += 1
            self._bytes += len(body)
            return
        except OSError:
            self.remove(subscriber)
            return
        step.close()
        subscriber.is_slow = True
        self._slow += 1
        self.remove(subscriber)

    def metrics(self) -> list[Metric]:
        """Who is there, and what was sent."""
        frames = "Frames, heartbeats included, encoded once for all who show the same."
        slow = "Streams ended since the client did not read what it was sent."
        return [
            metric("logwatcher_subscribers", "gauge", "Open streams.", len(self)),
            metric("logwatcher_frames_total", "counter", frames, self._frames),
            metric(
                "logwatcher_deliveries_total",
                "counter",
                "Frames handed to a client.",
                self._deliveries,
            ),
            metric("logwatcher_delivered_bytes_total", "counter", "Their size.", self._bytes),
            metric("logwatcher_slow_clients_total", "counter", slow, self._slow),
        ]

    def close(self) -> None:
        """End every stream, and each one that comes later."""
        self.is_closed = True
        for subscriber in self.subscribers:
            self.remove(subscriber)
