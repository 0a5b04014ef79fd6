"""Real apps of each framework, watched: what their visitors did is what the server shows."""

import time
from collections.abc import Callable

import pytest

from logwatcher.middleware.sender import FLUSH_S
from tests.middleware.program import APPS
from tests.middleware.shop import PARTS, PAUSE_S
from tests.middleware.visiting import VISITS, requests, running, visit
from tests.sending import create_token
from tests.server import Server

PROGRAM = "tests.middleware.program"


@pytest.mark.parametrize("name", APPS)
def test_an_app_is_watched(name: str, serve: Callable[..., Server]) -> None:
    server = serve("demo")
    sizes = {}
    with running(PROGRAM, name, server.url, create_token(server, name)) as port:
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
    with running(PROGRAM, name, "http://127.0.0.1:9", "lw.1.none") as port:
        for method, path, status, _ in VISITS * 2:
            assert visit(port, method, path)[0] == status
    assert time.monotonic() - began < 12
