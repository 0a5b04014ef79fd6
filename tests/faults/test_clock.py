"""The machine's clock is stepped: traffic, requests and streams go on, and all is counted once."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import database
from tests.faults import clock
from tests.faults.conftest import SendTo
from tests.server import Server, until
from tests.stream.sse import Stream

HOUR_S = 3600
RECOVERY_S = 15


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """Holds by how many seconds the server's clock is wrong."""
    file = tmp_path / "wrong"
    step(file, 0)
    return file


def step(file: Path, seconds: int) -> None:
    """Whoever reads it meanwhile has the old or the new content."""
    new = file.with_suffix(".new")
    new.write_text(f"{seconds}")
    new.replace(file)


@pytest.fixture
def server(
    new_database: Callable[[], str], tmp_path: Path, wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    monkeypatch.setenv("LOGWATCHER_TRAFFIC_MINUTES", "0")  # the hour would be over at once
    program = (sys.executable, clock.__file__, str(wrong))
    server = Server(tmp_path / "data", new_database(), ["demo", "--start", "--rate=50"], program)
    server.start()
    yield server
    if server.is_running:
        server.stop()


def test_the_clock_is_stepped_back_and_forth_by_an_hour(
    server: Server, wrong: Path, send_to: SendTo
) -> None:
    senders = send_to(server)
    url = server.database_url
    with Stream(server.url, timeout=RECOVERY_S) as stream:
        for seconds in (0, HOUR_S, 0, -HOUR_S, 0):
            step(wrong, seconds)
            senders.wait_for(20, RECOVERY_S)
            wait_for_more(url)
            stream.next()
    senders.end()
    assert server.stop() == 0
    senders.assert_counted()
    assert "Traceback" not in server.output


def wait_for_more(url: str) -> None:
    """Until more mock traffic is stored."""
    have = made(url)
    until(lambda: made(url) > have + 20, RECOVERY_S)


def made(url: str) -> int:
    """How many requests of mock traffic are stored."""
    return sum(not path.startswith("/sender") for path in database.paths(url))
