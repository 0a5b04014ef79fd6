"""``POST /api/events``: requests sent over HTTP, answered when they are committed.

A small ASGI app in front of Django, since it is as hot as reading a file.
"""

import asyncio
import json
import math
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.db import InterfaceError, OperationalError

from logwatcher.core import payload
from logwatcher.core.event import Batch
from logwatcher.core.limit import Allowance
from logwatcher.core.payload import Payload, PayloadError, TooManyEvents
from logwatcher.core.privacy import STRICT, Policy
from logwatcher.pipeline import Unavailable
from logwatcher.store import token
from logwatcher.store.token import Grant

MAX_BODY = 4 << 20
"""Bytes of a body, before and after decompression."""
MAX_HELD = 64 << 20
"""Bytes of all bodies that are being answered."""
EVENTS_PER_S = 100_000.0
"""Of one token, in one process."""
READ_TIMEOUT_S = 30
COMMIT_TIMEOUT_S = 15
REFRESH_S, MISSED_S = 2.0, 0.2
"""Tokens are read again when they are this old; after an unknown one, sooner."""
MAX_KEY = 200

_TYPES = {
    "application/json": False,
    "application/x-ndjson": True,
    "application/ndjson": True,
    "application/jsonl": True,
    "application/x-jsonlines": True,
}
"""Media types, and whether each has an event per line."""
_SMALL = 16 << 10  # decoded where it is: a thread would take longer
_GZIP = 31

Message = Any  # ASGI's scopes and messages
JSON = dict[str, object]
Headers = Sequence[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Commit = Callable[[Batch], Awaitable[None]]
Load = Callable[[], Awaitable[dict[int, Grant]]]


class Refusal(Exception):
    """An answer that isn't 202."""

    def __init__(self, status: int, error: str, *, headers: Headers = (), **more: object) -> None:
        self.status = status
        self.body: JSON = {"error": error, **more}
        self.headers = headers
        super().__init__(error)


class Tokens:
    """The valid tokens, read from the store now and then, and how fast each has been used."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._lock = asyncio.Lock()
        self._grants: dict[int, Grant] = {}
        self._allowances: dict[int, Allowance] = {}
        self._read_at = -math.inf

    async def find(self, text: str) -> Grant | None:
        """What this token allows; None if it is not valid."""
        if (token_id := token.id_of(text)) is None:
            return None
        await self._refresh(REFRESH_S)
        if token_id not in self._grants:
            await self._refresh(MISSED_S)  # it may be new
        grant = self._grants.get(token_id)
        return grant if grant and token.is_valid(text, grant) else None

    def allowance(self, grant: Grant) -> Allowance:
        """The grant's own."""
        new = Allowance(EVENTS_PER_S, EVENTS_PER_S, time.monotonic())
        return self._allowances.setdefault(grant.id, new)

    async def _refresh(self, age_s: float) -> None:
        async with self._lock:
            if time.monotonic() - self._read_at < age_s:
                return
            self._grants = await self._load()
            self._allowances = {
                token_id: allowance
                for token_id, allowance in self._allowances.items()
                if token_id in self._grants
            }
            self._read_at = time.monotonic()


class Receiver:
    """Takes events, and answers 202 when they are committed."""

    def __init__(self, commit: Commit, load: Load, policy: Policy = STRICT) -> None:
        """``policy``: what is kept of what is sent."""
        self._policy = policy
        self._commit = commit
        self._tokens = Tokens(load)
        self._held = 0
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="decoder")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if scope["method"] != "POST":
                raise Refusal(405, "use POST", headers=[(b"allow", b"POST")])
            found = await self._accept(headers, receive)
        except Refusal as refusal:
            await _answer(send, refusal.status, refusal.body, refusal.headers)
            return
        rejected = [asdict(one) for one in found.rejected]
        await _answer(send, 202, {"accepted": len(found.events), "rejected": rejected})

    def close(self) -> None:
        """End the thread."""
        self._decoder.shutdown()

    async def _accept(self, headers: dict[bytes, str], receive: Receive) -> Payload:
        """Raises Refusal unless something was committed."""
        grant = await self._grant(headers)
        allowance = self._tokens.allowance(grant)
        if wait_s := allowance.wait_s(time.monotonic()):
            raise Refusal(
                429, f"more than {EVENTS_PER_S:g} events per second", headers=_retry(wait_s)
            )
        is_lines = _is_lines(headers)
        is_gzip = _is_gzip(headers)
        key = _key(headers)
        with self._hold(headers, is_gzip=is_gzip):
            body = await _read(receive)
            found = await self._decode(body, is_lines=is_lines, is_gzip=is_gzip)
            allowance.take(1 + len(found.events) + found.wrong)
            if not found.events:
                rejected = [asdict(one) for one in found.rejected]
                raise Refusal(400, "none of the events can be used", rejected=rejected)
            name = f"{grant.id}:{key}" if key else ""
            await self._write(Batch(grant.source, found.events, key=name))
        return found

    async def _grant(self, headers: dict[bytes, str]) -> Grant:
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
    def _hold(self, headers: dict[bytes, str], *, is_gzip: bool) -> Iterator[None]:
        """Reserve memory for the body."""
        length = headers.get(b"content-length", "")
        size = int(length) if length and not is_gzip else MAX_BODY
        if size > MAX_BODY or (length and int(length) > MAX_BODY):
            raise _too_large()
        if self._held + size > MAX_HELD:
            raise Refusal(503, "too much is being received", headers=_retry(1))
        self._held += size
        try:
            yield
        finally:
            self._held -= size

    async def _decode(self, body: bytes, *, is_lines: bool, is_gzip: bool) -> Payload:
        now_us = time.time_ns() // 1000

        def decode() -> Payload:
            text = (_decompress(body) if is_gzip else body).decode("utf-8", "replace")
            return payload.read(
                text.removeprefix("\ufeff"), now_us, is_lines=is_lines, policy=self._policy
            )

        try:
            if len(body) <= _SMALL and not is_gzip:
                return decode()
            return await asyncio.get_running_loop().run_in_executor(self._decoder, decode)
        except TooManyEvents as error:
            raise Refusal(413, str(error)) from None
        except PayloadError as error:
            raise Refusal(400, str(error)) from None

    async def _write(self, batch: Batch) -> None:
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_S):
                await self._commit(batch)
        except Unavailable as error:
            raise Refusal(503, str(error), headers=_retry(1)) from None
        except TimeoutError:
            raise Refusal(503, "the database takes too long", headers=_retry(5)) from None


def _is_lines(headers: dict[bytes, str]) -> bool:
    media_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    if media_type not in _TYPES:
        raise Refusal(415, f"Content-Type: use one of {', '.join(_TYPES)}")
    return _TYPES[media_type]


def _is_gzip(headers: dict[bytes, str]) -> bool:
    encoding = headers.get(b"content-encoding", "identity").strip().lower()
    if encoding not in ("gzip", "identity"):
        raise Refusal(415, "Content-Encoding: use gzip or none")
    return encoding == "gzip"


def _key(headers: dict[bytes, str]) -> str:
    key = headers.get(b"idempotency-key", "")
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise Refusal(400, f"Idempotency-Key: give at most {MAX_KEY} characters of ASCII")
    return key


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(400, "the body ended early")
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > MAX_BODY:
                    raise _too_large()
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError:
        raise Refusal(408, f"the body took longer than {READ_TIMEOUT_S} s") from None


def _decompress(body: bytes) -> bytes:
    """All members of a gzip file.

    Raises:
        Refusal: it is too large, or damaged.
    """
    parts: list[bytes] = []
    left = MAX_BODY
    try:
        while body:
            member = zlib.decompressobj(_GZIP)
            parts.append(member.decompress(body, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise _too_large()
            if not member.eof:
                raise Refusal(400, "gzip: the end is missing")
            body = member.unused_data
    except zlib.error as error:
        raise Refusal(400, f"gzip: {error}") from None
    return b"".join(parts)


def _retry(seconds: float) -> Headers:
    return [(b"retry-after", b"%d" % math.ceil(seconds))]


def _too_large() -> Refusal:
    return Refusal(413, f"larger than {MAX_BODY} bytes; send several requests")


async def _answer(send: Send, status: int, body: JSON, headers: Headers = ()) -> None:
    data = json.dumps(body).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(data)),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": data})
