"""Aggregates only add: any order of merging gives the same, to the byte."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core import aggregate
from logwatcher.core.aggregate import CELLS, TOTALS, UNKNOWN, Aggregate
from logwatcher.core.event import Event
from tests.factories import event, events


def grouped(sample: list[Event], groups: Sequence[int], n: int) -> list[Aggregate]:
    """The aggregates of these groups of events."""
    us = [UNKNOWN if one.duration_us is None else one.duration_us for one in sample]
    columns = ([one.status for one in sample], [one.size or 0 for one in sample], us)
    sums = aggregate.sums_of(*(np.array(column, np.int64) for column in columns))
    return aggregate.encode(aggregate.regroup(sums, np.array(groups, np.int64)), n)


def of(sample: list[Event]) -> Aggregate:
    """The aggregate of all these."""
    return grouped(sample, [0] * len(sample), 1)[0]


def merged(aggregates: list[Aggregate]) -> Aggregate:
    """Their sum."""
    return aggregate.merge(aggregates, np.zeros(len(aggregates), np.int64), 1)[0]


def records(blob: bytes, dtype: "np.dtype[np.void]") -> list[tuple[int, ...]]:
    return [tuple(map(int, record)) for record in np.frombuffer(blob, dtype).tolist()]


@given(st.integers(0, 60), st.integers(0, 2**32), st.integers(1, 6))
def test_merging_in_any_order_equals_counting_at_once(n: int, seed: int, parts: int) -> None:
    sample = events(n, seed=seed)
    rng = random.Random(seed)
    groups: list[list[Event]] = [[] for _ in range(parts)]
    for one in sample:
        rng.choice(groups).append(one)
    rng.shuffle(groups)
    middle = rng.randrange(parts + 1)
    parts_of = [of(group) for group in groups]
    assert merged([merged(parts_of[:middle]), merged(parts_of[middle:])]) == of(sample)


@given(st.integers(0, 80), st.integers(0, 2**32), st.integers(1, 5))
def test_groups_are_kept_apart(n: int, seed: int, groups: int) -> None:
    sample = events(n, seed=seed)
    rng = random.Random(seed)
    group = [rng.randrange(groups) for _ in sample]
    apart = grouped(sample, group, groups)
    for i, part in enumerate(apart):
        assert part == of(
            [one for one, of_group in zip(sample, group, strict=True) if of_group == i]
        )


@given(st.integers(0, 80), st.integers(0, 2**32))
def test_totals_are_a_plain_count(n: int, seed: int) -> None:
    sample = events(n, seed=seed)
    wanted: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in sample:
        for i, value in enumerate((1, one.size or 0, one.duration_us or 0)):
            wanted[one.status][i] += value
    totals, cells = of(sample)
    assert records(totals, TOTALS) == [(status, *wanted[status]) for status in sorted(wanted)]
    timed = Counter(one.status for one in sample if one.duration_us is not None)
    counted: Counter[int] = Counter()
    for status, _, count in records(cells, CELLS):
        counted[status] += count
    assert counted == timed


def test_no_events_are_an_empty_aggregate() -> None:
    assert of([]) == Aggregate()
    assert grouped([], [], 0) == []
    assert aggregate.merge([], np.array([], np.int64), 2) == [Aggregate(), Aggregate()]


def test_a_request_without_duration_counts_but_not_in_the_sketch() -> None:
    totals, cells = of([event(duration_s=None)])
    assert records(totals, TOTALS) == [(200, 1, 512, 0)]
    assert cells == b""


def test_an_unknown_size_adds_no_bytes() -> None:
    totals, _ = of([event(size=None), event(size=3)])
    assert records(totals, TOTALS) == [(200, 2, 3, 200_000)]


def test_large_sums_are_exact() -> None:
    large = [event(size=2**52 + 1), event(size=2**52), event(size=2**40 + 1)]
    totals, _ = merged([of([one]) for one in large])
    assert records(totals, TOTALS)[0][2] == 2**53 + 1 + 2**40 + 1
