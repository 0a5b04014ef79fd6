"""Takes what is sent in each of the protocols, and answers when it is committed."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError

from logwatcher.core.event import Batch
from logwatcher.core.metric import Metric, by, metric
from logwatcher.core.payload import PayloadError, TooManyEvents
from logwatcher.core.privacy import STRICT, Policy
from logwatcher.pipeline import Unavailable
from logwatcher.receiver import body as bodies
from logwatcher.receiver.body import Receive
from logwatcher.receiver.events import EVENTS
from logwatcher.receiver.otlp import LOG_EXPORTS, TRACE_EXPORTS
from logwatcher.receiver.protocol import (
    Answer,
    AnswerHeaders,
    Headers,
    Protocol,
    Reader,
    Refusal,
    Taken,
)
from logwatcher.receiver.tokens import EVENTS_PER_S, Load, Tokens
from logwatcher.store.token import ANY_SERVICE, Grant

PROTOCOLS = {"/api/events": EVENTS, "/v1/traces": TRACE_EXPORTS, "/v1/logs": LOG_EXPORTS}
"""By path."""
MAX_HELD = 64 << 20
"""Bytes of all bodies that are being answered, as they were sent."""
MAX_SERVICES = 100
"""So many services of one token get a source of their own, in one process."""
OTHER_SERVICES = "(other)"
"""The source of the rest."""
COMMIT_TIMEOUT_S = 15

_SMALL = 16 << 10  # decoded where it is: a thread would take longer

Message = Any  # ASGI's scopes and messages
Send = Callable[[Message], Awaitable[None]]
Commit = Callable[[Sequence[Batch]], Awaitable[None]]


class Receiver:
    """The ASGI app; its tokens, and the memory that bodies take."""

    def __init__(self, commit: Commit, load: Load, policy: Policy = STRICT) -> None:
        """``policy``: what is kept of what is sent."""
        self._policy = policy
        self._commit = commit
        self._tokens = Tokens(load)
        self._services: dict[int, set[str]] = {}
        self._held = 0
        self._answers: Counter[str] = Counter()
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="decoder")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        protocol = PROTOCOLS[scope["path"]]
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if scope["method"] != "POST":
                raise Refusal(405, "use POST", headers=[(b"allow", b"POST")])
            answer = await self._accept(protocol, headers, receive)
        except Refusal as refusal:
            answer = protocol.refuse(refusal, headers)
        self._answers[str(answer.status)] += 1
        await respond(send, answer)

    def metrics(self) -> list[Metric]:
        """What was answered, and what is being received."""
        answers = "Bodies with requests sent over HTTP, by the status they were answered with."
        held = "Size of the bodies that are being received."
        return [
            by("status", "logwatcher_received_total", "counter", answers, self._answers),
            metric("logwatcher_received_bytes", "gauge", held, self._held),
        ]

    def close(self) -> None:
        """End the thread."""
        self._decoder.shutdown()

    async def _accept(self, protocol: Protocol, headers: Headers, receive: Receive) -> Answer:
        """Raises Refusal."""
        grant = await self._grant(headers)
        allowance = self._tokens.allowance(grant)
        if wait_s := allowance.wait_s(time.monotonic()):
            raise Refusal(
                429, f"more than {EVENTS_PER_S:g} events per second", headers=_retry(wait_s)
            )
        reader = protocol.reader(headers)
        is_gzip = bodies.is_gzip(headers)
        with self._hold(headers, reader.max_body):
            body = await bodies.read(receive, reader.max_body)
            taken = await self._decode(reader, body, is_gzip=is_gzip)
            allowance.take(1 + taken.sent)
            await self._write(self._batches(grant, taken))
        return taken.answer

    async def _grant(self, headers: Headers) -> Grant:
        scheme, _, text = headers.get(b"authorization", "").partition(" ")
        try:
            grant = await self._tokens.find(text.strip())
        except (OperationalError, InterfaceError):
            raise Refusal(503, "the database doesn't answer", headers=_retry(5)) from None
        if scheme.lower() != "bearer" or grant is None:
            raise Refusal(
                401,
                "send a valid token as: Authorization: Bearer TOKEN",
                headers=[(b"www-authenticate", b"Bearer")],
            )
        return grant

    @contextmanager
    def _hold(self, headers: Headers, most: int) -> Iterator[None]:
        """Reserve memory for the body; decompressed there is only one at a time."""
        length = headers.get(b"content-length", "")
        size = int(length) if length else most
        if size > most:
            raise bodies.too_large(most)
        if self._held + size > MAX_HELD:
            raise Refusal(503, "too much is being received", headers=_retry(1))
        self._held += size
        try:
            yield
        finally:
            self._held -= size

    async def _decode(self, reader: Reader, body: bytes, *, is_gzip: bool) -> Taken:
        now_us = time.time_ns() // 1000

        def decode() -> Taken:
            whole = bodies.decompress(body, reader.max_body) if is_gzip else body
            return reader.read(whole, now_us, self._policy)

        try:
            if len(body) <= _SMALL and not is_gzip:
                return decode()
            return await asyncio.get_running_loop().run_in_executor(self._decoder, decode)
        except TooManyEvents as error:
            raise Refusal(413, str(error)) from None
        except PayloadError as error:
            raise Refusal(400, str(error)) from None

    def _batches(self, grant: Grant, taken: Taken) -> list[Batch]:
        """One of the token's source, or one of each service."""
        key = f"{grant.id}:{taken.key}" if taken.key else ""
        if grant.source != ANY_SERVICE:
            events = [event for of in taken.events.values() for event in of]
            return [Batch(grant.source, events, key=key)] if events else []
        if "" in taken.events:
            raise Refusal(403, "this token is for OpenTelemetry; make one for a source")
        batches: dict[str, Batch] = {}
        for service, events in taken.events.items():
            source = self._source(grant, service)
            batch = batches.setdefault(source, Batch(source, [], key=f"{key}:{source}"))
            batch.events.extend(events)
        return list(batches.values())

    def _source(self, grant: Grant, service: str) -> str:
        services = self._services.setdefault(grant.id, set())
        if service not in services and len(services) >= MAX_SERVICES:
            return OTHER_SERVICES
        services.add(service)
        return service

    async def _write(self, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_S):
                await self._commit(batches)
        except Unavailable as error:
            raise Refusal(503, str(error), headers=_retry(1)) from None
        except TimeoutError:
            raise Refusal(503, "the database takes too long", headers=_retry(5)) from None


def _retry(seconds: float) -> AnswerHeaders:
    return [(b"retry-after", b"%d" % math.ceil(seconds))]


async def respond(send: Send, answer: Answer) -> None:
    """Send all of it."""
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.media_type),
                (b"content-length", b"%d" % len(answer.body)),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                *answer.headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
