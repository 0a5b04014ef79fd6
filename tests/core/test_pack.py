"""What is packed comes out again as it was, all of it or some."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logwatcher.core.pack import (
    MAX_PACKED,
    TEXTS,
    keys_of,
    pack,
    pack_numbers,
    pack_steps,
    rest_of,
    unpack_numbers,
    unpack_steps,
)

NUMBER = st.integers(-(2**63), 2**63 - 1)
OPTIONAL = st.one_of(st.none(), st.integers(0, 2**63 - 1))
TEXT = st.text(st.characters(), max_size=9)
ROWS = st.lists(
    st.tuples(
        NUMBER, st.integers(0, 500), st.integers(0, 999), OPTIONAL, OPTIONAL, *[TEXT] * len(TEXTS)
    ),
    min_size=1,
    max_size=30,
)


@given(st.lists(NUMBER))
@example([-(2**63), 2**63 - 1])
def test_numbers_come_out_as_they_were(numbers: list[int]) -> None:
    array = np.array(numbers, np.int64)
    assert unpack_numbers(pack_numbers(array)).tolist() == numbers
    assert unpack_steps(pack_steps(array)).tolist() == numbers


@given(ROWS, st.data())
def test_requests_come_out_as_they_were(rows: list[tuple[int, ...]], data: st.DataObject) -> None:
    rows.sort(key=lambda row: row[0])
    (one,) = pack(list(zip(*rows, strict=True)))
    keys = zip(*(column.tolist() for column in keys_of(one.keys)), strict=True)
    assert list(keys) == [row[:3] for row in rows]
    assert (one.number, one.first_us, one.last_us) == (len(rows), rows[0][0], rows[-1][0])
    wanted = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    assert rest_of(one.rest, wanted) == [rows[at][3:] for at in wanted]


@pytest.mark.parametrize("n", [0, 1, MAX_PACKED, MAX_PACKED + 1, 3 * MAX_PACKED])
def test_packs_are_bounded_and_hold_all(n: int) -> None:
    others: list[list[Any]] = [*[[0] * n] * 4, *[[""] * n] * len(TEXTS)]  # Any: by column
    packs = pack([range(n), *others])
    assert all(0 < one.number <= MAX_PACKED for one in packs)
    times = [time for one in packs for time in keys_of(one.keys).time_us.tolist()]
    assert times == list(range(n))


def test_a_thousand_alike_take_little() -> None:
    n = MAX_PACKED
    times = [1_700_000_000_000_000 + 40_000 * number for number in range(n)]
    paths = [f"/api/orders/{number * 7919 % 100_000}" for number in range(n)]
    columns: list[list[Any]] = [
        times,
        [3] * n,
        [200] * n,
        [number % 977 for number in range(n)],
        [512] * n,
        paths,
    ]
    (one,) = pack([*columns, *[[""] * n] * (len(TEXTS) - 1)])
    assert len(one.keys) + len(one.rest) < 8 * n
