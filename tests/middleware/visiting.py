"""An app in a process of its own, those who visit it, and what a server shows of them."""

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.server import Server

Row = dict[str, Any]  # Any: JSON

VISITS = [
    ("GET", "/orders/7?secret=1", 200, "/orders/{id}"),
    ("GET", "/stream", 200, "/stream"),
    ("POST", "/shop/items/chair", 200, "/shop/items/{item}"),
    ("GET", "/boom", 500, "/boom"),
    ("GET", "/nowhere/8", 404, "/nowhere/{id}"),
]
"""Method, path, status and route."""


@contextmanager
def running(module: str, *arguments: str, **environment: str) -> Iterator[int]:
    """The port of a program that prints it; at the end it is asked to end, and has."""
    program = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
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
    """Those that the page lists."""
    with urllib.request.urlopen(f"{server.url}/api/requests") as answer:  # noqa: S310
        rows: list[Row] = json.load(answer)["requests"]
    return rows
