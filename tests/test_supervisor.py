"""Several workers are one server: each answers, and what happens to one is nobody's trouble."""

import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from tests import database
from tests.processes import arguments, children, is_alive
from tests.programs import find_program
from tests.server import JSON, Server, until
from tests.stream.sse import Stream

WAIT_S = 15
UP = re.compile(r'logwatcher_worker_up\{worker="(\d)"\} (\d)')
MAKERS = re.compile(r'logwatcher_events_total\{worker="(\d)",source="mock"\} [1-9]')
ENDED = re.compile(r"WARNING logwatcher\.supervisor: worker (\d) \(process \d+\) ended (.*)")


@pytest.fixture
def server(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Server]:
    """Two workers that answer."""
    server = Server(tmp_path / "data", new_database(), ["serve", "--workers", "2"])
    server.command("migrate")
    server.start()
    until(lambda: len(serving(server)) == 2)
    yield server
    if server.is_running:
        server.stop()


def serving(server: Server) -> list[int]:
    """Those that answer, each asked while the others can't."""
    all_ = children(server.pid)
    return [pid for pid in all_ if _answers(server, [other for other in all_ if other != pid])]


def _answers(server: Server, stopped: list[int]) -> bool:
    with only_without(stopped):
        try:
            return bool(server.get("/api/traffic", timeout=1))
        except OSError:
            return False


@contextmanager
def only_without(pids: list[int]) -> Iterator[None]:
    """While these processes do nothing at all."""
    _send(signal.SIGSTOP, pids)
    try:
        yield
    finally:
        _send(signal.SIGCONT, pids)


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_for(stream: Stream, condition: Callable[[JSON], object]) -> None:
    """Read until a frame is so."""
    while not condition(stream.next().data):
        pass


def shows(version: int, frame: JSON) -> object:
    return frame.get("traffic", {}).get("version") == version


def test_what_is_clicked_reaches_the_viewers_of_each_worker(server: Server) -> None:
    with ExitStack() as opened:
        streams = []
        for pid in (all_ := children(server.pid)):
            with only_without([other for other in all_ if other != pid]):
                streams.append(opened.enter_context(Stream(server.url)))
        for stream in streams:
            stream.next()
        took = []
        for rate in (100, 200, 300, 400, 500):
            clicked = time.monotonic()
            version = server.put_traffic(running=True, rate=rate)["version"]
            for stream in streams:
                wait_for(stream, partial(shows, version))
            took.append(time.monotonic() - clicked)
        assert statistics.median(took) < 0.5
        for stream in streams:
            wait_for(stream, lambda frame: any(view["new"] for view in frame["views"].values()))
    server.put_traffic(running=False)
    assert server.stop() == 0
    database.assert_consistent(server.database_url)
    assert "Traceback" not in server.output


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(server: Server) -> None:
    server.put_traffic(running=True, rate=2000)
    until(lambda: database.count_requests(server.database_url) > 500)
    before = children(server.pid)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(set(serving(server)) - set(before)) == 1)
    assert ENDED.findall(server.output) == [("1", "(by SIGKILL); starting it again")]
    have = database.count_requests(server.database_url)
    until(lambda: database.count_requests(server.database_url) > have)  # whoever makes them now
    assert server.stop() == 0
    database.assert_consistent(server.database_url)


def test_when_who_makes_the_traffic_is_killed_another_does_within_ten_seconds(
    server: Server,
) -> None:
    server.put_traffic(running=True, rate=500)
    until(lambda: MAKERS.search(server.read("/metrics")))
    (number,) = MAKERS.findall(server.read("/metrics"))
    os.kill(worker(server, number), signal.SIGKILL)
    killed = time.monotonic()
    time.sleep(0.5)  # PostgreSQL may still commit what it was sent
    have = database.count_requests(server.database_url)
    until(lambda: database.count_requests(server.database_url) > have)
    assert 1 < time.monotonic() - killed < 10
    assert server.stop() == 0
    database.assert_consistent(server.database_url)


def worker(server: Server, number: str) -> int:
    """Its process."""
    (pid,) = [pid for pid in children(server.pid) if arguments(pid)[4] == number]
    return pid


def test_all_are_replaced_one_by_one_while_others_answer(server: Server) -> None:
    before = children(server.pid)
    os.kill(server.pid, signal.SIGHUP)
    answered = 0
    with ThreadPoolExecutor() as threads:
        replaced = threads.submit(until, lambda: not set(children(server.pid)) & set(before))
        while not replaced.done():
            with suppress(RemoteDisconnected):  # who is slow to ask may be hung up on
                assert server.get("/api/traffic")["running"] is False
                answered += 1
        replaced.result()
    assert answered > 2
    until(lambda: len(serving(server)) == 2)
    assert server.stop() == 0
    assert not ENDED.search(server.output)


def test_workers_end_with_their_parent(server: Server) -> None:
    pids = children(server.pid)
    server.kill()

    until(lambda: not any(map(is_alive, pids)))


def test_without_a_place_to_meet_they_work_alone() -> None:
    program = (
        "import signal, socket, tempfile; tempfile.tempdir = '/nowhere';"
        "from logwatcher.supervisor import Supervisor;"
        "end = lambda: signal.raise_signal(signal.SIGTERM);"
        "Supervisor(1, ['nonsense'], socket.create_server(('127.0.0.1', 0))).run(end)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=True
    )
    assert "/metrics will have the figures of one worker each time" in ended.stderr


def test_what_can_not_start_is_tried_again_ever_more_slowly() -> None:
    program = (
        "import socket; from logwatcher.supervisor import Supervisor;"
        "Supervisor(1, ['nonsense'], socket.create_server(('127.0.0.1', 0))).run(lambda: None)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        lines = (line for line in process.stderr if "ended" in line)
        ends = [next(lines).partition("ended ")[2] for _ in range(3)]
        process.terminate()
        assert process.wait(WAIT_S) == 0
    assert ends == [
        "(exit code 2); starting it again\n",
        "(exit code 2); starting it again in 1 s\n",
        "(exit code 2); starting it again in 2 s\n",
    ]


def test_each_workers_figures_are_in_every_answer(server: Server) -> None:
    text = server.read("/metrics")
    assert UP.findall(text) == [("1", "1"), ("2", "1")]
    assert re.findall(r'process_threads\{worker="(\d)"\} \d', text) == ["1", "2"]
    pids = children(server.pid)
    with only_without(pids[:1]):
        assert sorted(up for _, up in UP.findall(server.read("/metrics"))) == ["0", "1"]
    os.kill(pids[0], signal.SIGKILL)
    until(lambda: len(serving(server)) == 2)
    assert UP.findall(server.read("/metrics")) == [("1", "1"), ("2", "1")]


def test_prometheus_finds_no_fault_with_the_figures(server: Server) -> None:
    promtool = find_program("promtool", "prometheus")
    server.put_traffic(running=True, rate=200)
    until(lambda: "logwatcher_events_total{" in server.read("/metrics"))
    checked = subprocess.run(
        [promtool, "check", "metrics"],
        input=server.read("/metrics"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
