"""Aggregates only add: any order of merging gives the same, to the byte."""

import random

from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.aggregate import Aggregate
from tests.factories import event, events


@given(st.integers(0, 60), st.integers(0, 2**32), st.integers(1, 6))
def test_merging_in_any_order_equals_counting_at_once(n: int, seed: int, parts: int) -> None:
    sample = events(n, seed=seed)
    rng = random.Random(seed)
    groups: list[list[int]] = [[] for _ in range(parts)]
    for i in range(n):
        rng.choice(groups).append(i)
    rng.shuffle(groups)
    merged = Aggregate()
    for group in groups:
        merged.merge(Aggregate.of(sample[i] for i in group))
    assert merged.encode() == Aggregate.of(sample).encode()


@given(st.integers(0, 60), st.integers(0, 2**32))
def test_decoding_gives_back_what_was_encoded(n: int, seed: int) -> None:
    aggregate = Aggregate.of(events(n, seed=seed))
    assert Aggregate.decode(*aggregate.encode()) == aggregate


def test_merging_leaves_the_other_as_it_was() -> None:
    one, other = Aggregate.of([event()]), Aggregate.of([event(), event(status=500)])
    before = other.encode()
    one.merge(other)
    one.merge(other)
    assert other.encode() == before


def test_a_request_without_duration_counts_but_not_in_the_sketch() -> None:
    aggregate = Aggregate.of([event(duration_s=None)])
    assert aggregate.totals[200][0] == 1
    assert aggregate.cells == {}


def test_an_unknown_size_adds_no_bytes() -> None:
    assert Aggregate.of([event(size=None), event(size=3)]).totals[200][1] == 3
