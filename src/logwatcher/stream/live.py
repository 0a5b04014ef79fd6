"""The stream's endpoint: a small ASGI app in front of Django, without a thread per client."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import cast
from urllib.parse import parse_qsl

from logwatcher.core import view
from logwatcher.core.view import ViewError
from logwatcher.stream import frame
from logwatcher.stream.gate import Gate
from logwatcher.stream.hub import Hub, Message, Send, Subscriber

MAX_VIEWS = 32
RETRY_MS = (1000, 5000)
"""Browsers come back spread over this time after a restart."""

Receive = Callable[[], Awaitable[Message]]


def subscriptions(query: bytes, last_event_id: str) -> dict[str, str]:
    """The canonical views asked for, each with the revision id that the client has of it.

    ``view=…&since=…`` repeated; a ``since`` belongs to the view before it. The id of
    the last event, which the browser sends when it reconnects, is newer than any of them.

    Raises:
        ViewError: a view that can't be shown, too many of them, or none.
    """
    result: dict[str, str] = {}
    latest = None
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name == "view":
            latest = view.parse(dict(parse_qsl(value))).stream.query()
            result[latest] = last_event_id
        elif name == "since" and latest is not None and not last_event_id:
            result[latest] = value
    if not 1 <= len(result) <= MAX_VIEWS:
        raise ViewError("view", f"{len(result)} views", f"1 to {MAX_VIEWS} of them")
    return result


class Live:
    """``GET /api/live``: frames of one or more views until the client goes or the hub closes."""

    def __init__(self, hub: Hub, gate: Gate | None = None) -> None:
        """``gate`` says who may have it; None: somebody else has said so already."""
        self._hub = hub
        self._gate = gate

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if subscriber := await self._admit(scope, send):
            await self._stream(subscriber, receive, is_head=scope["method"] == "HEAD")

    async def _admit(self, scope: Message, send: Send) -> Subscriber | None:
        """None: it may not have the stream, and has been told why."""
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, {"error": "use GET"}, [(b"allow", b"GET, HEAD")])
            return None
        headers = dict(scope["headers"])
        last_event_id = headers.get(b"last-event-id", b"").decode("latin-1")
        try:
            since = subscriptions(scope["query_string"], last_event_id)
        except ViewError as error:
            body = {"error": str(error), "parameter": error.parameter, "allowed": error.allowed}
            await _answer(send, 400, body)
            return None
        if self._hub.is_closed:
            await _answer(send, 503, {"error": "shutting down"}, [(b"retry-after", b"2")])
            return None
        subscriber = Subscriber(since, send)
        if self._gate is None or await self._passes(self._gate, subscriber, headers):
            return subscriber
        return None

    async def _passes(
        self, gate: Gate, subscriber: Subscriber, headers: Mapping[bytes, bytes]
    ) -> bool:
        """Whether it may have the stream; else it has been answered."""
        subscriber.credentials = gate.read(headers)
        is_open = await gate.is_open(subscriber.credentials)
        if is_open is None:
            body = {"error": "the database doesn't answer"}
            await _answer(subscriber.send, 503, body, [(b"retry-after", b"5")])
        elif not is_open:
            body = {"error": "log in, or send a token that may read"}
            await _answer(subscriber.send, 401, body, [(b"www-authenticate", b"Bearer")])
        return bool(is_open)

    async def _stream(self, subscriber: Subscriber, receive: Receive, *, is_head: bool) -> None:
        send = subscriber.send
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                    (b"x-content-type-options", b"nosniff"),
                ],
            }
        )
        first = b"" if is_head else frame.retry(random.randint(*RETRY_MS))
        await send({"type": "http.response.body", "body": first, "more_body": not is_head})
        if is_head:
            return
        try:
            await self._wait(subscriber, receive)
        finally:
            subscriber.has_ended = True
            self._hub.remove(subscriber)
        if subscriber.is_slow:
            _abort(send)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _wait(self, subscriber: Subscriber, receive: Receive) -> None:
        """Until the client goes or the hub ends it, in one task: another takes 2 kB a viewer."""
        if not self._hub.add(subscriber):
            return
        task = cast("asyncio.Task[None]", asyncio.current_task())
        subscriber.wake = task.cancel
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not subscriber.has_ended:
                raise
            task.uncancel()


def _abort(send: Send) -> None:
    """Cut a client that reads nothing: a polite end would wait for it.

    ASGI has no word for this; Uvicorn's ``send`` is a method of what holds the transport.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()


async def _answer(
    send: Send, status: int, body: frame.JSON, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    data = frame.encode_json(body)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(data)),
                *(headers or []),
            ],
        }
    )
    await send({"type": "http.response.body", "body": data})
