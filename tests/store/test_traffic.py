"""The wanted state: changed from anywhere, one change after the other, nothing lost."""

from functools import partial

import pytest

from logwatcher.store import reader, traffic
from logwatcher.store.models import Head, Traffic
from logwatcher.store.reader import Changes
from logwatcher.store.traffic import StaleVersion
from tests.store.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def test_at_first_it_is_stopped_and_at_the_defaults() -> None:
    wanted = traffic.wanted()
    assert not wanted.is_running
    assert (wanted.rate, wanted.scenario) == (traffic.DEFAULT_RATE, traffic.DEFAULT_SCENARIO)
    assert wanted.stop_at_us is None


def test_the_seed_told_is_the_one_used() -> None:
    told = traffic.wanted("reader").seed
    assert traffic.change(is_running=True).seed == told


def test_only_what_is_given_changes() -> None:
    traffic.change(rate=20.0, seed=7)
    changed = traffic.change(scenario="bot-scan")
    assert (changed.rate, changed.seed, changed.scenario) == (20.0, 7, "bot-scan")
    assert not changed.is_running
    assert traffic.wanted("reader").scenario == "bot-scan"


def test_a_change_is_a_revision_that_changed_no_buckets() -> None:
    before = reader.head()
    traffic.change(rate=20.0)
    now = reader.head()
    assert now.revision == before.revision + 1
    assert reader.changes(before.revision, now) == Changes([], before.last_request)


def test_saying_what_already_holds_changes_nothing() -> None:
    first = traffic.change(is_running=True, stop_at_us=1000, rate=2.0)
    before = reader.head()
    again = traffic.change(is_running=True, stop_at_us=2000, rate=2.0)
    assert (again.version, again.stop_at_us) == (first.version, 1000)
    assert traffic.change().version == first.version
    assert reader.head() == before


def test_starting_again_after_a_stop_sets_a_new_end() -> None:
    traffic.change(is_running=True, stop_at_us=1000)
    traffic.change(is_running=False, stop_at_us=None)
    assert traffic.change(is_running=True, stop_at_us=2000).stop_at_us == 2000


def test_a_change_decided_on_another_version_is_refused() -> None:
    version = traffic.change(rate=2.0).version
    assert traffic.change(version, rate=3.0).rate == 3.0
    for stale in (version, version + 2, 0):
        with pytest.raises(StaleVersion) as refused:
            traffic.change(stale, rate=4.0)
        assert refused.value.traffic.rate == 3.0
        assert str(version + 1) in str(refused.value)
    assert traffic.wanted().rate == 3.0


def test_two_clicks_at_once_are_one() -> None:
    before = traffic.change(rate=2.0).version
    click = partial(traffic.change, is_running=True, stop_at_us=1000)
    assert [one.version for one in at_once(click, click, click)] == [before + 1] * 3
    assert traffic.wanted().version == before + 1


def test_changes_of_different_things_at_once_all_hold() -> None:
    at_once(
        partial(traffic.change, is_running=True, stop_at_us=5),
        partial(traffic.change, rate=77.0),
        partial(traffic.change, scenario="bot-scan"),
        partial(traffic.change, seed=9),
    )
    now = traffic.wanted()
    assert (now.is_running, now.rate, now.scenario, now.seed) == (True, 77.0, "bot-scan", 9)
    assert Traffic.objects.count() == 1


def test_of_two_decisions_on_one_version_the_first_holds() -> None:
    version = traffic.change(rate=2.0).version

    def decide(rate: float) -> float | None:
        try:
            return traffic.change(version, rate=rate).rate
        except StaleVersion:
            return None

    results = at_once(*(partial(decide, rate) for rate in (10.0, 20.0, 30.0)))
    assert sorted(results, key=lambda rate: rate is not None)[:2] == [None, None]
    assert traffic.wanted().rate in results
    assert traffic.wanted().version == version + 1
