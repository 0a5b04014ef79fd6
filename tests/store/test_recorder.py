"""A project's own store takes what its middleware saw: once, or with a reason why not."""

import time

import pytest
from django.core import mail
from django.db import DataError, OperationalError, ProgrammingError
from pytest_django import Settings

from logwatcher.core.retention import RetentionError
from logwatcher.middleware.record import Record
from logwatcher.store import keeper, recorder, writer
from logwatcher.store.models import Head, Request, Source
from logwatcher.store.recorder import Recorder

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def outside_of_tests(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mail, "outbox")
    monkeypatch.setattr(recorder, "close_old_connections", lambda: None)  # they are the test's
    Head.objects.get_or_create(pk=1)


def record(path: str = "/a", method: str = "GET") -> Record:
    return Record(1_700_000_000.0, method, path, "/{x}", 200, 0.01, 5, "")


def test_a_batch_is_committed_once_under_its_key() -> None:
    destination = Recorder("shop")
    for key in ("a", "a", "b"):
        assert not destination.take([record(), record("/b")], key).problem
    assert Request.objects.count() == 4
    assert Source.objects.get().name == "shop"


def test_a_request_that_is_none_falls_alone(caplog: pytest.LogCaptureFixture) -> None:
    answer = Recorder("shop").take([record(method=""), record()], "a")
    assert not answer.problem
    assert Request.objects.count() == 1
    assert "method: is missing" in caplog.text


@pytest.mark.parametrize("kind", [OperationalError, ProgrammingError, DataError])
def test_a_database_that_refuses_is_told_of(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise kind("no such table: logwatcher_head")

    monkeypatch.setattr(writer, "write", refuse)
    answer = Recorder("shop").take([record()], "a")
    assert "no such table" in answer.problem
    assert "migrated" in answer.problem
    assert answer.is_final is (kind is DataError)


def test_in_a_test_run_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    assert not Recorder("shop").take([record()], "a").problem
    assert not Request.objects.exists()


def test_what_is_too_old_is_deleted_by_the_same_thread(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.LOGWATCHER = {"KEEP_REQUESTS": "1h"}
    monkeypatch.setattr(keeper, "LEAST_REST_S", 0)
    monkeypatch.setattr(keeper, "REST", 0)
    destination = Recorder("shop")
    fresh = record()._replace(time=time.time())
    destination.take([record(), fresh], "first")
    while Request.objects.filter(time_us__lt=1_750_000_000 * 10**6).exists():
        assert not destination.take([fresh], "again").problem
    assert Request.objects.exists()
    destination.close()


def test_limits_that_can_not_be_used_end_the_process_while_it_starts(settings: Settings) -> None:
    settings.LOGWATCHER = {"KEEP_REQUESTS": "a week"}
    with pytest.raises(RetentionError):
        Recorder("shop")
