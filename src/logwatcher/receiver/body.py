"""A request's body: read and decompressed within bounds."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from logwatcher.core.text import clean
from logwatcher.receiver.protocol import Headers, Refusal

READ_TIMEOUT_S = 30
MAX_MEMBERS = 100
"""Of a gzip file; each more means to copy what is left of it."""

_GZIP = 31
_SHOWN = 40

Receive = Callable[[], Awaitable[Any]]  # Any: ASGI's messages


def is_gzip(headers: Headers) -> bool:
    """Whether it is compressed. Raises Refusal if it is in another way."""
    encoding = headers.get(b"content-encoding", "identity").strip().lower()
    if encoding not in ("gzip", "identity"):
        raise Refusal(
            415, f"Content-Encoding: '{clean(encoding, _SHOWN)}' is not taken; use gzip or none"
        )
    return encoding == "gzip"


async def read(receive: Receive, most: int) -> bytes:
    """All of it. Raises Refusal if it is larger, ends early or takes too long."""
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
                if size > most:
                    raise too_large(most)
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError:
        raise Refusal(408, f"the body took longer than {READ_TIMEOUT_S} s") from None


def decompress(body: bytes, most: int) -> bytes:
    """All members of a gzip file.

    Raises:
        Refusal: it is larger, damaged, or of more than ``MAX_MEMBERS`` parts.
    """
    parts: list[bytes] = []
    left = most
    try:
        while body:
            if len(parts) == MAX_MEMBERS:
                raise Refusal(400, f"gzip: more than {MAX_MEMBERS} members")
            member = zlib.decompressobj(_GZIP)
            parts.append(member.decompress(body, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise too_large(most)
            if not member.eof:
                raise Refusal(400, "gzip: the end is missing")
            body = member.unused_data
    except zlib.error as error:
        raise Refusal(400, f"gzip: {error}") from None
    return b"".join(parts)


def too_large(most: int) -> Refusal:
    """What is told of a body of more bytes than that."""
    return Refusal(413, f"larger than {most} bytes; send several requests")
