"""Which buckets a view covers: outside, on the edge, inside."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core import buckets
from logwatcher.core.kept import ALL, Kept
from logwatcher.core.retention import LEAST_S, Limits, kept
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


DAY = 86_400
KEPT = Kept(steps=(NOON - 2 * DAY, NOON - 35 * DAY, NOON // 43_200 * 43_200 - 400 * DAY))


@pytest.mark.parametrize(
    ("days", "step"), [(1.5, 10), (2, 10), (3, 60), (35, 60), (36, 3600), (399, 3600), (900, 3600)]
)
def test_a_zoom_is_as_fine_as_is_kept_where_it_begins(days: float, step: int) -> None:
    start = NOON - int(days * DAY)
    window = window_of(View(start=start, end=start + 605), NOON, KEPT)
    assert window.step == step
    assert window.start <= start < window.start + step
    assert window.end - step < start + 605 <= window.end


def test_a_window_begins_where_figures_are_kept() -> None:
    since = KEPT.since
    window = window_of(View(start=since - DAY, end=since + DAY, step="12h"), NOON, KEPT)
    assert (window.start, window.kept_from, window.end) == (since - DAY, since, since + DAY)
    assert window.seconds == DAY
    assert window.parts() == [(3600, since, since + DAY)]


def test_a_window_before_all_that_is_kept_is_empty() -> None:
    window = window_of(View(start=KEPT.since - 2 * DAY, end=KEPT.since - DAY), NOON, KEPT)
    assert window.parts() == []
    assert window.previous.parts() == []


@pytest.mark.parametrize("name", RANGES)
def test_a_range_up_to_now_is_never_cut_at_the_shortest_limits(name: str) -> None:
    limits = Limits(None, None, tuple(LEAST_S.values()))
    for now in range(NOON, NOON + 3 * 43_200, 7919):
        least = kept(limits, 0, ALL, now)
        for step in steps_for(RANGES[name]):
            later = now + 60
            window = window_of(View(range=name, step=step), later, least)
            whole = window_of(View(range=name, step=step), later)
            assert window == replace(whole, kept=least)
            assert window.kept_from == window.start


SPANS = st.tuples(st.integers(-900 * DAY, 0), st.integers(5, 720 * 43_200))


@given(SPANS, st.tuples(*(st.integers(0, 900 * DAY) for _ in buckets.STEPS)))
def test_only_buckets_that_are_kept_are_parts(
    span: tuple[int, int], ages: tuple[int, int, int]
) -> None:
    units = (60, 3600, 43_200)
    since = sorted((NOON - age for age in ages), reverse=True)
    of = Kept(steps=tuple(s - s % u for s, u in zip(since, units, strict=True)))
    start = NOON + span[0]
    window = window_of(View(start=start, end=start + span[1]), NOON, of)
    assert of.steps[buckets.STEPS.index(window.stored_step)] <= max(window.kept_from, of.since)
    for one in (window, window.previous):
        at = one.kept_from
        for step, first, end in one.parts():
            assert first == at
            assert first % step == end % step == 0
            assert first >= of.steps[buckets.STEPS.index(step)]
            at = end
        assert at == one.end
