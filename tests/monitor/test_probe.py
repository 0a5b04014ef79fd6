"""The probes: one says that the process answers, the other what keeps it from its work."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import OperationalError

from logwatcher.monitor import probe as probe_module
from logwatcher.monitor.probe import Probe
from tests.stream.client import Client

ALL = {"database": "ok", "migrations": "ok", "running": "ok", "work": "ok"}


class Process:
    """What a probe asks; ``answers``: whether the database does."""

    def __init__(self) -> None:
        self.is_working, self.is_stopping, self.is_migrated = True, False, True
        self.error: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = 0
        self.probe = Probe(self.ask, lambda: self.is_working, lambda: self.is_stopping)

    async def ask(self) -> bool:
        self.asked += 1
        await self.answers.wait()
        if self.error:
            raise self.error
        return self.is_migrated

    async def get(self, path: str, method: str = "GET") -> tuple[int, Any]:
        """The status and the JSON; None: no body."""
        client = Client()
        await self.probe({"path": path, "method": method}, client.send)
        headers = dict(client.sent[0]["headers"])
        assert headers[b"cache-control"] == b"no-store"
        return client.sent[0]["status"], json.loads(client.body or b"null")


def run(scenario: Callable[[Process], Awaitable[None]]) -> Process:
    async def body() -> Process:
        process = Process()
        async with asyncio.timeout(10):
            await scenario(process)
        process.probe.close()
        return process

    return asyncio.run(body())


def test_a_process_that_works_is_ready() -> None:
    async def scenario(process: Process) -> None:
        assert await process.get("/healthz") == (200, {"status": "ok"})
        assert process.asked == 0
        assert await process.get("/readyz") == (200, {"status": "ok", "checks": ALL})

    run(scenario)


@pytest.mark.parametrize(
    ("name", "failed"),
    [
        ("is_working", ["work"]),
        ("is_migrated", ["migrations"]),
        ("is_stopping", ["running"]),
        ("error", ["database", "migrations"]),
    ],
)
def test_it_says_which_check_failed_and_no_more(name: str, failed: list[str]) -> None:
    async def scenario(process: Process) -> None:
        values = {"is_stopping": True, "error": OperationalError("password=secret")}
        setattr(process, name, values.get(name, False))
        status, body = await process.get("/readyz")
        assert (status, body["status"]) == (503, "fail")
        assert body["checks"] == ALL | dict.fromkeys(failed, "fail")
        assert (await process.get("/healthz"))[0] == 200

    run(scenario)


def test_a_database_that_hangs_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "TIMEOUT_S", 0.01)
    monkeypatch.setattr(probe_module, "KEPT_S", 0.0)

    async def scenario(process: Process) -> None:
        process.answers.clear()
        answers = await asyncio.gather(*(process.get("/readyz") for _ in range(5)))
        assert {status for status, _ in answers} == {503}
        assert (await process.get("/readyz"))[0] == 503
        assert process.asked == 1  # no second one queues up behind the first
        process.answers.set()
        while (await process.get("/readyz"))[0] != 200:
            await asyncio.sleep(0.001)

    run(scenario)


def test_many_who_ask_are_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "KEPT_S", 3600.0)

    async def scenario(process: Process) -> None:
        await asyncio.gather(*(process.get("/readyz") for _ in range(20)))
        await process.get("/readyz")
        assert process.asked == 1

    run(scenario)


def test_only_reading_is_allowed_and_head_has_no_body() -> None:
    async def scenario(process: Process) -> None:
        assert await process.get("/readyz", "HEAD") == (200, None)
        assert await process.get("/healthz", "POST") == (405, {"error": "use GET"})

    run(scenario)
