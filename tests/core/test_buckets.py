"""Where a time is counted."""

from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.buckets import STEPS, align


@given(st.integers(-(10**10), 10**10), st.sampled_from(STEPS))
def test_a_time_lies_in_its_bucket(time_s: int, step: int) -> None:
    start = align(time_s, step)
    assert start % step == 0
    assert start <= time_s < start + step
