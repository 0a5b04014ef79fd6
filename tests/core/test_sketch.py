"""The sketch's promise: every quantile within 1 % of the nearest-rank one."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.sketch import BINS, MAX_DURATION_US, RELATIVE_ERROR, bins_of, quantiles

PS = (0.01, 0.5, 0.95, 0.99, 1.0)


def bin_of(duration_us: int) -> int:
    return int(bins_of(np.array([duration_us]))[0])


def counts(durations_us: list[int]) -> npt.NDArray[np.int64]:
    return np.bincount(bins_of(np.array(durations_us)), minlength=BINS)


@given(st.lists(st.integers(0, MAX_DURATION_US), min_size=1, max_size=300))
def test_quantiles_are_within_one_percent(durations_us: list[int]) -> None:
    ordered = sorted(durations_us)
    for p, estimate in zip(PS, quantiles(counts(durations_us), PS), strict=True):
        exact = ordered[max(math.ceil(p * len(ordered)), 1) - 1] / 1e6
        assert abs(estimate - exact) <= RELATIVE_ERROR * exact + 1e-12


def test_nothing_counted_has_no_quantile() -> None:
    assert np.isnan(quantiles(np.zeros((2, BINS), np.int64), PS)).all()


@pytest.mark.parametrize("duration_us", [0, 1, 2, 1000, MAX_DURATION_US])
def test_a_single_duration_is_every_quantile(duration_us: int) -> None:
    values = quantiles(counts([duration_us]), PS)
    assert values == pytest.approx([duration_us / 1e6] * len(PS), rel=RELATIVE_ERROR)


def test_longer_than_a_day_counts_as_a_day() -> None:
    assert bin_of(MAX_DURATION_US * 1000) == bin_of(MAX_DURATION_US) == BINS - 1


def test_a_negative_duration_counts_as_zero() -> None:
    assert bin_of(-5) == bin_of(0) == 0


@given(st.integers(1, MAX_DURATION_US - 1))
def test_a_longer_duration_is_never_in_a_lower_bin(duration_us: int) -> None:
    assert bin_of(duration_us) <= bin_of(duration_us + 1)
