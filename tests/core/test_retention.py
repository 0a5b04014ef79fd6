"""Limits as they are written, and since when they keep each kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.buckets import STEPS
from logwatcher.core.kept import ALL, ALWAYS, Kept
from logwatcher.core.retention import (
    DAY,
    HOUR,
    Limits,
    RetentionError,
    age_text,
    exceeded,
    figures_limits,
    kept,
    limits,
    requests_limits,
)
from logwatcher.core.view import STEPS as CHART_STEPS
from tests.factories import NOON

FOREVER = Limits(None, None, (None, None, None))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7d 2GB", (7 * DAY, 2 * 10**9)),
        ("500MB, 36h", (36 * HOUR, 500 * 10**6)),
        ("30d", (30 * DAY, None)),
        ("1TB", (None, 10**12)),
        ("1h 10MB", (HOUR, 10**7)),
        ("forever", (None, None)),
    ],
)
def test_requests_are_kept_by_age_by_size_or_both(
    text: str, found: tuple[int | None, int | None]
) -> None:
    assert requests_limits(text) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("7", "'7' is no limit"),
        ("7d 8d", "'8d' is no limit"),
        ("2gb", "'2gb' is no limit"),
        ("forever 7d", "'forever' is no limit"),
        ("-1d", "like 7d 2GB, or forever"),
        ("٣d", "is no limit"),
        ("0h", "at least 1h"),
        ("9MB", "at least 10MB"),
    ],
)
def test_a_limit_of_requests_that_can_not_be_used_says_why(text: str, reason: str) -> None:
    with pytest.raises(RetentionError) as error:
        requests_limits(text)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5s:3d 1m:40d 1h:800d", (3 * DAY, 40 * DAY, 800 * DAY)),
        ("1h:forever", (2 * DAY, 35 * DAY, None)),
        ("5s:48h", (2 * DAY, 35 * DAY, 400 * DAY)),
        ("5s:forever,1m:forever,1h:forever", (None, None, None)),
        ("5s:1d 1m:8d 1h:31d", (DAY, 8 * DAY, 31 * DAY)),
    ],
)
def test_figures_are_kept_by_age_per_step(text: str, found: tuple[int | None, ...]) -> None:
    assert figures_limits(text) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("7d", "'7d' is no step with an age"),
        ("10s:7d", "give some of 5s:2d 1m:35d 1h:400d"),
        ("5s:2GB", "is no step"),
        ("5s:23h", "5s is kept too short; the page needs at least 1d"),
        ("1m:7d", "1m is kept too short; the page needs at least 8d"),
        ("1h:30d", "1h is kept too short; the page needs at least 31d"),
        ("5s:36d", "1m is kept shorter than 5s"),
        ("1m:forever", "1h is kept shorter than 1m"),
    ],
)
def test_an_age_of_figures_that_can_not_be_used_says_why(text: str, reason: str) -> None:
    with pytest.raises(RetentionError) as error:
        figures_limits(text)
    assert reason in str(error.value)


def test_without_limits_everything_is_kept() -> None:
    assert kept(FOREVER, ALWAYS, ALL, NOON) == ALL


def test_each_kind_is_kept_since_its_age_in_whole_coarser_buckets() -> None:
    found = kept(limits(), ALWAYS, ALL, NOON + 61)
    assert found.requests == NOON + 61 - 7 * DAY
    assert found.steps[0] == NOON + 60 - 2 * DAY
    assert found.steps[1] == NOON - 35 * DAY
    assert found.steps[2] == (NOON - 400 * DAY) // (12 * HOUR) * (12 * HOUR)


def test_the_size_limit_wins_where_it_is_later() -> None:
    assert kept(limits("7d"), NOON - DAY, ALL, NOON).requests == NOON - DAY
    assert kept(limits("7d"), NOON - 8 * DAY, ALL, NOON).requests == NOON - 7 * DAY


def test_what_was_deleted_does_not_come_back_when_a_limit_is_raised() -> None:
    before = kept(limits(), ALWAYS, ALL, NOON)
    after = kept(limits("30d", "5s:30d"), ALWAYS, before, NOON + DAY)
    assert after.requests == before.requests
    assert after.steps[0] == before.steps[0]


def test_after_a_clock_that_was_ahead_all_is_kept_from_now_on() -> None:
    wrong = kept(limits(), ALWAYS, ALL, NOON + 1000 * DAY)
    mended = kept(limits(), ALWAYS, wrong, NOON + 1)
    assert mended.requests == NOON + 1
    assert all(NOON < since <= NOON + 12 * HOUR for since in mended.steps)
    assert kept(limits(), ALWAYS, mended, NOON + DAY).steps == mended.steps


AGES = st.tuples(st.integers(1, 60), st.integers(8, 90), st.integers(31, 800))


@given(st.lists(st.tuples(AGES, st.integers(-(10**8), 10**8)), min_size=1, max_size=6))
def test_a_coarser_step_is_kept_at_least_as_long_whatever_limits_and_clock_did(
    passes: list[tuple[tuple[int, int, int], int]],
) -> None:
    now_kept = ALL
    for ages, offset in passes:
        of = Limits(None, None, tuple(age * DAY for age in sorted(ages)))
        now_kept = kept(of, ALWAYS, now_kept, NOON + offset)
    assert sorted(now_kept.steps, reverse=True) == list(now_kept.steps)
    assert all(
        now_kept.since % step == since % unit == 0
        for step in CHART_STEPS.values()
        for since, unit in zip(now_kept.steps, STEPS[1:], strict=False)
    )
    assert isinstance(now_kept, Kept)


@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (None, "forever"),
        (HOUR, "1 hour"),
        (36 * HOUR, "36 hours"),
        (DAY, "1 day"),
        (DAY * 7, "7 days"),
    ],
)
def test_an_age_reads_well(age_s: int | None, text: str) -> None:
    assert age_text(age_s) == text


@pytest.mark.parametrize(
    ("age_s", "kinds"),
    [(2 * DAY, 0), (2 * DAY + 1, 1), (8 * DAY, 2), (36 * DAY, 3), (401 * DAY, 4)],
)
def test_what_is_too_old_is_named_with_its_limit(age_s: int, kinds: int) -> None:
    found = exceeded(limits(), age_s)
    assert len(found) == kinds
    assert ("requests after 7 days" in found) == (kinds >= 2)
    assert exceeded(FOREVER, age_s) == []
