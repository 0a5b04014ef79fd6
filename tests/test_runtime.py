"""One process's work begins and ends with the server, and a bug in it ends both, loudly."""

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.db import OperationalError

from logwatcher import runtime as runtime_module
from logwatcher.core.event import Batch
from logwatcher.pipeline import Put
from logwatcher.runtime import Runtime, Source
from logwatcher.store.models import Head, Request
from logwatcher.stream.feed import Join, News
from logwatcher.stream.hub import Message, Subscriber
from tests.factories import event
from tests.stream.client import Client

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


class Server:
    """ASGI's lifespan as a server speaks it, and the signals that reach it."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.runtime = Runtime(sources)
        self.sent: list[str] = []
        self.stopping = asyncio.Event()
        self._messages = [{"type": "lifespan.startup"}]

    async def run(self, scenario: Callable[["Server"], Awaitable[None]]) -> None:
        """Start, run the scenario, shut down."""
        lifespan = asyncio.create_task(self.runtime.lifespan(self._receive, self._send))
        await until(lambda: self.sent == ["lifespan.startup.complete"])
        await scenario(self)
        self.stopping.set()
        await lifespan

    async def _receive(self) -> Message:
        if self._messages:
            return self._messages.pop()
        await self.stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message["type"])


def run(scenario: Callable[[Server], Awaitable[None]], *sources: Source) -> Server:
    async def body() -> Server:
        server = Server(sources)
        async with asyncio.timeout(10):
            await server.run(scenario)
        assert server.sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        assert len(asyncio.all_tasks()) == 1
        return server

    return asyncio.run(body())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def signals() -> Iterator[list[int]]:
    """Those that the process sent itself, and survived."""
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    yield received
    signal.signal(signal.SIGTERM, before)


async def forever(put: Put) -> None:
    await asyncio.Event().wait()


async def buggy(put: Put) -> None:
    await put(Batch("web", [event()]))
    raise ZeroDivisionError("a bug in a source")


async def a_moment(server: Server) -> None:
    await asyncio.sleep(0.1)


def test_a_source_works_from_start_to_end_and_what_it_put_is_committed() -> None:
    ends: list[str] = []

    async def source(put: Put) -> None:
        try:
            while True:
                await put(Batch("web", [event()]))
                puts.append(1)
                await asyncio.sleep(0.001)
        finally:
            ends.append("source")

    puts: list[int] = []
    server = run(a_moment, source)
    assert ends == ["source"]
    assert Request.objects.count() == len(puts) > 1
    assert not server.runtime.has_failed


@pytest.mark.parametrize("sources", [[], [forever]])
def test_it_goes_on_until_it_is_stopped(sources: list[Source], signals: list[int]) -> None:
    server = run(a_moment, *sources)
    assert not server.runtime.has_failed
    assert signals == []


def test_a_bug_in_a_source_ends_the_process_loudly(
    signals: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(server: Server) -> None:
        await until(lambda: signals)

    server = run(scenario, forever, buggy)
    assert signals == [signal.SIGTERM]
    assert server.runtime.has_failed
    assert server.runtime.hub.is_closed
    assert Request.objects.count() == 1
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert record.exc_info
    assert "a bug in a source" in caplog.text


class Ask:
    """Stands for the store's answers to the feed: fails at first."""

    errors: list[Exception]

    def news(self, since: int | None, views: Sequence[str], joins: Sequence[Join]) -> News:
        if self.errors:
            raise self.errors.pop()
        return News("s-1", 1, 0.0, joins=dict.fromkeys(joins, b"{}"))


def test_a_bug_in_the_feed_ends_the_process(
    signals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Ask.errors = [ZeroDivisionError("a bug in the feed")]
    monkeypatch.setattr(runtime_module, "Watch", Ask)

    async def scenario(server: Server) -> None:
        server.runtime.hub.add(Subscriber({"": ""}, Client().send))
        await until(lambda: signals)

    assert run(scenario, forever).runtime.has_failed


def test_a_database_that_is_away_is_asked_again(
    signals: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Ask.errors = [OperationalError("gone")]
    monkeypatch.setattr(runtime_module, "Watch", Ask)
    client = Client()

    async def scenario(server: Server) -> None:
        server.runtime.hub.add(Subscriber({"": ""}, client.send))
        await until(lambda: b"event: frame" in client.body)

    assert not run(scenario, forever).runtime.has_failed
    assert signals == []
    assert "gone" in caplog.text


def test_the_exit_code_of_a_bug_is_1(tmp_path: Path) -> None:
    program = """
import django, sys
django.setup()
from logwatcher import server

async def buggy(put):
    raise ZeroDivisionError("a bug in a source")

sys.exit(server.run([buggy], server.listen("127.0.0.1", 0), lambda: None))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert "CRITICAL" in ended.stderr
    assert "a bug in a source" in ended.stderr
