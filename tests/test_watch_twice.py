"""Several ``logwatcher watch`` of one log into one database: each line counts once."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from logwatcher.store.database import HELD_S
from tests import database
from tests.server import Server, until

TAKEN_OVER_S = 10.0
LINE = '203.0.113.7 - - [14/Nov/2023:22:00:00 +0000] "GET /{} HTTP/1.1" 200 12 "-" "-" 0.1\n'


class Log:
    """One that is written to all the time, 500 lines a second, until it is ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_text("")
        self._lines = 0
        self._ended = Event()
        self._thread = Thread(target=self._write)
        self._thread.start()

    def end(self) -> int:
        """Returns how many lines it has."""
        self._ended.set()
        self._thread.join()
        return self._lines

    def _write(self) -> None:
        with self.path.open("a", buffering=1) as file:
            while not self._ended.wait(0.01):
                for _ in range(5):
                    file.write(LINE.format(self._lines))
                    self._lines += 1


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "shop.log")
    yield log
    log.end()


@pytest.fixture
def start(
    new_database: Callable[[], str], tmp_path: Path, log: Log
) -> Iterator[Callable[[], Server]]:
    """Starts one more ``watch`` of the log on the same database."""
    url = new_database()
    with ExitStack() as servers:

        def started() -> Server:
            server = Server(tmp_path / "data", url, ["watch", "--from=start", str(log.path)])
            servers.callback(lambda: server.is_running and server.kill())
            server.start()
            return server

        yield started


def wait_for_more(server: Server, timeout: float = 20) -> float:
    """Until more requests are stored; returns the seconds that took."""
    began, have = time.monotonic(), database.count_requests(server.database_url)
    until(lambda: database.count_requests(server.database_url) > have + 50, timeout)
    return time.monotonic() - began


def stop_while(server: Server, *, is_locked: bool) -> None:
    """Stop it as when a machine hangs: while it writes to the database, or while it doesn't."""
    os.kill(server.pid, signal.SIGSTOP)
    while database.is_locked(server.database_url) != is_locked:
        os.kill(server.pid, signal.SIGCONT)
        time.sleep(0.01)
        os.kill(server.pid, signal.SIGSTOP)


def assert_counted(log: Log, *servers: Server, times: int = 1) -> None:
    """Exactly the log's lines are stored once these have ended, and the figures are a recount."""
    url, lines = servers[0].database_url, log.end()
    until(lambda: database.count_requests(url) >= times * lines, 30)
    for server in servers:
        assert server.stop() == 0  # what it has read and not committed yet is by then
    stored = Counter(database.paths(url))
    assert stored == Counter({f"/{number}": times for number in range(lines)})
    database.assert_consistent(url)


def test_the_newer_one_follows_and_the_older_one_takes_over_when_that_ends(
    log: Log, start: Callable[[], Server]
) -> None:
    old = start()
    wait_for_more(old)
    new = start()
    until(lambda: "another process follows it" in old.output)
    wait_for_more(old)
    assert new.stop() == 0
    until(lambda: "followed here now" in old.output, TAKEN_OVER_S)
    wait_for_more(old)
    third = start()
    until(lambda: old.output.count("another process follows it") == 2)
    wait_for_more(old)
    third.kill()
    until(lambda: old.output.count("followed here now") == 2, TAKEN_OVER_S)
    wait_for_more(old)
    assert_counted(log, old)


def test_a_restart_waits_for_nobody(log: Log, start: Callable[[], Server]) -> None:
    first = start()
    wait_for_more(first)
    first.kill()
    second = start()
    assert wait_for_more(second) < TAKEN_OVER_S / 2
    assert_counted(log, second)


@pytest.mark.parametrize(
    "is_locked",
    [
        False,
        # SQLite's lock is the stopped process's until it goes on, or is killed.
        pytest.param(True, marks=pytest.mark.postgres),
    ],
)
def test_who_was_stopped_and_wakes_up_adds_nothing(
    is_locked: bool, log: Log, start: Callable[[], Server]
) -> None:
    old = start()
    wait_for_more(old)
    stop_while(old, is_locked=is_locked)
    new = start()
    wait_for_more(new, HELD_S + TAKEN_OVER_S)
    os.kill(old.pid, signal.SIGCONT)
    until(lambda: "another process follows it" in old.output, 2 * TAKEN_OVER_S)
    wait_for_more(new)
    assert_counted(log, old, new)


def test_logs_of_one_path_on_several_machines_are_several(
    log: Log, start: Callable[[], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_MACHINE", "web1")
    first = start()
    monkeypatch.setenv("LOGWATCHER_MACHINE", "web2")
    second = start()
    wait_for_more(second)
    assert_counted(log, first, second, times=2)
    assert "another process" not in first.output + second.output
