"""What is kept of a request that could tell who sent it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address

NONE, TRUNCATE, HASH, FULL = "none", "truncate", "hash", "full"
MODES = (NONE, TRUNCATE, HASH, FULL)
MAX_CLIENT = 50
"""No client that is kept is longer."""

_Address = IPv4Address | IPv6Address
_MAX_TEXT = 100
_DIGEST = 8
_V4_BITS, _V6_BITS = 24, 48


@dataclass(frozen=True, slots=True)
class Policy:
    """What an instance keeps. By default, nothing that could tell who sent a request.

    Attributes:
        client: what becomes of a client's address, one of ``MODES``: it is not read, shortened
            to its network (/24, or /48 of IPv6), hashed with ``key``, or kept.
        keeps_query: whether paths keep their query strings.
        key: of the hash; who hasn't got it can't try all addresses.
    """

    client: str = NONE
    keeps_query: bool = False
    key: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for a mode there is none of, or a hash that anybody could undo."""
        if self.client not in MODES or (self.client == HASH and not self.key):
            raise ValueError(f"no such policy: {self}")

    @property
    def keeps_client(self) -> bool:
        """Whether anything of an address is kept."""
        return self.client != NONE

    def to_client(self, text: object) -> str:
        """What is kept of an address, as a log or a proxy writes it; empty if it is none."""
        if self.client == NONE or not isinstance(text, str) or not text:
            return ""
        return _kept(text[:_MAX_TEXT], self.client, self.key)


STRICT = Policy()


@lru_cache(maxsize=16_384)
def _kept(text: str, mode: str, key: bytes) -> str:
    address = read_address(text)
    return "" if address is None else _KEEP[mode](address, key)


def _shortened(address: _Address, key: bytes) -> str:
    bits = _V4_BITS if address.version == 4 else _V6_BITS
    shift = address.max_prefixlen - bits
    return f"{type(address)(int(address) >> shift << shift)}/{bits}"


def _hashed(address: _Address, key: bytes) -> str:
    return blake2b(address.packed, digest_size=_DIGEST, key=key).hexdigest()


_KEEP: dict[str, Callable[[_Address, bytes], str]] = {
    TRUNCATE: _shortened,
    HASH: _hashed,
    FULL: lambda address, key: str(address),
}


def client_key(secret: str) -> bytes:
    """The key of the hash that an instance with this secret uses."""
    return blake2b(secret.encode(), digest_size=32, person=b"client").digest()


def read_address(text: str) -> _Address | None:
    """The address in a text that may have brackets, a port, a scope or more addresses after it.

    Of a list, as in ``X-Forwarded-For``, it is the first, who is the client if all proxies
    on the way are honest. None for host names, sockets and what is no address.
    """
    first = text.partition(",")[0].strip()
    if first.startswith("["):
        first = first[1:].partition("]")[0]
    elif first.count(":") == 1:
        first = first.partition(":")[0]
    try:
        address = ip_address(first.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


_QUERY = re.compile(r"(?<=\?)[^\s\"'<>\\]+")
_V4 = re.compile(r"(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)")
_MAYBE_V6 = re.compile(r"(?<![0-9A-Za-z.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8}")
_VALUE = re.compile(r"[^&=;]")
_DIGIT = re.compile(r"[0-9A-Fa-f]")


def mask(text: str) -> str:
    """A line to show to others: ``x`` stands for what is in addresses and query strings.

    Each letter keeps its place, so that columns in messages stay right.
    """
    text = _QUERY.sub(lambda query: _VALUE.sub("x", query[0]), text)
    text = _V4.sub(_crossed, text)
    return _MAYBE_V6.sub(lambda found: _crossed(found) if _is_v6(found[0]) else found[0], text)


def _crossed(found: re.Match[str]) -> str:
    return _DIGIT.sub("x", found[0])


def _is_v6(text: str) -> bool:
    """Whether it is one, or one with a port; times of the day are none."""
    return any(map(read_address, (text, text.rstrip(":."), text.rpartition(":")[0])))
