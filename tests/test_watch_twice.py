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
def start(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Callable[[Log], Server]]:
    """Starts one more ``watch`` of it on the same database."""
    url = new_database()
    with ExitStack() as servers:

        def started(log: Log) -> Server:
            server = Server(tmp_path / "data", url, ["watch", "--from=start", str(log.path)])
            server.start()
            servers.callback(lambda: server.kill() if server.is_running else None)
            return server

        yield started


def wait_for_more(server: Server, timeout: float = 20) -> float:
    """Until more requests are stored; returns the seconds that took."""
    began, have = time.monotonic(), database.count_requests(server.database_url)
    until(lambda: database.count_requests(server.database_url) > have + 50, timeout)
    return time.monotonic() - began


def assert_each_counted_once(server: Server, lines: int) -> None:
    """Exactly the log's lines are stored, and the figures are a recount of them."""
    until(lambda: database.count_requests(server.database_url) >= lines, 30)
    time.sleep(1)
    stored = Counter(database.paths(server.database_url))
    assert stored == Counter(f"/{number}" for number in range(lines))
    database.assert_consistent(server.database_url)


def test_the_newer_one_follows_and_the_older_one_takes_over_when_that_ends(
    log: Log, start: Callable[[Log], Server]
) -> None:
    old = start(log)
    wait_for_more(old)
    new = start(log)
    until(lambda: "another process follows it" in old.output)
    wait_for_more(old)
    assert new.stop() == 0
    until(lambda: "followed here now" in old.output, TAKEN_OVER_S)
    wait_for_more(old)
    third = start(log)
    until(lambda: old.output.count("another process follows it") == 2)
    wait_for_more(old)
    third.kill()
    until(lambda: old.output.count("followed here now") == 2, TAKEN_OVER_S)
    wait_for_more(old)
    assert_each_counted_once(old, log.end())


def test_a_restart_waits_for_nobody(log: Log, start: Callable[[Log], Server]) -> None:
    first = start(log)
    wait_for_more(first)
    first.kill()
    second = start(log)
    assert wait_for_more(second) < TAKEN_OVER_S / 2
    assert_each_counted_once(second, log.end())


def test_who_was_stopped_and_wakes_up_adds_nothing(
    log: Log, start: Callable[[Log], Server]
) -> None:
    old = start(log)
    wait_for_more(old)
    os.kill(old.pid, signal.SIGSTOP)
    new = start(log)
    wait_for_more(new)
    os.kill(old.pid, signal.SIGCONT)
    until(lambda: "another process follows it" in old.output, TAKEN_OVER_S)
    wait_for_more(new)
    assert_each_counted_once(new, log.end())


def test_logs_of_one_path_on_several_machines_are_several(
    log: Log, start: Callable[[Log], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_MACHINE", "web1")
    first = start(log)
    monkeypatch.setenv("LOGWATCHER_MACHINE", "web2")
    second = start(log)
    lines = log.end()
    until(lambda: database.count_requests(first.database_url) >= 2 * lines, 30)
    time.sleep(1)
    stored = Counter(database.paths(first.database_url))
    assert stored == Counter({f"/{number}": 2 for number in range(lines)})
    assert "another process" not in first.output + second.output
