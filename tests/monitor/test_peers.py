"""Each worker has the figures of all, and who doesn't answer keeps nobody waiting."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from logwatcher.core.metric import Histogram, Metric, by, metric
from logwatcher.monitor import peers as peers_module
from logwatcher.monitor.peers import Peers

HISTOGRAM = Metric("h", "histogram", "Hs.", Histogram().samples())


def worker(number: int, folder: Path, count: int = 2) -> Peers:
    figures = [metric("x", "gauge", 'X"s\n', number), by("a", "y", "gauge", "", {"ü": 1})]
    sockets = {of: folder / str(of) for of in range(1, count + 1)}
    return Peers(number, sockets, lambda: [*figures, HISTOGRAM])


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def body() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(body())


def test_each_has_those_of_all(tmp_path: Path) -> None:
    async def scenario() -> None:
        first, second = worker(1, tmp_path), worker(2, tmp_path)
        await first.open()
        await second.open()
        assert await first.figures() == await second.figures()
        figures = (await first.figures())["2"]
        assert figures
        assert figures[0] == metric("x", "gauge", 'X"s\n', 2)
        assert figures[2] == HISTOGRAM
        first.close()
        second.close()

    run(scenario)


def test_one_alone_needs_no_socket() -> None:
    async def scenario() -> None:
        alone = Peers(1, {}, lambda: [HISTOGRAM])
        await alone.open()
        assert await alone.figures() == {"1": [HISTOGRAM]}
        alone.close()

    run(scenario)


def test_who_is_away_hangs_or_talks_nonsense_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers_module, "TIMEOUT_S", 0.05)

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"[")
        try:
            await asyncio.sleep(1)
        finally:
            writer.close()

    def say(text: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(text)
            writer.close()

        return tell

    async def scenario() -> None:
        answers = (hang, say(b""), say(b"[3]"), say(b'[["x", "gauge", "Xs.", [[1, {}, "", 4]]]]'))
        servers = [
            await asyncio.start_unix_server(of, tmp_path / str(number))
            for number, of in enumerate(answers, 2)
        ]
        first = worker(1, tmp_path, 6)
        await first.open()
        figures = await first.figures()
        assert [number for number, of in figures.items() if of is not None] == ["1"]
        assert len(figures) == 6
        for server in servers:
            server.close()
        first.close()

    run(scenario)


def test_one_that_was_killed_leaves_nothing_in_the_way_of_the_next(tmp_path: Path) -> None:
    async def scenario() -> None:
        killed, second = worker(2, tmp_path), worker(2, tmp_path)
        await killed.open()
        await second.open()
        first = worker(1, tmp_path)
        assert (await first.figures())["2"]
        second.close()
        killed.close()

    run(scenario)


def test_who_can_not_listen_says_so_and_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        first = worker(1, tmp_path / ("long" * 50))
        with caplog.at_level(logging.WARNING):
            await first.open()
        assert "without this one's figures" in caplog.text
        assert [bool(of) for of in (await first.figures()).values()] == [True, False]
        first.close()

    run(scenario)
