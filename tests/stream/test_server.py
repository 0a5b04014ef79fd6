"""The stream of a real server: quick, complete over restarts, and nobody waits for the slow."""

import http.client
import json
import re
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from logwatcher.core.view import RANGES
from tests import database
from tests.server import Server
from tests.stream.sse import Event, Stream

STATUS = Path("/proc/self/status")


def wait_for_version(stream: Stream, version: int) -> None:
    """Read until a frame has this version of the wanted traffic."""
    while stream.next().data.get("traffic", {}).get("version") != version:
        pass


class Page:
    """What a page keeps of a view from frame to frame."""

    def __init__(self, view: str = "") -> None:
        self.view = view
        self.id = ""
        self.new = 0
        self.points: dict[int, list[float | None]] = {}

    def take(self, frame: Event) -> None:
        """Apply a frame."""
        part = frame.data["views"].get(self.view, {"points": [], "new": 0})
        self.points.update({point[0]: point for point in part["points"]})
        self.new += part["new"]
        self.id = frame.id

    def has_all(self, server: Server) -> bool:
        """Whether it has counted all requests there are, and has the points of all of them.

        Some may still be on their way when this is asked first.
        """
        is_counted = self.new == database.count_requests(server.database_url)
        return is_counted and [*self.points.values()] == server.get("/api/series")["points"]

    def read(self, stream: Stream, condition: Callable[["Page"], object], wait: float = 15) -> None:
        """Take frames until the condition holds."""
        deadline = time.monotonic() + wait
        while not condition(self):
            assert time.monotonic() < deadline, f"too late: {self.new} new"
            self.take(stream.next())


def test_the_first_byte_comes_at_once_and_the_first_frame_soon(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    times = []
    for _ in range(5):
        began = time.monotonic()
        with Stream(server.url) as stream:
            assert stream.response.status == 200
            retry = stream.block()
            times.append(time.monotonic() - began)
            assert retry is not None
            assert 1000 <= int(retry["retry"]) <= 5000
            frame = stream.next()
            assert time.monotonic() - began < 2
    assert statistics.median(times) < 0.2
    assert frame.data["viewers"] >= 1
    assert frame.data["traffic"]["version"] == server.get("/api/traffic")["version"]
    assert frame.data["views"][""]["points"] == []
    assert frame.id == frame.data["revision"]


def test_frames_make_the_chart_and_count_every_request(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    page = Page()
    with Stream(server.url) as stream:
        page.take(stream.next())
        server.put_traffic(running=True, rate=200)
        page.read(stream, lambda page: page.new > 300)
        server.put_traffic(running=False)
        page.read(stream, lambda page: page.has_all(server))


@pytest.mark.parametrize("is_killed", [False, True])
def test_after_a_restart_nothing_is_lost_and_nothing_comes_twice(
    serve: Callable[..., Server], is_killed: bool
) -> None:
    server = serve("demo")
    page = Page()
    with Stream(server.url) as stream:
        page.take(stream.next())
        server.put_traffic(running=True, rate=100)
        page.read(stream, lambda page: page.new > 100)
        for _ in range(5):
            stream.next()  # on its way to a browser whose network has gone
    server.kill() if is_killed else server.stop()
    server.start()
    with Stream(server.url, last_event_id=page.id) as stream:
        page.take(stream.next())
        caught_up = page.new
        page.read(stream, lambda page: page.new > caught_up)
    server.stop()
    server.start()
    with Stream(server.url, since=page.id) as stream:
        server.put_traffic(running=False)
        page.read(stream, lambda page: page.has_all(server))
    found = list(request_ids(server))
    assert len(found) == len(set(found)) == page.new


def request_ids(server: Server) -> Iterator[int]:
    """Of all requests, page by page."""
    before: str | None = ""
    while before is not None:
        answer = server.get(f"/api/requests?before={before}")
        yield from (request["id"] for request in answer["requests"])
        before = answer["next"]


def test_a_revision_that_is_not_known_is_a_reset_and_frames_go_on(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    future = f"{server.get('/api/series')['revision']}9"
    for rate, since in enumerate(("00000000-1", "nonsense", future), 2):
        with Stream(server.url, since=since) as stream:
            reset = stream.next("reset")
            assert reset.data["reason"]
            version = server.put_traffic(rate=rate)["version"]
            wait_for_version(stream, version)


def test_a_click_anywhere_is_seen_everywhere_within_half_a_second(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    times = []
    with Stream(server.url) as one, Stream(server.url, "range=15m") as other:
        for stream in (one, other):
            stream.next()
        for rate in range(5, 12):
            version = server.put_traffic(rate=rate)["version"]
            clicked = time.monotonic()
            for stream in (one, other):
                wait_for_version(stream, version)
                times.append(time.monotonic() - clicked)
    assert statistics.median(times) < 0.5


def test_a_server_shows_what_another_one_on_the_same_database_does(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    first = serve("demo")
    second = Server(tmp_path / "data", first.database_url, ["serve"])
    second.start()
    try:
        page = Page()
        with Stream(second.url) as stream:
            page.take(stream.next())
            first.put_traffic(running=True, rate=50)
            page.read(stream, lambda page: page.new > 10)
            with Stream(first.url) as other:
                other.next()
                version = second.put_traffic(running=False)["version"]
                wait_for_version(other, version)
            page.read(stream, lambda page: page.new == database.count_requests(first.database_url))
    finally:
        second.stop()


def connect_and_read_nothing(server: Server) -> socket.socket:
    """A client that asks for many views, and has little room for what it doesn't read."""
    views = [f"sort={sort}&range={range_}" for sort in ("p50", "p95", "5xx") for range_ in RANGES]
    query = "&".join(f"view={quote(view)}" for view in views)
    address = urlsplit(server.url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect((address.hostname, address.port))
    client.sendall(f"GET /api/live?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return client


def test_a_client_that_reads_nothing_is_dropped_and_others_get_every_frame(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    page = Page()
    frames: list[Event] = []

    def has_been_dropped() -> bool:
        viewers = [frame.data["viewers"] for frame in frames]
        return len(frames) > 10 and max(viewers) == 2 and viewers[-1] == 1

    with Stream(server.url) as stream, connect_and_read_nothing(server) as client:
        page.take(stream.next())
        server.put_traffic(running=True, rate=200)
        while not has_been_dropped():
            frames.append(stream.next())
            page.take(frames[-1])
            assert len(frames) < 200, "never dropped"
        server.put_traffic(running=False)
        page.read(stream, lambda page: page.new == database.count_requests(server.database_url))
        assert not read_all(client).endswith(b"0\r\n\r\n"), "a goodbye would have waited"
    revisions = [int(frame.id.split("-")[1]) for frame in frames]
    assert revisions == sorted(set(revisions))
    times = [frame.data["now"] for frame in frames]
    assert statistics.median(later - sooner for sooner, later in pairwise(times)) < 1


def read_all(client: socket.socket) -> bytes:
    """What was sent before the connection was cut."""
    body = b""
    with suppress(ConnectionResetError):
        while chunk := client.recv(65536):
            body += chunk
    return body


@pytest.mark.skipif(not STATUS.exists(), reason="counts threads by /proc")
def test_two_hundred_streams_need_no_thread(serve: Callable[..., Server]) -> None:
    server = serve("demo", "--start", "--rate=20")

    def threads() -> int:
        status = Path(f"/proc/{server.pid}/status").read_text()
        found = re.search(r"^Threads:\s+(\d+)$", status, re.MULTILINE)
        assert found
        return int(found[1])

    with Stream(server.url) as one, ExitStack() as opened:
        one.next()
        server.get("/api/series")
        before = threads()
        streams = [opened.enter_context(Stream(server.url)) for _ in range(200)]
        for stream in streams:
            stream.next()
        while one.next().data["viewers"] < 201:
            pass
        assert threads() < before + 10  # one that serves a request or the database may have begun
    server.get("/api/series")


def answer(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode() if response.status != 200 else ""
    connection.close()
    return response.status, body


def test_what_is_no_stream_is_refused(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    assert answer(server, "/api/live?view=", Host="evil.example")[0] == 400
    assert answer(server, "/api/live?view=", Host="")[0] == 400
    for host in ("localhost", "127.0.0.1:99", "[::1]"):
        assert answer(server, "/api/live?view=", Host=host)[0] == 200
    for query in ("", "?view=range%3D2d", "?since=x", "?" + "view=step%3D7s&" * 40):
        status, body = answer(server, f"/api/live{query}")
        assert status == 400
        assert json.loads(body)["allowed"]
    assert answer(server, "/api/live?view=", "POST")[0] == 405
    assert answer(server, "/api/live?view=", "HEAD") == (200, "")
    assert answer(server, "/api/live/?view=")[0] == 404
    assert "Traceback" not in server.output


@pytest.mark.postgres
def test_a_database_that_cuts_all_connections_is_found_again(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    page = Page()
    with Stream(server.url) as stream:
        page.take(stream.next())
        server.put_traffic(running=True, rate=300)
        for wanted in (100, 200, 300, 400):
            while page.new < wanted:
                page.take(stream.next())
            database.query(
                server.database_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
        server.put_traffic(running=False)
        page.read(stream, lambda page: page.new == database.count_requests(server.database_url))
    assert database.assert_consistent(server.database_url) == page.new
    assert server.stop() == 0


@pytest.mark.postgres
def test_requests_take_turns_with_the_databases_connections(serve: Callable[..., Server]) -> None:
    server = serve("demo")

    def sessions() -> int:
        """How many were begun so far."""
        sql = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
        ((count,),) = database.query(server.database_url, sql)
        return int(count)

    before = sessions()
    for _ in range(60):
        server.get("/api/traffic")
    time.sleep(1)  # by then PostgreSQL has counted them
    assert sessions() - before < 30
