"""What is put into a chunk comes out of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.aggregate import regroup, sums_of
from logwatcher.core.chunk import (
    NOTHING,
    Buckets,
    Packed,
    chunks,
    concatenate,
    from_rows,
    most,
    unpack,
)
from logwatcher.core.sketch import bins_of
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


def unpacked(parts: list[Packed], step: int) -> Buckets:
    return concatenate(list(unpack(parts, step)))


@given(
    st.lists(st.integers(-(1 << 40), 1 << 40), min_size=1, max_size=600, unique=True),
    st.sampled_from([5, 60, 3600]),
    st.data(),
)
def test_starts_and_sums_come_back(numbers: list[int], step: int, data: st.DataObject) -> None:
    starts = [number * step for number in sorted(numbers)]
    us = data.draw(st.lists(st.integers(-1, 10**12), min_size=len(starts), max_size=len(starts)))
    parts = packed(starts, step, us)
    assert len(parts) == -(-len(starts) // most(step))
    found = unpacked(parts, step)
    assert found.start.tolist() == starts
    assert set(found.endpoint.tolist()) == {7}
    total_of, status, requests, size, durations = (of.tolist() for of in found.sums.totals)
    n = len(starts)
    assert total_of == np.repeat(np.arange(n), 2).tolist()
    assert (status, requests, size) == ([200, 500] * n, [1] * 2 * n, [10] * 2 * n)
    assert durations == np.repeat(np.maximum(us, 0), 2).tolist()
    cell_of, status, bins, requests = (of.tolist() for of in found.sums.cells)
    timed = np.flatnonzero(np.array(us) >= 0)
    assert cell_of == np.repeat(timed, 2).tolist()
    assert (status, requests) == ([200, 500] * len(timed), [1] * 2 * len(timed))
    assert bins == bins_of(np.repeat(np.array(us)[timed], 2)).tolist()


def test_the_largest_sums_fit() -> None:
    found = unpacked(packed([0, 5], 5, [0, 10**9], size=LARGE), 5)
    assert found.sums.totals[3].tolist() == [LARGE] * 4


def test_without_cells_the_totals_are_the_same() -> None:
    whole = unpacked(parts := packed([5, 10, 60], 5, [1, 2, 3]), 5)
    found = unpacked([of._replace(cells=b"") for of in parts], 5)
    assert found.sums.cells[0].tolist() == []
    assert np.array_equal(found.sums.totals, whole.sums.totals)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=8, unique=True))
def test_of_a_chunk_only_what_is_in_the_times_is_given(edges: list[int]) -> None:
    edges = sorted(edges[: len(edges) // 2 * 2])
    spans = [(5 * first, 5 * end) for first, end in zip(edges[::2], edges[1::2], strict=True)]
    rows = [(7, 5 * i, *count(events(1 + i % 4, seed=i))) for i in range(30)]
    of = from_rows(rows)
    parts = [
        Packed(7, one.start, one.totals, one.cells)
        for one in chunks(of.start, 5, of.sums, 0, len(rows))
    ]
    wanted = [row for row in rows if any(start <= row[1] < end for start, end in spans)]
    assert same(concatenate(list(unpack(parts, 5, spans))), from_rows(wanted))


def test_parts_are_put_together_in_order() -> None:
    rows = [(i, 5 * i, *count([event(i)] * (i + 1))) for i in range(4)]
    parts = [from_rows(rows[:1]), NOTHING, from_rows(rows[1:])]
    assert same(concatenate(parts), from_rows(rows))
    assert same(concatenate([]), NOTHING)


def same(one: Buckets, other: Buckets) -> bool:
    columns = [(of.endpoint, of.start, *of.sums.totals, *of.sums.cells) for of in (one, other)]
    return all(np.array_equal(*pair) for pair in zip(*columns, strict=True))
