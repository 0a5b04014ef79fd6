"""The keeper works in one process at a time, gives way to writers and survives the database."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError

from logwatcher.core.event import Batch
from logwatcher.core.retention import DAY, limits
from logwatcher.store import keeper, lease, stock, writer
from logwatcher.store.keeper import JOB, LEAST_REST_S, PASS_S, RETRY_S, Keeper
from logwatcher.store.models import Bucket, Head, Lease
from tests import database
from tests.factories import event
from tests.server import Server
from tests.test_importer import lines

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


@pytest.fixture
def old() -> None:
    now = time.time()
    writer.write([Batch("web", [event(now - 500 * DAY), event(now)])])


def run(of: Keeper) -> list[float]:
    """All steps of one pass; how long to wait after each."""
    waits = [of.step()]
    while waits[-1] != PASS_S:
        waits.append(of.step())
    return waits


@pytest.mark.usefixtures("old")
def test_a_pass_deletes_measures_and_rests() -> None:
    waits = run(Keeper(limits()))
    assert len(waits) > 1
    assert all(wait >= LEAST_REST_S for wait in waits)
    assert Bucket.objects.count() == 6
    assert stock.measured()[3600][0].number == 2
    assert not Lease.objects.exists()


@pytest.mark.usefixtures("old")
def test_of_two_one_deletes_and_the_other_goes_on_when_it_ends() -> None:
    first, second = Keeper(limits()), Keeper(limits())
    assert first.step() < PASS_S
    assert second.step() == PASS_S
    first.close()
    assert second.step() < PASS_S
    assert first.step() == PASS_S


@pytest.mark.usefixtures("old")
def test_who_lost_its_turn_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RENEW_S", 0)
    one = Keeper(limits())
    assert one.step() < PASS_S
    Lease.objects.update(holder="other")
    assert one.step() == PASS_S
    assert Lease.objects.get(name=JOB).holder == "other"


@pytest.mark.usefixtures("old")
def test_a_database_that_fails_is_told_of_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> bool:
        raise OperationalError("gone")

    one = Keeper(limits())
    with monkeypatch.context() as patch:
        patch.setattr(lease, "acquire", away)
        assert one.step() == RETRY_S
    assert one.step() < PASS_S
    with monkeypatch.context() as patch:
        patch.setattr(stock, "measure", away)
        while one.step() < RETRY_S:
            pass
    assert run(one)[-1] == PASS_S
    assert Bucket.objects.count() == 6
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "gone" in caplog.text


def test_counting_takes_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[float] = []
    now = 1000.0

    def measure() -> None:
        nonlocal now
        counted.append(now)
        now += 3

    monkeypatch.setattr(stock, "measure", measure)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    one = Keeper(limits())
    for _ in range(10):
        run(one)
        now += PASS_S
    assert counted == [1000, 1303]


def test_a_keeper_that_did_nothing_closes_without_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lease, "release", None)
    Keeper(limits()).close()


def test_a_server_keeps_to_its_limits_and_stops_cleanly(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(tmp_path / "data", new_database(), ["serve"])
    (tmp_path / "old.log").write_bytes(lines(range(3000)))
    server.command("import", str(tmp_path / "old.log"))
    assert database.count_requests(server.database_url) == 3000
    monkeypatch.setenv("LOGWATCHER_KEEP_REQUESTS", "7d")
    monkeypatch.setenv("LOGWATCHER_KEEP_FIGURES", "5s:2d 1m:35d 1h:forever")
    server = Server(tmp_path / "data", server.database_url, ["serve"])
    server.start()
    deadline = time.monotonic() + 30
    steps = "SELECT step FROM logwatcher_bucket UNION SELECT step FROM logwatcher_chunk"
    while database.query(server.database_url, steps) != [(3600,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert database.count_requests(server.database_url) == 0
    assert server.stop() == 0
    assert server.output.count("\n") == 2
