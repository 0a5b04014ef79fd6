"""What a proxy can do to the stream, by servers that do so, and a real server that doesn't."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from logwatcher.doctor import live
from tests.server import Server


class Proxy(ThreadingHTTPServer):
    """Answers as told; ``last`` is what it sends when a second viewer has come.

    None: nothing; empty: it hangs up.
    """

    def __init__(
        self, status: int, headers: Mapping[str, str], first: bytes, last: bytes | None
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.headers, self.first, self.last = status, headers, first, last
        self.asked: list[tuple[str, str]] = []
        self.second, self.over = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        """Of the page behind it, below a prefix."""
        return f"http://127.0.0.1:{self.server_port}/traffic/"


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        proxy = self.server
        proxy.asked.append((self.path, self.headers.get("Authorization", "")))
        is_second = len(proxy.asked) > 1
        self.send_response(proxy.status)
        for name, value in proxy.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if is_second:
            proxy.second.set()
        else:
            self.wfile.write(proxy.first)
        if not proxy.first:
            return
        if not is_second and proxy.last is not None:
            proxy.second.wait(10)
            self.wfile.write(proxy.last)
            if not proxy.last:
                return
        proxy.over.wait(10)

    def log_message(self, *_: object) -> None:
        """To nobody."""


@contextmanager
def proxy(
    status: int = 200,
    *,
    first: bytes = b"retry: 1\n\n",
    last: bytes | None = b"event: heartbeat\n\n",
    headers: Mapping[str, str] = {},
) -> Iterator[Proxy]:
    given = {"Content-Type": "text/event-stream", **headers}
    with Proxy(status, given, first, last) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.second.set()
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "APART_S", 0.05)


def levels(of: Proxy, token: str = "") -> dict[str, str]:
    return {finding.name: finding.level for finding in live.findings(of.url, token)}


def test_a_stream_that_arrives_as_it_is_sent_is_well() -> None:
    with proxy() as server:
        assert levels(server, "lw.1.x") == {
            "stream encoding": "ok",
            "stream": "ok",
            "stream frames": "ok",
        }
        assert server.asked == [("/traffic/api/live?view=", "Bearer lw.1.x")] * 2


def test_one_that_is_compressed_is_told() -> None:
    with proxy(headers={"Content-Encoding": "gzip"}) as server:
        assert levels(server)["stream encoding"] == "fail"


def test_one_that_is_held_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE_S", 0.2)
    with proxy(last=None) as server:
        *_, finding = live.findings(server.url, "")
    assert finding.level == "fail"
    assert "proxy_buffering off" in finding.text


def test_one_whose_first_bytes_are_late_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SOON_S", 0.0)
    with proxy() as server:
        *_, finding = live.findings(server.url, "")
    assert finding.level == "fail"
    assert finding.text.startswith("first bytes after")


def test_one_that_is_cut_is_told() -> None:
    with proxy(last=b"") as server:
        *_, finding = live.findings(server.url, "")
    assert "it was cut" in finding.text
    with proxy(first=b"") as server:
        *_, finding = live.findings(server.url, "")
    assert "it ended at once" in finding.text


@pytest.mark.parametrize(
    ("status", "headers", "advice"),
    [
        (401, {}, "--token"),
        (400, {}, "LOGWATCHER_ALLOWED_HOSTS"),
        (302, {"Location": "https://a.example/"}, "leads to: https://a.example/"),
        (418, {}, "see the log of the proxy"),
        (200, {"Content-Type": "text/html"}, "it is text/html"),
    ],
)
def test_what_is_no_stream_says_what_to_do(
    status: int, headers: dict[str, str], advice: str
) -> None:
    with proxy(status, first=b"", headers=headers) as server:
        (finding,) = live.findings(server.url, "")
    assert finding.level == "fail"
    assert advice in finding.text


def test_where_nobody_listens_it_says_so() -> None:
    with proxy() as server:
        url = server.url
    (finding,) = live.findings(url, "")
    assert (finding.level, "refused" in finding.text) == ("fail", True)


def test_the_command_finds_nothing_wrong_with_a_real_server(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    lines = server.command("doctor", "--url", server.url).splitlines()
    found = {line[6:].partition(":")[0]: line[:4].strip() for line in lines}
    assert found.pop("users") == "warn"
    assert {"settings", "data directory", "database", "migrations", "stream frames"} <= found.keys()
    assert set(found.values()) <= {"ok", "warn"}, lines  # the disk may be full
