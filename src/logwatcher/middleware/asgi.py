"""Watches an ASGI app: FastAPI, Starlette, or any other."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from logwatcher.middleware.record import MAX_PATH, Record, fill_in, to_route
from logwatcher.middleware.sender import Sender
from logwatcher.middleware.server import Server

Scope = MutableMapping[str, Any]  # Any: ASGI's own
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CLIENT_LEFT = 499
"""The status of a request whose client left before the answer, as NGINX has it."""


class ASGIMiddleware:
    """``app.add_middleware(ASGIMiddleware, url="http://…", token="lw.…")``."""

    def __init__(self, app: App, *, url: str, token: str) -> None:
        self.app = app
        self.sender = Sender(Server(url, token))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and record how."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, self._flush_before(send))
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(self.sender, scope, send)
        try:
            await self.app(scope, receive, answer.send)
        except BaseException as raised:
            left = isinstance(raised, asyncio.CancelledError)
            answer.end(CLIENT_LEFT if left else 500, type(raised).__name__)
            raise
        answer.end(CLIENT_LEFT)

    def _flush_before(self, send: Send) -> Send:
        """Uvicorn ends by a signal, after which no exit handler runs: so flush at the shutdown."""

        async def flush(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.get_running_loop().run_in_executor(None, self.sender.close)
            await send(message)

        return flush


class _Answer:
    """What the app sends, passed on."""

    __slots__ = ("_began", "_ended", "_has_ended", "_scope", "_send", "_sender", "_size",
                 "_status")  # fmt: skip

    def __init__(self, sender: Sender, scope: Scope, send: Send) -> None:
        self._sender = sender
        self._scope = scope
        self._send = send
        self._status = 0
        self._size = 0
        self._ended = 0.0
        self._has_ended = False
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """ASGI's send."""
        await self._send(message)
        kind = message["type"]
        if kind == "http.response.body":
            self._size += len(message.get("body", b""))
            if not message.get("more_body"):
                self._ended = time.perf_counter()
                if self._status < 500:  # else the exception behind it is still to come
                    self.end(CLIENT_LEFT)
        elif kind == "http.response.start":
            self._status = message["status"]

    def end(self, status: int, error_type: str = "") -> None:
        """Record, once; the status is that of no answer."""
        if self._has_ended:
            return
        self._has_ended = True
        scope, now = self._scope, time.perf_counter()
        ended = self._ended or now
        try:
            record = Record(
                time.time() - (now - ended),
                scope["method"],
                scope["path"][:MAX_PATH],
                _route(scope),
                self._status or status,
                ended - self._began,
                self._size,
                error_type,
            )
        except Exception:  # whatever a framework puts into its scope, the request goes on
            self._sender.drop(1)
            return
        self._sender.add(record)


def _route(scope: Scope) -> str:
    """The template as Starlette and FastAPI have left it; empty if no route was found."""
    if "endpoint" not in scope:
        return ""
    path, parameters = scope["path"], scope.get("path_params") or {}
    route = scope.get("route")
    template = getattr(route, "path", None)
    if template is None or ":path}" in template:
        return to_route(fill_in(path, parameters))
    if type(route).__name__ == "Mount":
        return to_route(fill_in(scope["root_path"], parameters) + "/{path}")
    # What mounts and routers put before it is not in it, but in the path.
    before = path.count("/") - template.count("/")
    if before <= 0:
        return to_route(template)
    prefix = "/".join(path.split("/", before + 1)[: before + 1])
    return to_route(fill_in(prefix, parameters) + template)
