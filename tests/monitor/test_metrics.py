"""Who may look inside has the figures, also while the database is away."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from django.db import OperationalError

from logwatcher.core.metric import Figures, metric
from logwatcher.monitor import metrics as metrics_module
from logwatcher.monitor.metrics import Inquiry, Metrics
from tests.stream.client import Client

Headers = dict[bytes, bytes]


class Process:
    """Lets in whoever says ``let me in``, as long as its database answers."""

    def __init__(self) -> None:
        self.word: bytes | None = b"let me in"
        self.error: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.metrics = Metrics(
            lambda headers: headers.get(b"authorization"),
            self.ask,
            self.collect,
        )

    async def collect(self) -> dict[str, Figures | None]:
        return {"1": None, "2": [metric("x_total", "counter", "Xs.", 5)]}

    async def ask(self, credentials: object) -> Inquiry:
        await self.answers.wait()
        if self.error:
            raise self.error
        return Inquiry(credentials == self.word, 41)

    async def get(self, word: bytes = b"let me in", method: str = "GET") -> tuple[int, str]:
        client = Client()
        scope = {"method": method, "headers": [(b"authorization", word)]}
        await self.metrics(scope, client.send)
        assert dict(client.sent[0]["headers"])[b"cache-control"] == b"no-store"
        return client.sent[0]["status"], client.body.decode()


def run(scenario: Callable[[Process], Awaitable[None]]) -> None:
    async def body() -> None:
        async with asyncio.timeout(10):
            await scenario(Process())

    asyncio.run(body())


def test_each_figure_says_which_worker_it_is_of() -> None:
    async def scenario(process: Process) -> None:
        status, text = await process.get()
        assert status == 200
        assert 'x_total{worker="2"} 5\n' in text
        assert 'logwatcher_worker_up{worker="1"} 0\nlogwatcher_worker_up{worker="2"} 1\n' in text
        assert "logwatcher_database_up 1\n" in text
        assert "logwatcher_revision 41\n" in text

    run(scenario)


def test_who_may_not_is_told_what_to_send() -> None:
    async def scenario(process: Process) -> None:
        status, text = await process.get(b"something else")
        assert (status, text) == (401, '{"error":"log in, or send a token that may read"}')
        assert await process.get(method="HEAD") == (200, "")
        assert (await process.get(method="POST"))[0] == 405

    run(scenario)


def test_who_was_let_in_last_still_is_when_the_database_is_away() -> None:
    async def scenario(process: Process) -> None:
        process.error = OperationalError("away")
        assert (await process.get())[0] == 503
        process.error = None
        assert (await process.get())[0] == 200
        process.error = OperationalError("away")
        status, text = await process.get()
        assert status == 200
        assert "logwatcher_database_up 0\n" in text
        assert "logwatcher_revision" not in text
        assert (await process.get(b"something else"))[0] == 503

    run(scenario)


def test_who_was_refused_meanwhile_is_not_let_in_when_the_database_is_away() -> None:
    async def scenario(process: Process) -> None:
        assert (await process.get())[0] == 200
        process.word = None
        assert (await process.get())[0] == 401
        process.error = OperationalError("away")
        assert (await process.get())[0] == 503

    run(scenario)


def test_somebody_elses_refusal_changes_nothing_for_who_was_let_in() -> None:
    async def scenario(process: Process) -> None:
        assert (await process.get())[0] == 200
        assert (await process.get(b"something else"))[0] == 401
        process.error = OperationalError("away")
        assert (await process.get())[0] == 200

    run(scenario)


def test_a_database_that_hangs_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "TIMEOUT_S", 0.01)

    async def scenario(process: Process) -> None:
        process.answers.clear()
        assert (await process.get())[0] == 503

    run(scenario)
