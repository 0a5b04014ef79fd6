"""One process does the job; when it is gone, another one takes over after the term."""

from functools import partial

import pytest

from logwatcher.store import lease
from logwatcher.store.lease import TERM_US
from logwatcher.store.models import Head
from tests.factories import NOON
from tests.store.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = NOON * 1_000_000


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def test_the_first_one_holds_it_alone() -> None:
    assert lease.acquire("job", "a", NOW)
    assert not lease.acquire("job", "b", NOW)
    assert lease.acquire("another job", "b", NOW)


def test_a_renewal_lasts_another_term() -> None:
    assert lease.acquire("job", "a", NOW)
    assert lease.acquire("job", "a", NOW + TERM_US // 2)
    assert not lease.acquire("job", "b", NOW + TERM_US + TERM_US // 2 - 1)
    assert lease.acquire("job", "b", NOW + TERM_US + TERM_US // 2)


@pytest.mark.parametrize(("after_us", "is_free"), [(TERM_US - 1, False), (TERM_US, True)])
def test_it_is_free_when_its_term_has_ended(after_us: int, is_free: bool) -> None:
    lease.acquire("job", "a", NOW)
    assert lease.acquire("job", "b", NOW + after_us) is is_free


def test_who_lost_it_does_not_get_it_back_before_its_turn() -> None:
    lease.acquire("job", "a", NOW)
    lease.acquire("job", "b", NOW + TERM_US)
    assert not lease.acquire("job", "a", NOW + TERM_US + 1)


def test_one_given_back_is_free_at_once() -> None:
    lease.acquire("job", "a", NOW)
    lease.release("job", "b")
    assert not lease.acquire("job", "b", NOW)
    lease.release("job", "a")
    assert lease.acquire("job", "b", NOW)


def test_a_clock_that_is_a_little_behind_does_not_get_it() -> None:
    lease.acquire("job", "a", NOW)
    assert not lease.acquire("job", "b", NOW - 1)
    assert not lease.acquire("job", "b", NOW - TERM_US)


def test_a_clock_set_back_far_does_not_make_it_last_longer() -> None:
    lease.acquire("job", "a", NOW)
    assert lease.acquire("job", "b", NOW - TERM_US - 1)


def test_its_holder_may_set_the_clock_back() -> None:
    lease.acquire("job", "a", NOW)
    assert lease.acquire("job", "a", NOW - 3600 * 1_000_000)


def test_of_many_at_once_one_gets_it() -> None:
    tries = [partial(lease.acquire, "job", holder, NOW - i) for i, holder in enumerate("abcdef")]
    assert sorted(at_once(*tries)) == [False] * 5 + [True]
