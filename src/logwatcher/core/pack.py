"""Many requests as compressed columns: a tenth of what they take as rows, and written at once.

What requests are looked for by comes first and apart, so that the rest is only unpacked of
those that are found.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from logwatcher.core.aggregate import Groups

KEYS = ("time_us", "endpoint", "status")
"""What requests are looked for by; ``endpoint`` is a number that the maker gives a meaning."""
NUMBERS = ("duration_us", "size")
"""Numbers from 0, or None."""
TEXTS = ("path", "error_type", "error_message", "client", "agent")
FIELDS = (*KEYS, *NUMBERS, *TEXTS)
"""All that is stored of a request, in the order of columns and rows."""
MAX_PACKED = 10_000
"""Requests in one pack: few enough to be read for one page, enough to be few."""

_LEVEL = 1  # higher ones take four times as long for a tenth less
_HEAD = Struct("<cq")  # type and smallest of the numbers
_LENGTH = Struct("<I")
_NONE = -1

Value = Any  # int, str or None; which one, the column says


class Pack(NamedTuple):
    """Requests in order of time.

    Attributes:
        number: how many.
        first_us: the first one's time.
        last_us: the last one's.
        keys: ``KEYS``, packed.
        rest: the other ``FIELDS``, packed.
    """

    number: int
    first_us: int
    last_us: int
    keys: bytes
    rest: bytes


class Keys(NamedTuple):
    """``KEYS`` of all requests of a pack."""

    time_us: Groups
    endpoint: Groups
    status: Groups


def pack(columns: Sequence[Sequence[Value]]) -> list[Pack]:
    """Packs of at most ``MAX_PACKED`` requests; the columns are ``FIELDS``, in order of time."""
    n = len(columns[0])
    parts = -(-n // MAX_PACKED)
    edges = [n * part // parts for part in range(parts + 1)] if parts else []
    return [_pack([column[start:end] for column in columns]) for start, end in pairwise(edges)]


def _pack(columns: Sequence[Sequence[Value]]) -> Pack:
    times, *keys = (np.array(column, np.int64) for column in columns[: len(KEYS)])
    numbers = columns[len(KEYS) : len(KEYS) + len(NUMBERS)]
    texts = columns[len(KEYS) + len(NUMBERS) :]
    return Pack(
        len(times),
        int(times[0]),
        int(times[-1]),
        _join([pack_steps(times), *map(pack_numbers, keys)]),
        _join([*map(_pack_optional, numbers), *(part for of in texts for part in _pack_texts(of))]),
    )


def keys_of(data: bytes) -> Keys:
    """Unpack ``Pack.keys``."""
    times, endpoint, status = _split(data)
    return Keys(unpack_steps(times), unpack_numbers(endpoint), unpack_numbers(status))


def rest_of(data: bytes, indices: Sequence[int]) -> list[tuple[Value, ...]]:
    """Of ``Pack.rest`` those with these numbers, in this order."""
    parts = _split(data)
    columns: list[list[Value]] = []
    for _ in NUMBERS:
        numbers = unpack_numbers(next(parts))[np.array(indices, np.int64)].tolist()
        columns.append([None if number == _NONE else number for number in numbers])
    columns += [_unpack_texts(next(parts), next(parts), indices) for _ in TEXTS]
    return list(zip(*columns, strict=True))


def pack_numbers(numbers: Groups) -> bytes:
    """Whole numbers in as few bytes as the largest difference between them needs."""
    if not len(numbers):
        return b""
    least = int(numbers.min())
    offsets = (numbers - least).view(np.uint64)  # right modulo 2**64, however far apart
    dtype = np.min_scalar_type(int(offsets.max()))
    return _HEAD.pack(dtype.char.encode(), least) + zlib.compress(
        offsets.astype(dtype).tobytes(), _LEVEL
    )


def unpack_numbers(data: bytes) -> Groups:
    """What ``pack_numbers`` was given."""
    if not data:
        return np.array([], np.int64)
    char, least = _HEAD.unpack_from(data)
    offsets = np.frombuffer(zlib.decompress(data[_HEAD.size :]), np.dtype(char.decode()))
    numbers: Groups = offsets.astype(np.uint64).view(np.int64) + least
    return numbers


def pack_steps(numbers: Groups) -> bytes:
    """As ``pack_numbers``; better where each is near the one before it."""
    return pack_numbers(np.diff(numbers, prepend=0))


def unpack_steps(data: bytes) -> Groups:
    """What ``pack_steps`` was given."""
    numbers: Groups = np.cumsum(unpack_numbers(data))
    return numbers


def _pack_optional(numbers: Sequence[Value]) -> bytes:
    return pack_numbers(np.array([_NONE if n is None else n for n in numbers], np.int64))


def _pack_texts(texts: Sequence[Value]) -> tuple[bytes, bytes]:
    lengths = pack_numbers(np.fromiter(map(len, texts), np.int64, len(texts)))
    return lengths, zlib.compress("".join(texts).encode("utf-8", "surrogatepass"), _LEVEL)


def _unpack_texts(lengths: bytes, data: bytes, indices: Sequence[int]) -> list[Value]:
    text = zlib.decompress(data).decode("utf-8", "surrogatepass")
    ends = [0, *accumulate(unpack_numbers(lengths).tolist())]
    return [text[ends[i] : ends[i + 1]] for i in indices]


def _join(parts: Sequence[bytes]) -> bytes:
    return b"".join(piece for part in parts for piece in (_LENGTH.pack(len(part)), part))


def _split(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + length
        yield data[at - length : at]
