"""Whoever watches a file is told of every change, by inotify or without."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from logwatcher.sources import lookout as module
from logwatcher.sources.inotify import Inotify
from logwatcher.sources.lookout import PAUSE_S, Lookout

SOON_S = 5.0
SLOW_POLL_S = 0.3
needs_inotify = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")


class Deaf(Inotify):
    """As on a network's file system: it watches, but nothing is reported."""

    def read(self) -> dict[int, int]:
        super().read()
        return {}


def no_inotify() -> Inotify:
    raise OSError("none here")


@pytest.fixture(autouse=True)
def slow_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_POLL_S", SLOW_POLL_S)


@pytest.fixture(params=["inotify", "none", "deaf"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "none":
        monkeypatch.setattr(module, "Inotify", no_inotify)
    elif request.param == "deaf":
        monkeypatch.setattr(module, "Inotify", Deaf)
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("first\n")
    return path


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("more\n")


def create(path: Path) -> None:
    path.touch()


def rename(path: Path) -> None:
    path.rename(path.with_name("access.log.1"))


def replace(path: Path) -> None:
    other = path.with_name("new")
    other.write_text("other\n")
    other.replace(path)


CHANGES: list[Callable[[Path], None]] = [
    append,
    rename,
    replace,
    lambda path: os.truncate(path, 0),
    Path.unlink,
    lambda path: path.chmod(0o600),
]


async def is_told(changed: asyncio.Event, seconds: float = SOON_S) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return False
    changed.clear()
    return True


async def settle(changed: asyncio.Event) -> None:
    """Wait until nothing is told any more."""
    while await is_told(changed, 0.15):
        pass


def run(path: Path, body: Callable[[Lookout, asyncio.Event], Awaitable[None]]) -> None:
    async def main() -> None:
        lookout = Lookout(0.02)
        with lookout.watch(path) as changed:
            await settle(changed)
            await body(lookout, changed)

    asyncio.run(main())


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_told(kind: str, path: Path, change: Callable[[Path], None]) -> None:
    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        change(path)
        assert await is_told(changed)

    run(path, body)


def test_what_is_silent_is_not_told_about(kind: str, path: Path) -> None:
    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        assert not await is_told(changed, 3 * SLOW_POLL_S)

    run(path, body)


def test_a_file_is_told_about_when_it_is_made_and_then_written(kind: str, path: Path) -> None:
    path.unlink()

    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        for _ in range(3):
            create(path)
            assert await is_told(changed)
            await settle(changed)
            append(path)
            assert await is_told(changed)
            rename(path)
            assert await is_told(changed)
            await settle(changed)

    run(path, body)


def test_the_one_behind_a_link_is_watched(kind: str, path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)

    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        append(path)
        assert await is_told(changed)

    run(link, body)


@needs_inotify
def test_inotify_tells_at_once_and_then_together(path: Path) -> None:
    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        delays = []
        for _ in range(20):
            await asyncio.sleep(2 * PAUSE_S)
            started = time.perf_counter()
            append(path)
            assert await is_told(changed)
            delays.append(time.perf_counter() - started)
        assert sorted(delays)[10] < PAUSE_S
        started, told = time.perf_counter(), 0
        while time.perf_counter() < started + 20 * PAUSE_S:
            append(path)
            told += await is_told(changed, 0)
        assert told <= 25

    run(path, body)


def test_what_inotify_misses_once_is_looked_at_often_from_then_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Inotify", Deaf)

    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        append(path)
        assert await is_told(changed, SLOW_POLL_S + SOON_S)
        delays = []
        for _ in range(10):
            started = time.perf_counter()
            append(path)
            assert await is_told(changed)
            delays.append(time.perf_counter() - started)
        assert sorted(delays)[5] < SLOW_POLL_S / 2

    run(path, body)


@needs_inotify
def test_what_is_reported_is_hardly_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    real = module._look

    def look(paths: list[Path], inotify: Inotify | None) -> object:
        looks.append(len(paths))
        return real(paths, inotify)

    monkeypatch.setattr(module, "_look", look)

    async def main() -> None:
        lookout = Lookout(0.02)
        with ExitStack() as stack:
            for number in range(20):
                one = path.with_name(f"{number}.log")
                one.touch()
                stack.enter_context(lookout.watch(one))
            await asyncio.sleep(0.5)
            looks.clear()
            await asyncio.sleep(2.2 * SLOW_POLL_S)

    asyncio.run(main())
    assert 1 <= len(looks) <= 3
    assert set(looks) == {20}


def test_two_names_of_one_file_are_both_told(kind: str, path: Path) -> None:
    other = path.with_name("other.log")
    other.hardlink_to(path)

    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        with lookout.watch(other) as other_changed:
            await settle(other_changed)
            await settle(changed)
            append(path)
            assert await is_told(changed)
            assert await is_told(other_changed)
        await settle(changed)
        append(path)
        assert await is_told(changed)

    run(path, body)


def test_nothing_is_left_open_and_it_can_be_used_again(kind: str, path: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def main() -> None:
        lookout = Lookout(0.02)
        await asyncio.to_thread(len, "")
        before = count()
        for _ in range(3):
            with lookout.watch(path) as changed:
                assert await is_told(changed)
                append(path)
                assert await is_told(changed)
            await asyncio.sleep(0.05)
            assert count() == before

    asyncio.run(main())


@needs_inotify
def test_when_its_queue_overflows_all_are_looked_at(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overflown(Inotify):
        def read(self) -> dict[int, int]:
            super().read()
            return {-1: 0x4000}

    monkeypatch.setattr(module, "Inotify", Overflown)
    silent = path.with_name("silent.log")
    silent.touch()

    async def body(lookout: Lookout, changed: asyncio.Event) -> None:
        with lookout.watch(silent) as other:
            await settle(other)
            append(path)
            assert await is_told(other)

    run(path, body)
