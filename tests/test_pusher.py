"""The pusher streams where the project lets it, for a while; the project goes on regardless."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

import pytest
from django.db import InterfaceError, OperationalError

from logwatcher import pusher as pusher_module
from logwatcher.pusher import Pusher
from logwatcher.stream.feed import Join, News
from logwatcher.stream.hub import Message
from logwatcher.web.poll import OFFER, TAKEN
from tests.mount.project import events

SCOPE = {"type": "http", "method": "GET", "query_string": b"view=&since=", "headers": []}


class Transport:
    """Keeps what is sent; its class says that it is Uvicorn's."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.heard = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.messages.append(message)
        self.heard.set()

    async def receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.messages).decode()


Transport.__module__ = "uvicorn.protocols.http"


class FakeWatch:
    """Fails as often as there are errors, then has no news."""

    errors: ClassVar[list[Exception]] = []

    def news(self, since: int | None, views: Sequence[str], joins: Sequence[Join]) -> News:
        if self.errors:
            raise self.errors.pop()
        return News("ab-1", 1, 1.0, joins=dict.fromkeys(joins, b"{}"))


def django(status: int, *, takes: bool = True) -> Callable[..., Awaitable[None]]:
    async def answer(scope: Message, receive: object, send: Callable[..., Any]) -> None:
        if OFFER in scope:
            scope[OFFER].is_taken = takes
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"of Django"})

    return answer


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pusher_module, "LIFE_S", 0.5)
    monkeypatch.setattr(pusher_module, "RETRY_S", 0.01)
    monkeypatch.setattr(pusher_module, "Watch", FakeWatch)
    monkeypatch.setattr(FakeWatch, "errors", [])


def ask(application: Callable[..., Awaitable[None]], transport_of: type[Transport]) -> Transport:
    """What one browser gets."""

    async def run() -> Transport:
        transport = transport_of()
        await Pusher(application)(SCOPE, transport.receive, transport.send)
        return transport

    return asyncio.run(run())


def test_a_stream_ends_after_a_while_and_says_so() -> None:
    got = ask(django(TAKEN), Transport)
    assert got.status == 200
    assert "of Django" not in got.text
    retry, *rest = got.text.split("\n\n", 1)
    assert retry.startswith("retry: ")
    names = [event.name for event in events(rest[0])]
    assert names[0] == "frame"
    assert names[-1] == "again"
    assert not got.messages[-1]["more_body"]


@pytest.mark.parametrize("error", [OperationalError("is locked"), InterfaceError("is locked")])
def test_a_database_that_is_away_is_waited_for(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    FakeWatch.errors += [error, error]
    assert "event: frame" in ask(django(TAKEN), Transport).text
    assert caplog.text.count("asking again in 0.01 s: is locked") == 2


def test_after_a_bug_all_streams_end_and_browsers_poll(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pusher_module, "LIFE_S", 30)

    async def run() -> list[Transport]:
        pusher = Pusher(django(TAKEN))
        watching, unlucky, later = Transport(), Transport(), Transport()
        stream = asyncio.create_task(pusher(SCOPE, watching.receive, watching.send))
        while "event: frame" not in watching.text:
            watching.heard.clear()
            await watching.heard.wait()
        FakeWatch.errors.append(ZeroDivisionError("a bug"))
        await pusher(SCOPE, unlucky.receive, unlucky.send)
        await stream
        await pusher(SCOPE, later.receive, later.send)
        return [watching, unlucky, later]

    watching, unlucky, later = asyncio.run(asyncio.wait_for(run(), 20))
    for stream in (watching, unlucky):
        assert not stream.messages[-1]["more_body"]
        assert "again" not in stream.text  # it did not live its whole life
    assert (later.status, later.text) == (TAKEN, "of Django")
    [record] = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize(("status", "takes"), [(403, True), (200, False), (TAKEN, False)])
def test_what_the_project_answers_otherwise_is_passed_on(status: int, takes: bool) -> None:
    got = ask(django(status, takes=takes), Transport)
    assert (got.status, got.text) == (status, "of Django")


def test_another_server_is_offered_nothing() -> None:
    class Other(Transport):
        pass

    got = ask(django(TAKEN), Other)
    assert (got.status, got.text) == (TAKEN, "of Django")


def test_it_ends_in_order() -> None:
    async def run() -> list[str]:
        signals = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent: list[str] = []

        async def receive() -> Message:
            return signals.pop(0)

        async def send(message: Message) -> None:
            sent.append(message["type"])

        await Pusher(django(200))({"type": "lifespan"}, receive, send)
        return sent

    assert asyncio.run(run()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
