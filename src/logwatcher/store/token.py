"""Tokens: which programs may send requests, and of which source, or read. Only digests are kept."""

import hmac
import secrets
import time
from hashlib import sha256
from typing import NamedTuple

from logwatcher.store.database import READER
from logwatcher.store.models import Token

PREFIX = "lw"
"""What every token begins with, so that one that leaked is recognised."""
ANY_SERVICE = "*"
"""The source of a token for OpenTelemetry's services: each of them names its own."""
WRITE, READ = SCOPES = ("write", "read")
"""What a token is for: to send requests of its source, or to have the whole API and the stream."""
_SECRET_BYTES = 32


class Grant(NamedTuple):
    """A token: by this digest, to send requests of this source, or to read."""

    id: int
    source: str
    digest: str


def create(source: str, name: str = "", scope: str = WRITE) -> tuple[int, str]:
    """Make a token; returns its id and its text, which is not kept and can't be had again."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row = Token.objects.create(
        scope=scope,
        source=source,
        name=name,
        digest=_digest(secret),
        created_us=time.time_ns() // 1000,
    )
    return row.pk, f"{PREFIX}.{row.pk}.{secret}"


def revoke(token_id: int) -> bool:
    """End a token; False if there is none of this id."""
    deleted, _ = Token.objects.filter(pk=token_id).delete()
    return bool(deleted)


def rows() -> list[Token]:
    """All tokens, oldest first."""
    return list(Token.objects.order_by("pk"))


def grants() -> dict[int, Grant]:
    """The tokens that let requests in, by id; from the reader's connection."""
    found = Token.objects.using(READER).filter(scope=WRITE).values_list("pk", "source", "digest")
    return {token_id: Grant(token_id, *rest) for token_id, *rest in found}


def may_read(text: str) -> bool:
    """Whether this is the text of a token that may read."""
    if (token_id := id_of(text)) is None:
        return False
    found = Token.objects.using(READER).filter(scope=READ, pk=token_id)
    return any(is_valid(text, Grant(*row)) for row in found.values_list("pk", "source", "digest"))


def id_of(text: str) -> int | None:
    """The id that a token's text names; None if it can't be one."""
    prefix, _, rest = text.partition(".")
    number, separator, _ = rest.partition(".")
    is_id = number.isascii() and number.isdecimal() and len(number) < 19
    return int(number) if prefix == PREFIX and separator and is_id else None


def is_valid(text: str, grant: Grant) -> bool:
    """Whether this is the text of the grant's token; takes as long whether it is or not.

    The secret is random and long, so a plain SHA-256 of it tells nothing about it.
    """
    secret = text.split(".", 2)[-1]
    return hmac.compare_digest(_digest(secret), grant.digest)


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
