"""``POST /api/events``: JSON, an array or lines; wrong events are listed."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from logwatcher.core import payload
from logwatcher.core.privacy import Policy
from logwatcher.receiver.protocol import (
    Answer,
    Headers,
    Protocol,
    Reader,
    Refusal,
    Taken,
    media_type,
)

MAX_BODY = 4 << 20
MAX_KEY = 200

_TYPES = {
    "application/json": False,
    "application/x-ndjson": True,
    "application/ndjson": True,
    "application/jsonl": True,
    "application/x-jsonlines": True,
}
"""Media types, and whether each has an event per line."""


def _reader(headers: Headers) -> Reader:
    is_lines = _is_lines(headers)
    key = _key(headers)

    def read(body: bytes, now_us: int, policy: Policy) -> Taken:
        text = body.decode("utf-8", "replace").removeprefix("\ufeff")
        found = payload.read(text, now_us, is_lines=is_lines, policy=policy)
        rejected = [asdict(one) for one in found.rejected]
        if found.events:
            answer = _answer(202, {"accepted": len(found.events), "rejected": rejected})
        else:
            answer = _answer(400, {"error": "none of the events can be used", "rejected": rejected})
        return Taken(
            {"": found.events} if found.events else {},
            key,
            len(found.events) + found.wrong,
            answer,
        )

    return Reader(MAX_BODY, read)


def _refuse(refusal: Refusal, _: Headers) -> Answer:
    return _answer(refusal.status, {"error": refusal.error})._replace(headers=refusal.headers)


EVENTS = Protocol(_reader, _refuse)


def _answer(status: int, body: Mapping[str, object]) -> Answer:
    return Answer(status, b"application/json", json.dumps(body).encode())


def _is_lines(headers: Headers) -> bool:
    if (found := media_type(headers)) not in _TYPES:
        raise Refusal(415, f"Content-Type: use one of {', '.join(_TYPES)}")
    return _TYPES[found]


def _key(headers: Headers) -> str:
    key = headers.get(b"idempotency-key", "")
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise Refusal(400, f"Idempotency-Key: give at most {MAX_KEY} characters of ASCII")
    return key
