"""A real server with users: its stream is refused, and ends, by the same rule as its page."""

import os
import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from logwatcher.asgi import MAX_FORM
from tests.factories import PASSWORD
from tests.server import Server
from tests.stream.sse import Stream

SOON_S = 10.0
"""Streams are asked about every 3 s."""
ENDS_S = 3.0


def add_user(server: Server) -> None:
    server.command("user", "add", "ada", "--role", "admin", typed=PASSWORD)


def ends(stream: Stream) -> None:
    """Read to the end; the connection's time limit would raise."""
    while stream.block() is not None:
        pass


def status(server: Server, path: str, token: str = "") -> int:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_first_user_closes_what_was_open_at_once_and_the_last_one_opens_it(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    with Stream(server.url, timeout=SOON_S) as stream:
        stream.next()
        add_user(server)
        assert status(server, "/api/series") == 401
        assert status(server, "/") == 302
        assert status(server, "/healthz") == status(server, "/readyz") == 200
        ends(stream)
    with Stream(server.url) as refused:
        assert refused.response.status == 401
        assert refused.response.headers["WWW-Authenticate"] == "Bearer"
    server.command("user", "remove", "ada")
    assert status(server, "/api/series") == 200
    with Stream(server.url) as stream:
        stream.next()


def test_a_token_that_reads_has_the_stream_until_it_is_revoked(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    add_user(server)
    reads = server.command("token", "create", "--scope", "read").strip()
    writes = server.command("token", "create", "shop").strip()
    assert status(server, "/api/series", writes) == 401
    assert status(server, "/api/series", reads) == 200
    with Stream(server.url, token=writes) as refused:
        assert refused.response.status == 401
    assert status(server, "/metrics") == status(server, "/metrics", writes) == 401
    assert status(server, "/metrics", reads) == 200
    with Stream(server.url, token=reads, timeout=SOON_S) as stream:
        stream.next()
        server.command("token", "revoke", reads.split(".")[1])
        ends(stream)


def test_where_all_may_view_users_change_nothing_of_that(serve: Callable[..., Server]) -> None:
    server = serve("demo", "--public")
    add_user(server)
    assert status(server, "/api/series") == 200
    assert status(server, "/api/sources") == status(server, "/metrics") == 401
    with Stream(server.url) as stream:
        stream.next()


def test_the_figures_are_of_this_process_and_only_for_the_names_it_has(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo", "--start", "--rate", "200")
    deadline = time.monotonic() + SOON_S
    while not (figures := figures_of(server)).get(("logwatcher_events_total", "mock")):
        assert time.monotonic() < deadline
    assert figures["logwatcher_revision", ""] > 0
    assert figures["logwatcher_flush_seconds_count", ""] > 0
    assert figures["logwatcher_database_seconds_count", "writer"] > 0
    assert figures["process_resident_memory_bytes", ""] > 1 << 20
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("GET", "/metrics", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 400
    connection.close()


def figures_of(server: Server) -> dict[tuple[str, str], float]:
    """What Prometheus' own parser reads there: values by name, and by source or thread."""
    families = text_string_to_metric_families(server.read("/metrics"))
    samples = [sample for family in families for sample in family.samples]
    assert {sample.labels.get("worker", "1") for sample in samples} == {"1"}
    return {
        (sample.name, sample.labels.get("source") or sample.labels.get("thread", "")): sample.value
        for sample in samples
    }


def test_a_body_that_no_form_has_is_refused_before_it_has_come(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    for size in ("Content-Length: 1099511627776", "Transfer-Encoding: chunked"):
        head = f"POST /login HTTP/1.1\r\nHost: localhost\r\n{size}\r\n\r\n"
        body = b"x" * (2 * MAX_FORM) if "Length" in size else b"20000\r\n" + b"x" * 0x20000
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port or 0), timeout=5) as client:
            client.sendall(head.encode() + body)
            answer = client.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 413 ")
            while not answer.endswith(b"larger than 65536 bytes; send several requests\n"):
                answer += client.recv(1 << 16)
    assert server.get("/api/traffic")


def test_a_probe_asks_for_no_name_and_sees_the_database_go(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("GET", "/readyz", headers={"Host": "10.0.0.7"})
    assert connection.getresponse().read().count(b'"ok"') == 5
    connection.request("GET", "/", headers={"Host": "10.0.0.7"})
    assert connection.getresponse().status == 400
    connection.close()
    if server.database_url.startswith("sqlite"):
        return
    name = urlsplit(server.database_url).path[1:]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        deadline = time.monotonic() + SOON_S
        while status(server, "/readyz") != 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert status(server, "/healthz") == 200
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < ENDS_S
