"""Input that once broke a promise keeps them all, and so does some that is damaged at random."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.__main__ import KEPT
from tests.fuzz.target import TARGETS, seeds

ROUNDS = 60
"""Of damage, for each target; `make fuzz` does more."""


@pytest.mark.parametrize(
    "path", sorted(KEPT.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_what_was_found_is_mended(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_no_promise_is_broken_by_damaged_input(target: str) -> None:
    given = [*seeds(target), b""]
    for data in [*given, *damaged(given)]:
        TARGETS[target](data)


def damaged(given: list[bytes]) -> Iterator[bytes]:
    """Parts of the input cut out, doubled, exchanged or overwritten; the same each time."""
    source = random.Random(1)
    for _ in range(ROUNDS):
        data = bytearray(source.choice(given))
        for _ in range(source.randint(1, 4)):
            other = source.choice(given)
            start, end = sorted(source.randint(0, len(data)) for _ in range(2))
            at = source.randint(0, len(other))
            part = source.choice([b"", data[start:end] * 2, other[at : at + 40], b"\0\xff\x1b\n"])
            data[start : min(end, start + 40)] = part
        yield bytes(data)
