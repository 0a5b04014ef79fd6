"""What is stored, how it grows and what it will come to: as the settings page and the API say."""

import time

import pytest
from django.test import Client
from pytest_django import Settings

from logwatcher.core.event import Batch
from logwatcher.core.retention import DAY, HOUR, limits
from logwatcher.store import stock, writer
from logwatcher.store.models import Head
from logwatcher.store.stock import REQUESTS, Amount
from logwatcher.web import data
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def head(transactional_db: None, settings: Settings) -> None:
    Head.objects.get_or_create(pk=1)
    settings.LOGWATCHER = {"GUARD": "logwatcher.web.guard.refusal", "READER": "reader"}


def kind(amount: Amount, of: int = REQUESTS, text: str = "7d 2GB") -> data.Kind:
    found = data.kinds(limits(text), {of: amount}, NOON)
    return next(one for one in found if one.amount == amount)


def test_growth_is_what_is_stored_by_the_time_it_is_of() -> None:
    young = kind(Amount(1000, NOON - DAY // 2, 1_000_000))
    assert (young.growth, young.forecast) == (2_000_000, 14_000_000)
    old = kind(Amount(1000, NOON - 35 * DAY, 35_000_000), 60)
    assert (old.growth, old.forecast) == (1_000_000, 35_000_000)


def test_requests_come_to_no_more_than_they_may() -> None:
    amount = Amount(1000, NOON - DAY, 10**9)
    assert kind(amount).forecast == 2 * 10**9
    assert kind(amount, text="2GB").forecast == 2 * 10**9
    assert kind(amount, text="7d").forecast == pytest.approx(7 * 10**9)
    assert kind(amount, text="forever").forecast is None


@pytest.mark.parametrize(("span_s", "is_known"), [(HOUR - 1, False), (HOUR, True)])
def test_what_is_young_says_nothing_about_growth(span_s: int, is_known: bool) -> None:
    found = kind(Amount(1, NOON - span_s, 100))
    assert (found.growth is not None) == (found.forecast is not None) == is_known


def test_a_store_that_is_empty_or_not_counted_says_so(client: Client) -> None:
    assert "Not counted yet" in client.get("/settings").text
    assert client.get("/api/data").json()["measured"] is None
    stock.measure()
    html = client.get("/settings/data").text
    assert "Nothing is stored yet" in html
    assert "<html" not in html
    writer.write([Batch("web", [event()])])
    assert "Not counted yet" in client.get("/settings/data").text


def test_each_kind_is_told_with_its_limit(client: Client) -> None:
    now = int(time.time())
    writer.write([Batch("web", [event(now - 2 * HOUR), event(now)])])
    stock.measure()
    html = client.get("/settings").text
    for text in ("7 days, at most 2\u2009GB", "35 days", "400 days", "Figures per 5 s"):
        assert text in html
    found = client.get("/api/data").json()
    assert now - 60 < found["measured"] < now + 60
    requests, fine, minute, hour = found["kinds"]
    assert requests["name"] == "requests"
    assert requests["limit"] == {"age": 7 * DAY, "size": 2 * 10**9}
    assert (requests["number"], requests["oldest"]) == (2, now - 2 * HOUR)
    assert requests["forecast"] == pytest.approx(requests["growth"] * 7)
    assert [one["number"] for one in (fine, minute, hour)] == [4, 4, 4]
    assert (hour["name"], hour["limit"]) == ("1h", {"age": 400 * DAY, "size": None})
