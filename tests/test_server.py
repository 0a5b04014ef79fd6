"""The loop of one process: it ends at a signal, and meanwhile costs next to nothing."""

import asyncio
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn

from logwatcher.runtime import Runtime
from logwatcher.server import Server
from logwatcher.stream.hub import Hub


async def app(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI's own
    raise AssertionError("nobody asks")


@pytest.fixture
def server() -> Server:
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()
    return Server(config, cast(Runtime, SimpleNamespace(hub=Hub())))


def run(server: Server, after: float, act: Callable[[], object]) -> float:
    """How long its loop ran, in seconds, if so long after its start something is done."""

    async def body() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        loop.call_later(after, act)
        await asyncio.wait_for(server.main_loop(), 10)
        return loop.time() - began

    return asyncio.run(body())


def test_a_signal_is_not_left_until_the_next_look(server: Server) -> None:
    assert run(server, 0.1, lambda: server.handle_exit(signal.SIGTERM, None)) < 0.6


def test_a_signal_before_the_loop_runs_is_not_forgotten(server: Server) -> None:
    server.handle_exit(signal.SIGTERM, None)
    assert run(server, 5.0, lambda: None) < 0.6


def test_the_dates_header_goes_on_and_nothing_else_wakes_the_loop(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates, on_tick = [], server.on_tick

    async def note(counter: int) -> bool:
        ends = await on_tick(counter)
        dates.append(dict(server.server_state.default_headers)[b"date"])
        return ends

    monkeypatch.setattr(server, "on_tick", note)
    run(server, 2.5, lambda: server.handle_exit(signal.SIGTERM, None))
    assert len(dates) <= 4
    assert len(set(dates)) >= 2
