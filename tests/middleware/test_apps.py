"""Real apps of each framework, watched: what their visitors did is what the server shows."""

import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from logwatcher.middleware.sender import FLUSH_S
from tests.middleware.program import APPS, PARTS, PAUSE_S
from tests.sending import create_token
from tests.server import Server

Row = dict[str, Any]  # Any: JSON


@contextmanager
def running(name: str, url: str, token: str) -> Iterator[int]:
    """The app's port; at the end it is asked to end, and has."""
    program = [sys.executable, "-m", "tests.middleware.program", name, url, token]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def visit(port: int, method: str, path: str) -> tuple[int, int]:
    """The status and how many bytes came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Content-Length": "0"})
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, size


def requests(server: Server) -> list[Row]:
    with urllib.request.urlopen(f"{server.url}/api/requests") as answer:  # noqa: S310
        rows: list[Row] = json.load(answer)["requests"]
    return rows


VISITS = [
    ("GET", "/orders/7?secret=1", 200, "/orders/{id}"),
    ("GET", "/stream", 200, "/stream"),
    ("POST", "/shop/items/chair", 200, "/shop/items/{item}"),
    ("GET", "/boom", 500, "/boom"),
    ("GET", "/nowhere/8", 404, "/nowhere/{id}"),
]


@pytest.mark.parametrize("name", APPS)
def test_an_app_is_watched(name: str, serve: Callable[..., Server]) -> None:
    server = serve("demo")
    sizes = {}
    with running(name, server.url, create_token(server, name)) as port:
        for method, path, status, _ in VISITS:
            answered, sizes[path.partition("?")[0]] = visit(port, method, path)
            assert answered == status
        if name == "django-asgi":
            time.sleep(2 * FLUSH_S)  # Uvicorn ends it by a signal, and it has no lifespan
    rows = {row["path"]: row for row in requests(server)}
    assert len(rows) == len(VISITS)
    for method, path, status, route in VISITS:
        row = rows[path.partition("?")[0]]
        assert (row["source"], row["method"], row["status"]) == (name, method, status)
        assert row["route"] == route
        assert 0 < row["duration"] < 2
        assert abs(time.time() - row["time"]) < 30
        assert row["error_message"] == ""
        assert row["error_type"] == ("ZeroDivisionError" if path == "/boom" else "")
    assert rows["/stream"]["size"] == sum(map(len, PARTS))
    assert rows["/stream"]["duration"] > PAUSE_S * len(PARTS)
    assert rows["/orders/7"]["size"] == sizes["/orders/7"]
    assert rows["/orders/7"]["duration"] < rows["/stream"]["duration"]


@pytest.mark.parametrize("name", APPS)
def test_an_app_answers_whatever_the_server_does(name: str) -> None:
    began = time.monotonic()
    with running(name, "http://127.0.0.1:9", "lw.1.none") as port:
        for method, path, status, _ in VISITS * 2:
            assert visit(port, method, path)[0] == status
    assert time.monotonic() - began < 12
