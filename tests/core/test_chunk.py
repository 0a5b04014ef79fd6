"""What is put into a chunk comes out of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.aggregate import regroup, sums_of
from logwatcher.core.chunk import (
    MAX_BUCKETS,
    NOTHING,
    Buckets,
    Packed,
    chunks,
    concatenate,
    from_rows,
    unpack,
)
from tests.counting import count
from tests.factories import event, events

LARGE = (1 << 62) - 1


def packed(starts: list[int], step: int, us: list[int], size: int = 10) -> list[Packed]:
    """Two requests per start, with the statuses 200 and 500."""
    n = len(starts)
    sums = sums_of(
        np.tile([200, 500], n), np.full(2 * n, size), np.repeat(np.array(us, np.int64), 2)
    )
    made = chunks(np.array(starts), step, regroup(sums, np.repeat(np.arange(n), 2)), 0, n)
    return [Packed(7, one.start, one.totals, one.cells) for one in made]


@given(
    st.lists(st.integers(-(1 << 40), 1 << 40), min_size=1, max_size=600, unique=True),
    st.sampled_from([5, 60, 3600]),
    st.data(),
)
def test_starts_and_sums_come_back(numbers: list[int], step: int, data: st.DataObject) -> None:
    starts = [number * step for number in sorted(numbers)]
    us = data.draw(st.lists(st.integers(-1, 10**12), min_size=len(starts), max_size=len(starts)))
    parts = packed(starts, step, us)
    assert len(parts) == -(-len(starts) // MAX_BUCKETS)
    found = unpack(parts, step)
    assert found.start.tolist() == starts
    assert set(found.endpoint.tolist()) == {7}
    assert found.total_of.tolist() == np.repeat(np.arange(len(starts)), 2).tolist()
    assert found.totals["us"].tolist() == np.repeat(np.maximum(us, 0), 2).tolist()
    is_timed = np.array(us) >= 0
    assert found.cell_of.tolist() == np.repeat(np.flatnonzero(is_timed), 2).tolist()
    assert found.cells["status"].tolist() == [200, 500] * int(is_timed.sum())


def test_the_largest_sums_fit() -> None:
    found = unpack(packed([0, 5], 5, [0, 10**9], size=LARGE), 5)
    assert found.totals["bytes"].tolist() == [LARGE] * 4


def test_without_cells_the_totals_are_the_same() -> None:
    whole = unpack(parts := packed([5, 10, 60], 5, [1, 2, 3]), 5)
    found = unpack([of._replace(cells=b"") for of in parts], 5)
    assert len(found.cells) == len(found.cell_of) == 0
    assert found.totals.tolist() == whole.totals.tolist()


@pytest.mark.parametrize("wanted", [[], [0], [1, 2], [0, 1, 2]])
def test_a_selection_has_all_of_its_buckets_and_nothing_else(wanted: list[int]) -> None:
    samples = [events(3 + i, seed=i) for i in range(3)]
    rows = [(i, 60 * i, *count(of)) for i, of in enumerate(samples)]
    is_wanted = np.isin(np.arange(3), wanted)
    assert same(from_rows(rows).select(is_wanted), from_rows([rows[i] for i in wanted]))


def test_parts_are_put_together_in_order() -> None:
    rows = [(i, 5 * i, *count([event(i)] * (i + 1))) for i in range(4)]
    parts = [from_rows(rows[:1]), NOTHING, from_rows(rows[1:])]
    assert same(concatenate(parts), from_rows(rows))
    assert same(concatenate([]), NOTHING)


def same(one: Buckets, other: Buckets) -> bool:
    return all(np.array_equal(*columns) for columns in zip(one, other, strict=True))
