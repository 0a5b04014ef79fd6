"""The sender never waits, never raises, keeps order, and counts what it gives up."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from logwatcher.middleware import sender as sender_module
from logwatcher.middleware.record import Record
from logwatcher.middleware.sender import MAX_QUEUED, Sender
from logwatcher.middleware.server import Server


class Fake(ThreadingHTTPServer):
    """Answers with the statuses it is given, then 202, and keeps what it took."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = statuses
        self.keys: list[str] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Fake
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        status = self.server.statuses.pop(0) if self.server.statuses else 202
        if status == 202:
            self.server.paths += [event["path"] for event in json.loads(body)]
        if status == 0:  # takes it, and is gone before it answers
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(*statuses: int) -> Iterator[Fake]:
    with Fake(list(statuses)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def record(path: str = "/") -> Record:
    return Record(1_700_000_000.0, "GET", path, "/", 200, 0.01, 5, "")


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _has_taken(sender: Sender, number: int) -> bool:
    return sender.sent + sender.dropped == number


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "FLUSH_S", 0.01)
    monkeypatch.setattr(sender_module, "RETRY_S", (0.01, 0.02))
    monkeypatch.setattr(sender_module, "CLOSE_S", 1.0)


def test_records_come_in_order_and_the_last_ones_at_the_end() -> None:
    with serving() as server:
        sender = Sender(Server(f"{server.url}/", "t"))
        names = [f"/{i}" for i in range(2500)]
        for name in names:
            sender.add(record(name))
        sender.close()
        assert server.paths == names
        assert (sender.sent, sender.dropped) == (2500, 0)


@pytest.mark.parametrize("status", [0, 408, 429, 500, 503])
def test_a_batch_is_sent_again_under_the_same_key(status: int) -> None:
    with serving(status, status) as server:
        sender = Sender(Server(server.url, "t"))
        sender.add(record("/a"))
        until(lambda: sender.sent == 1)
        assert server.paths == ["/a"]
        assert len(server.keys) == 3
        assert len(set(server.keys)) == 1
        sender.add(record("/b"))
        sender.close()
        assert len(set(server.keys)) == 2


def test_a_connection_that_was_closed_meanwhile_is_opened_anew_without_a_word(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "timeout", 0.05)  # an idle connection is closed
    with serving() as server:
        sender = Sender(Server(server.url, "t"))
        for number in range(3):
            sender.add(record(f"/{number}"))
            until(partial(_has_taken, sender, number + 1))
            time.sleep(0.2)
        sender.close()
        assert server.paths == ["/0", "/1", "/2"]
    assert caplog.records == []


def test_another_reason_is_told_and_the_same_one_once(caplog: pytest.LogCaptureFixture) -> None:
    with serving(503, 503, 401, 401) as server:
        sender = Sender(Server(server.url, "t"))
        for number in range(3):
            sender.add(record(f"/{number}"))
            until(partial(_has_taken, sender, number + 1))
        sender.close()
    reasons = [one.message.partition(": ")[2] for one in caplog.records]
    assert reasons[:2] == [
        "goes on trying, since it answers 503",
        "records are dropped, since it answers 401",
    ]
    assert len(reasons) == 3


@pytest.mark.parametrize("status", [400, 401, 413, 415])
def test_what_the_server_refuses_is_dropped_and_counted(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(status) as server:
        sender = Sender(Server(server.url, "t"))
        sender.add(record("/a"))
        until(lambda: sender.dropped == 1)
        sender.add(record("/b"))
        sender.close()
        assert server.paths == ["/b"]
    assert str(status) in caplog.text


def test_a_server_that_is_away_costs_no_time_and_bounded_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sender = Sender(Server("http://127.0.0.1:9", "t"))
    began = time.monotonic()
    for _ in range(MAX_QUEUED + 2500):
        sender.add(record())
    assert time.monotonic() - began < 1
    sender.close()
    assert sender.dropped == MAX_QUEUED + 2500
    assert len([one for one in caplog.records if "127.0.0.1" in one.message]) == 1


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that it has threads
def test_after_a_fork_both_send_their_own_and_nothing_twice() -> None:
    with serving() as server:
        sender = Sender(Server(server.url, "t"))
        sender.add(record("/before"))
        until(lambda: sender.sent == 1)
        sender.add(record("/parent"))
        child = os.fork()
        if child == 0:
            sender.add(record("/child"))
            sender.close()
            os._exit(0)
        os.waitpid(child, 0)
        sender.close()
        assert sorted(server.paths) == ["/before", "/child", "/parent"]


@pytest.mark.parametrize(
    ("url", "token"), [("localhost:8000", "t"), ("ftp://a", "t"), ("http://", "t"),
                       ("http://a", ""), ("http://a", "a\nb")]
)  # fmt: skip
def test_what_can_not_work_is_said_at_the_start(url: str, token: str) -> None:
    with pytest.raises(ValueError, match=r"url|token"):
        Server(url, token)
