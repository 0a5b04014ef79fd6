"""Clients that are slow, half there or too many: others are served, and they themselves end."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from logwatcher.protocol import BODY_S, HEAD_S, MAX_HEAD
from logwatcher.server import MACOS_FILES, allow_connections
from tests.faults.conftest import SendTo
from tests.server import Server, until
from tests.stream.sse import Stream

pytestmark = pytest.mark.sqlite

HALF_OPEN = 10_000
SLOW = 200
VIEWERS = 500
REASONABLE_S = 2.0
RECOVERY_S = 10.0
RETRY_S = 0.5
HALF = b"GET /api/series HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Let this process have as many connections as the server."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def connected(server: Server, texts: Sequence[bytes]) -> Iterator[list[socket.socket]]:
    """A connection for each text, that sends it and no more."""
    address = urlsplit(server.url)
    with ExitStack() as opened:
        clients = []
        for text in texts:
            client = socket.create_connection((address.hostname, address.port or 0), timeout=10)
            clients.append(opened.enter_context(client))
            client.sendall(text)
        yield clients


def are_closed(clients: Sequence[socket.socket]) -> bool:
    return all(_is_closed(client) for client in clients)


def _is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return not client.recv(1 << 16)
    except BlockingIOError:
        return False
    except OSError:
        return True


def assert_served(server: Server, stream: Stream) -> None:
    began = time.monotonic()
    assert server.get("/api/series?range=5m")["points"]
    stream.next()
    assert time.monotonic() - began < REASONABLE_S


@pytest.mark.long
def test_ten_thousand_half_open_connections(serve: Callable[..., Server], send_to: SendTo) -> None:
    server = serve("demo", "--start", "--rate=50")
    senders = send_to(server)
    with Stream(server.url) as stream, connected(server, [b"", HALF] * (HALF_OPEN // 2)) as clients:
        for _ in range(5):
            assert_served(server, stream)
            senders.wait_for(5)
        until(lambda: are_closed(clients), 2 * HEAD_S)
    senders.end()
    assert server.stop() == 0
    senders.assert_counted()
    assert "Traceback" not in server.output


def test_a_head_that_comes_slowly_is_not_waited_for(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    with connected(server, [HALF] * SLOW) as clients:
        began = time.monotonic()
        while not are_closed(clients):
            assert time.monotonic() - began < HEAD_S + 5
            for client in clients:
                with suppress(OSError):
                    client.sendall(b"x")
            time.sleep(1)
        assert time.monotonic() - began > HEAD_S / 2
    assert server.get("/api/traffic")


@pytest.mark.long
def test_a_body_that_comes_slowly_is_not_waited_for(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    heads = ["POST /login", "GET /healthz", "GET /api/live?view=&since="]
    body = "HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"
    with connected(server, [f"{head} {body}".encode() for head in heads]) as clients:
        began = time.monotonic()
        until(lambda: are_closed(clients), BODY_S + 5)
        assert time.monotonic() - began > BODY_S / 2
    assert server.get("/api/traffic")


def test_a_head_without_end_is_refused(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    with connected(server, [HALF]) as (client,):
        with suppress(OSError):
            for _ in range(MAX_HEAD // 4096 + 1):
                client.sendall(b"x" * 4096)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
        until(lambda: are_closed([client]))
    assert server.get("/api/traffic")


def test_a_large_head_is_refused_however_fast_it_comes(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    for size, status in ((MAX_HEAD // 2, b"200"), (MAX_HEAD, b"400")):
        padding = b"x: " + b"x" * size
        text = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + padding + b"\r\n\r\n"
        with connected(server, [text]) as (client,):
            assert client.recv(100).startswith(b"HTTP/1.1 " + status)


def test_a_second_request_over_a_connection_has_the_same_time(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    with connected(server, [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"]) as (client,):
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        client.sendall(HALF)
        began = time.monotonic()
        until(lambda: are_closed([client]), 2 * HEAD_S)
        assert time.monotonic() - began > HEAD_S / 2


def test_a_request_behind_a_stream_does_not_end_it(serve: Callable[..., Server]) -> None:
    server = serve("demo", "--start", "--rate=50")
    stream = b"GET /api/live?view=&since= HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connected(server, [stream + HALF]) as (client,):
        time.sleep(HEAD_S + 1)
        assert not are_closed([client])
        client.setblocking(True)
        assert client.recv(1 << 16)


class Viewers:
    """Many that each read frames, and connect again when the stream ends, as browsers do.

    Attributes:
        seen: those who had a frame since it was emptied.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self.seen: set[int] = set()

    async def view(self, number: int) -> None:
        """Until cancelled."""
        last_id = ""
        while True:
            with suppress(OSError):
                async for line in self._lines(last_id):
                    if line.startswith(b"id:"):
                        last_id = line[3:].strip().decode()
                        self.seen.add(number)
            await asyncio.sleep(RETRY_S)

    async def _lines(self, last_id: str) -> AsyncIterator[bytes]:
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        header = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        try:
            writer.write(
                f"GET /api/live?view=&since= HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode()
            )
            while line := await reader.readline():
                yield line
        finally:
            writer.close()


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [
        (1024, 4096, (4096, 4096)),
        (1024, resource.RLIM_INFINITY, (MACOS_FILES, resource.RLIM_INFINITY)),
        (65_536, resource.RLIM_INFINITY, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None),
    ],
)
def test_a_server_may_open_as_many_files_as_the_machine_allows(
    soft: int, hard: int, then: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    allow_connections()
    assert asked == ([then] if then else [])


def test_all_viewers_come_back_at_once_after_a_restart(serve: Callable[..., Server]) -> None:
    server = serve("demo", "--start", "--rate=50")
    viewers = Viewers(server.url)

    async def scenario() -> float:
        tasks = [asyncio.create_task(viewers.view(number)) for number in range(VIEWERS)]
        await all_have_seen()
        await asyncio.to_thread(server.kill)
        viewers.seen.clear()
        await asyncio.to_thread(server.start)
        began = time.monotonic()
        await all_have_seen()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return time.monotonic() - began

    async def all_have_seen() -> None:
        async with asyncio.timeout(20):
            while len(viewers.seen) < VIEWERS:
                await asyncio.sleep(0.05)

    assert asyncio.run(scenario()) < RECOVERY_S
    assert server.stop() == 0
    assert "Traceback" not in server.output
