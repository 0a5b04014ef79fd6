"""Requests keep their ids and fields, whether they are rows or packed, and none is in both."""

import pytest

from logwatcher.core import pack
from logwatcher.core.event import Batch
from logwatcher.store import request, writer
from logwatcher.store.models import Head, Pack, Request
from tests import database
from tests.factories import event, events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def test_few_requests_are_rows_and_many_are_packed() -> None:
    writer.write([Batch("web", events(10))])
    assert (Request.objects.count(), Pack.objects.count()) == (10, 0)
    writer.write([Batch("web", events(12_000)), Batch("app", events(5))])
    assert (Request.objects.count(), Pack.objects.count()) == (15, 2)
    assert database.assert_consistent(database.url_of_tests()) == 12_015


def test_rows_of_many_commits_are_packed_with_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "_LOOK_EVERY", 1)
    monkeypatch.setattr(request, "MAX_PACKED", 50)
    monkeypatch.setattr(pack, "MAX_PACKED", 50)
    for number in range(12):
        assert Request.objects.count() < 50
        batches = [Batch(name, events(3, seed=number)) for name in ("web", "app")]
        writer.write([*batches, Batch("log", [event()])])
    assert 1 <= Pack.objects.count() <= 3
    stored = database.requests(database.url_of_tests())
    assert sorted(one["id"] for one in stored) == list(range(1, 12 * 7 + 1))
    assert database.assert_consistent(database.url_of_tests()) == 12 * 7


def test_a_position_without_events_stores_no_request() -> None:
    writer.write([Batch("web", [])])
    assert (Request.objects.count(), Pack.objects.count()) == (0, 0)
    assert Head.objects.get().last_request == 0
