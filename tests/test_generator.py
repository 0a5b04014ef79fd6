"""The generator follows the wanted state, in one process at a time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Unpack

import pytest
from django.db import OperationalError

from logwatcher import generator as generator_module
from logwatcher.core.event import Batch, Event
from logwatcher.generator import SOURCE, Generator
from logwatcher.store import lease, traffic
from logwatcher.store.models import Lease, Traffic
from logwatcher.store.thread import StoreThread
from logwatcher.store.traffic import Changes
from tests.factories import event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


class Mock:
    """Stands for the traffic itself: an event whenever it is asked, named by its settings."""

    made: list["Mock"]

    def __init__(self, seed: int, start_us: int, rate: float, scenario: str) -> None:
        self.seed, self.start_us = seed, start_us
        self.settings = [(rate, scenario)]
        self.made.append(self)

    def set(self, *, at_us: int, rate: float, scenario: str) -> None:
        self.settings.append((rate, scenario))

    def until(self, now_us: int) -> list[Event]:
        return [event(route=f"/{self.seed}")]


@pytest.fixture(autouse=True)
def mocks(monkeypatch: pytest.MonkeyPatch) -> list[Mock]:
    """All that were made, the newest last."""
    Mock.made = []
    monkeypatch.setattr(generator_module, "MockTraffic", Mock)
    monkeypatch.setattr(generator_module, "TICK_S", 0.01)
    return Mock.made


class Running:
    """Generators as tasks, and a thread to do what a view does meanwhile."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.store = StoreThread("test")

    def start(self) -> list[Batch]:
        """Start one more; returns where its batches will be."""
        batches: list[Batch] = []

        async def put(batch: Batch) -> None:
            batches.append(batch)

        self.tasks.append(asyncio.create_task(Generator()(put)))
        return batches

    async def stop(self, number: int) -> None:
        """End one as a process does that is told to."""
        self.tasks[number].cancel()
        with suppress(asyncio.CancelledError):
            await self.tasks[number]

    async def change(self, **changes: Unpack[Changes]) -> Traffic:
        """Change the wanted state."""
        return await self.store.call(traffic.change, None, **changes)


def run(scenario: Callable[[Running], Awaitable[None]]) -> None:
    async def body() -> None:
        running = Running()
        try:
            async with asyncio.timeout(10):
                await scenario(running)
            for task in running.tasks:
                assert not task.done() or task.cancelled()
        finally:
            for number in range(len(running.tasks)):
                await running.stop(number)
            await running.store.close()

    asyncio.run(body())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def more(batches: list[Batch], number: int = 2) -> None:
    """Wait for so many further batches."""
    have = len(batches)
    await until(lambda: len(batches) >= have + number)


async def quiet(batches: list[Batch]) -> None:
    """Wait until there are no further batches."""
    have = -1
    while have != len(batches):
        have = len(batches)
        await asyncio.sleep(0.2)


def test_it_makes_traffic_while_it_is_wanted(mocks: list[Mock]) -> None:
    async def scenario(running: Running) -> None:
        batches = running.start()
        await asyncio.sleep(0.1)
        assert batches == []
        await running.change(is_running=True, rate=20.0, scenario="bot-scan")
        await more(batches)
        assert {batch.source for batch in batches} == {SOURCE}
        assert mocks[0].settings == [(20.0, "bot-scan")]
        assert abs(mocks[0].start_us / 1e6 - time.time()) < 5
        await running.change(is_running=False)
        await quiet(batches)

    run(scenario)


def test_rate_and_scenario_change_while_it_runs(mocks: list[Mock]) -> None:
    async def scenario(running: Running) -> None:
        batches = running.start()
        await running.change(is_running=True, rate=20.0)
        await more(batches)
        await running.change(rate=30.0)
        await more(batches)
        await running.change(scenario="bad-deploy")
        await more(batches)
        assert mocks[0].settings == [(20.0, "normal"), (30.0, "normal"), (30.0, "bad-deploy")]
        assert len(mocks) == 1

    run(scenario)


def test_another_seed_begins_anew(mocks: list[Mock]) -> None:
    async def scenario(running: Running) -> None:
        batches = running.start()
        await running.change(is_running=True, seed=7)
        await more(batches)
        await running.change(seed=8)
        await until(lambda: batches[-1].events[0].route == "/8")
        assert [mock.seed for mock in mocks] == [7, 8]

    run(scenario)


def test_it_stops_by_itself_and_says_so() -> None:
    async def scenario(running: Running) -> None:
        batches = running.start()
        await running.change(is_running=True, stop_at_us=None)
        await more(batches)
        stop_at_us = int((time.time() + 0.3) * 1e6)
        await running.change(stop_at_us=stop_at_us)
        while (wanted := await running.store.call(traffic.wanted)).is_running:
            await asyncio.sleep(0.01)
        assert time.time() >= stop_at_us / 1e6
        assert wanted.stop_at_us is None
        await quiet(batches)

    run(scenario)


def test_a_start_in_the_moment_of_the_stop_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(running: Running) -> None:
        over = await running.change(is_running=True, stop_at_us=1)
        await running.change(is_running=False, stop_at_us=None)
        later = await running.change(is_running=True, stop_at_us=2**60)
        late = SimpleNamespace(wanted=lambda: over, change=traffic.change)
        monkeypatch.setattr(generator_module, "traffic", late)
        running.start()
        await asyncio.sleep(0.2)
        now = await running.store.call(traffic.wanted)
        assert now.is_running
        assert now.version == later.version

    run(scenario)


def test_of_two_one_makes_it_and_the_other_takes_over_when_it_ends() -> None:
    async def scenario(running: Running) -> None:
        one, other = running.start(), running.start()
        await running.change(is_running=True)
        await until(lambda: one or other)
        await asyncio.sleep(0.2)
        first, second = (one, other) if one else (other, one)
        assert second == []
        await running.stop(0 if first is one else 1)
        await more(second)

    run(scenario)


def test_one_that_vanished_is_replaced_when_its_term_has_ended() -> None:
    async def scenario(running: Running) -> None:
        now_us = time.time_ns() // 1000
        vanished_ns = (now_us - lease.TERM_US + 300_000) * 1000
        await running.store.call(lease.acquire, SOURCE, "vanished", lambda: vanished_ns)
        batches = running.start()
        await running.change(is_running=True)
        await more(batches, 1)
        assert time.time_ns() // 1000 >= now_us + 300_000

    run(scenario)


def test_one_that_lost_its_turn_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator_module, "RENEW_S", 0.05)

    async def scenario(running: Running) -> None:
        batches = running.start()
        await running.change(is_running=True)
        await more(batches)
        await running.store.call(Lease.objects.update, holder="other")
        await quiet(batches)

    run(scenario)


def test_it_waits_for_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(generator_module, "RETRY_S", 0.01)

    def away() -> Traffic:
        raise OperationalError("gone")

    async def scenario(running: Running) -> None:
        await running.change(is_running=True)
        monkeypatch.setattr(generator_module, "traffic", SimpleNamespace(wanted=away))
        batches = running.start()
        await until(lambda: len(caplog.records) >= 2)
        assert batches == []
        monkeypatch.setattr(generator_module, "traffic", traffic)
        await more(batches)

    run(scenario)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert "gone" in caplog.text
