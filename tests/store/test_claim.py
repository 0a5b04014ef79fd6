"""One process follows a log; nothing that another one has read of it is committed."""

import pytest

from logwatcher.core.event import Batch, Position
from logwatcher.store import inputs, reader, writer
from logwatcher.store.claim import Claims
from logwatcher.store.lease import TERM_US
from logwatcher.store.models import Head
from tests.factories import NOON, events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
LOG, OTHER = "/var/log/shop.log", "/var/log/blog.log"


@pytest.fixture(autouse=True)
def clock(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What time it is, in nanoseconds; a test may move it."""
    Head.objects.get_or_create(pk=1)
    now = [NOON * 1_000_000_000]
    monkeypatch.setattr("logwatcher.store.claim.time.time_ns", lambda: now[0])
    return now


def holder(claims: Claims, log: str = LOG) -> str:
    """Of the claim, which has to be ours."""
    (of,) = claims.renew([log]).values()
    assert of.is_ours
    return of.holder


def is_waiting(claims: Claims) -> bool:
    (of,) = claims.renew([LOG]).values()
    return not of.is_ours


def batch(holder: str, offset: int = 100, log: str = LOG) -> Batch:
    """Ten events that a holder has read from a log."""
    position = Position(log, 1, 2, offset, b"")
    return Batch("web", events(10, seed=offset), position, input=log, holder=holder)


def test_the_newest_of_a_machine_follows_and_the_older_one_waits() -> None:
    old, new = Claims("web1"), Claims("web1")
    first = holder(old)
    assert holder(old) == first
    second = holder(new)
    assert second != first
    assert is_waiting(old)
    assert holder(new) == second


def test_another_machine_waits() -> None:
    here, there = Claims("web1"), Claims("web2")
    holder(here)
    (of,) = there.renew([LOG]).values()
    assert (of.machine, of.is_ours) == ("web1", False)
    assert holder(there, OTHER)


def test_it_is_taken_over_when_its_holder_is_silent(clock: list[int]) -> None:
    here, there = Claims("web1"), Claims("web2")
    first = holder(here)
    clock[0] += (TERM_US - 1) * 1000
    assert is_waiting(there)
    clock[0] += 1000
    assert holder(there) != first
    assert is_waiting(here)


def test_a_claim_that_waited_for_the_lock_is_not_over_when_it_has_it(
    clock: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait() -> None:
        clock[0] += 3 * TERM_US * 1000

    old, new = Claims("web1"), Claims("web1")
    holder(old)
    with monkeypatch.context() as patch:
        patch.setattr("logwatcher.store.claim.lock", wait)
        holder(new)
    assert is_waiting(old)


def test_who_was_silent_goes_on_if_nobody_took_it(clock: list[int]) -> None:
    here = Claims("web1")
    first = holder(here)
    clock[0] += 10 * TERM_US * 1000
    assert holder(here) == first


def test_it_is_free_at_once_when_its_holder_ends() -> None:
    here, there = Claims("web1"), Claims("web2")
    holder(here)
    assert is_waiting(there)
    here.end()
    assert holder(there)


def test_what_ends_does_not_end_what_another_one_took() -> None:
    old, new, third = Claims("web1"), Claims("web1"), Claims("web2")
    holder(old)
    holder(new)
    old.end()
    assert is_waiting(third)


def test_who_lost_it_and_has_it_again_is_another_holder() -> None:
    old, new = Claims("web1"), Claims("web1")
    first = holder(old)
    holder(new)
    assert is_waiting(old)
    new.end()
    assert holder(old) != first


def test_what_was_read_without_the_claim_is_not_committed() -> None:
    old, new = Claims("web1"), Claims("web1")
    first, second = holder(old), holder(new)
    other = holder(old, OTHER)
    writer.write([batch(first, 100), batch(second, 300), batch(other, 500, OTHER)])
    assert reader.position(LOG) == Position(LOG, 1, 2, 300, b"")
    assert reader.position(OTHER) == Position(OTHER, 1, 2, 500, b"")
    writer.write([batch(first, 900)])
    assert reader.position(LOG) == Position(LOG, 1, 2, 300, b"")
    assert [of.lines for of in inputs.health()] == [10, 10]


def test_what_was_read_before_the_end_is_committed_unless_another_one_took_it() -> None:
    old, new = Claims("web1"), Claims("web1")
    first = holder(old)
    old.end()
    writer.write([batch(first, 100)])
    holder(new)
    writer.write([batch(first, 200)])
    assert reader.position(LOG) == Position(LOG, 1, 2, 100, b"")
