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


def acquire(name: str, holder: str, at_us: int) -> bool:
    return lease.acquire(name, holder, lambda: at_us * 1000)


def test_the_first_one_holds_it_alone() -> None:
    assert acquire("job", "a", NOW)
    assert not acquire("job", "b", NOW)
    assert acquire("another job", "b", NOW)


def test_a_renewal_lasts_another_term() -> None:
    assert acquire("job", "a", NOW)
    assert acquire("job", "a", NOW + TERM_US // 2)
    assert not acquire("job", "b", NOW + TERM_US + TERM_US // 2 - 1)
    assert acquire("job", "b", NOW + TERM_US + TERM_US // 2)


@pytest.mark.parametrize(("after_us", "is_free"), [(TERM_US - 1, False), (TERM_US, True)])
def test_it_is_free_when_its_term_has_ended(after_us: int, is_free: bool) -> None:
    acquire("job", "a", NOW)
    assert acquire("job", "b", NOW + after_us) is is_free


def test_who_lost_it_does_not_get_it_back_before_its_turn() -> None:
    acquire("job", "a", NOW)
    acquire("job", "b", NOW + TERM_US)
    assert not acquire("job", "a", NOW + TERM_US + 1)


def test_one_given_back_is_free_at_once() -> None:
    acquire("job", "a", NOW)
    lease.release("job", "b")
    assert not acquire("job", "b", NOW)
    lease.release("job", "a")
    assert acquire("job", "b", NOW)


def test_a_clock_that_is_a_little_behind_does_not_get_it() -> None:
    acquire("job", "a", NOW)
    assert not acquire("job", "b", NOW - 1)
    assert not acquire("job", "b", NOW - TERM_US)


def test_a_clock_set_back_far_does_not_make_it_last_longer() -> None:
    acquire("job", "a", NOW)
    assert acquire("job", "b", NOW - TERM_US - 1)


def test_its_holder_may_set_the_clock_back() -> None:
    acquire("job", "a", NOW)
    assert acquire("job", "a", NOW - 3600 * 1_000_000)


def test_of_many_at_once_one_gets_it() -> None:
    tries = [partial(acquire, "job", holder, NOW - i) for i, holder in enumerate("abcdef")]
    assert sorted(at_once(*tries)) == [False] * 5 + [True]


def test_the_term_begins_when_the_lock_is_had(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [NOW * 1000]

    def wait() -> None:
        now[0] += 3 * TERM_US * 1000

    with monkeypatch.context() as patch:
        patch.setattr(lease, "lock", wait)
        lease.acquire("job", "a", lambda: now[0])
    assert not lease.acquire("job", "b", lambda: now[0])
