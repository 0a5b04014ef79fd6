"""An answer brings a browser up to date, from whatever it has, and says when to ask again."""

import time

import pytest
from django.test import Client

from logwatcher.core.event import Batch
from logwatcher.store import reader, writer
from logwatcher.store.models import Head
from logwatcher.web import poll
from tests.factories import event
from tests.mount.project import events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
NOW = 1_700_000_002.0


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def write(now: float) -> str:
    """One request; returns the new revision's id."""
    writer.write([Batch("web", [event(now)])])
    return reader.head().id


def test_what_is_current_gets_a_heartbeat() -> None:
    revision = write(NOW)
    (heartbeat,) = events(poll.missed({"": revision}, NOW, NOW + 1).decode())
    assert (heartbeat.name, heartbeat.data) == ("heartbeat", {"now": NOW + 1})


def test_what_is_behind_gets_each_of_its_views_as_one_frame() -> None:
    first = write(NOW)
    second = write(NOW + 1)
    since = {"": first, "status=5xx": first, "range=1h": second}
    (frame,) = events(poll.missed(since, None, NOW + 2).decode())
    assert (frame.name, frame.id) == ("frame", second)
    new = {view: part["new"] for view, part in frame.data["views"].items()}
    assert new == {"": 1, "status=5xx": 0, "range=1h": 0}
    assert "tiles" in frame.data["views"][""]["cards"]


def test_a_window_that_has_moved_is_told_without_a_new_request() -> None:
    revision = write(NOW)
    (frame,) = events(poll.missed({"": revision}, NOW, NOW + 5).decode())
    assert (frame.name, frame.id) == ("frame", revision)
    (heartbeat,) = events(poll.missed({"range=30d": revision}, NOW, NOW + 5).decode())
    assert heartbeat.name == "heartbeat"


@pytest.mark.parametrize("since", ["00000000-1", "x", "{store}-99"])
def test_what_the_store_does_not_know_is_reset(since: str) -> None:
    store = write(NOW).partition("-")[0]
    known = since.format(store=store)
    (reset,) = events(poll.missed({"": known, "range=1h": f"{store}-1"}, None, NOW).decode())
    assert reset.name == "reset"


def test_an_answer_that_took_long_is_asked_for_less_often(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = write(time.time())
    address = f"/api/live?view=&since={revision}"
    assert events(client.get(address).text)[1].data["pause"] == poll.PAUSE_S
    monkeypatch.setattr(poll, "SHARE", 1e-9)
    assert events(client.get(address).text)[1].data["pause"] > 60


@pytest.mark.parametrize("at", ["", "x", "nan", "inf", "-1", "1e300", "0"])
def test_a_time_that_is_none_does_no_harm(client: Client, at: str) -> None:
    revision = write(time.time())
    response = client.get(f"/api/live?view=&since={revision}&at={at}")
    assert [one.name for one in events(response.text)] == ["heartbeat", "again"]


def test_a_wrong_question_is_answered_so(client: Client) -> None:
    assert client.get("/api/live").json()["parameter"] == "view"
    assert client.get("/api/live?view=range%3Dx").status_code == 400
    assert client.post("/api/live?view=").status_code == 405
