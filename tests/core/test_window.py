"""Which buckets a view covers: outside, on the edge, inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core import buckets
from logwatcher.core.view import RANGES, View, steps_for
from logwatcher.core.window import Window, window_of
from tests.factories import NOON


def test_a_live_window_holds_every_bucket_that_its_range_touches() -> None:
    window = window_of(View(range="5m"), NOON + 2.5)
    assert (window.start, window.end, window.step) == (NOON - 300, NOON + 5, 5)


def test_a_live_window_on_the_edge_opens_the_next_bucket() -> None:
    assert window_of(View(range="5m"), NOON).end == NOON + 5
    assert window_of(View(range="5m"), NOON - 0.001).end == NOON


def test_a_zoomed_window_is_widened_to_whole_buckets() -> None:
    window = window_of(View(start=NOON + 7, end=NOON + 607), NOON + 10_000)
    assert window.step == 10
    assert (window.start, window.end) == (NOON, NOON + 610)


def test_the_open_bucket_counts_only_the_time_it_has_been_open() -> None:
    assert window_of(View(range="5m"), NOON + 2.5).seconds == 302.5
    assert Window(NOON, NOON + 60, 5, NOON + 1e6).seconds == 60
    assert Window(NOON, NOON + 60, 5, NOON + 0.001).seconds == 1


def test_the_previous_window_is_as_long_and_ends_where_this_begins() -> None:
    previous = window_of(View(range="5m"), NOON + 2.5).previous
    assert (previous.start, previous.end) == (NOON - 600, NOON - 300)


@pytest.mark.parametrize("name", RANGES)
def test_the_automatic_step_gives_about_sixty_points(name: str) -> None:
    view = View(range=name)
    assert 45 <= view.range_s / view.step_s <= 80


@given(
    st.sampled_from([(r, s) for r in RANGES for s in steps_for(RANGES[r])]),
    st.floats(10**9, 2 * 10**9),
)
def test_parts_cover_the_window_once_with_aligned_buckets(
    choice: tuple[str, str], now: float
) -> None:
    window = window_of(View(range=choice[0], step=choice[1]), now)
    at = window.start
    for step, start, end in window.parts():
        assert start == at
        assert start % step == end % step == 0
        at = end
    assert at == window.end
    assert window.step % window.stored_step == 0


def test_parts_take_hours_where_they_fit() -> None:
    hour, minute, finest = buckets.STEPS[2], buckets.STEPS[1], buckets.STEPS[0]
    assert Window(NOON - 65, NOON + 3600 + 65, 5, 0).parts() == [
        (finest, NOON - 65, NOON - 60),
        (minute, NOON - 60, NOON),
        (hour, NOON, NOON + 3600),
        (minute, NOON + 3600, NOON + 3660),
        (finest, NOON + 3660, NOON + 3665),
    ]
