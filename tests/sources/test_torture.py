"""A log is rotated in every way while its reader is killed again and again: each line once."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

import pytest

from tests import database
from tests.server import Server
from tests.sources import rotating

pytestmark = pytest.mark.long

LINES = {"numbers": 1_000_000, "dates": 100_000}
SEED = 7
TIMEOUT_S = 300
KILLS = 15


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path / "log" / "access.log"


@pytest.mark.parametrize("names", LINES)
def test_each_line_is_stored_once_and_in_order(
    serve: Callable[..., Server], log: Path, names: str
) -> None:
    log.touch()
    server, total = serve("watch", str(log), "--from", "start"), LINES[names]
    with writing(log, server.database_url, total, names):
        for goal in goals(total):
            wait(server.database_url, goal)
            assert server.is_running, server.output
            server.kill()
            server.start()
    assert database.assert_consistent(server.database_url) == total
    stored = sorted(database.requests(server.database_url), key=itemgetter("id"))
    wrong = [at for at, request in enumerate(stored) if request["path"] != f"/{at}"]
    assert wrong[:1] == []


def goals(total: int) -> list[int]:
    """After how many lines the reader is killed: anywhere, and after the last one."""
    return [*sorted(random.Random(SEED).sample(range(total), KILLS)), total]


@contextmanager
def writing(log: Path, url: str, total: int, names: str) -> Iterator[None]:
    """While lines are written and the log is rotated, by a process of its own."""
    module = [sys.executable, "-m", rotating.__name__]
    arguments = [str(log), url, str(total), str(SEED), names]
    with subprocess.Popen([*module, *arguments], stderr=subprocess.PIPE, text=True) as writer:
        try:
            yield
        finally:
            writer.kill()
            _, errors = writer.communicate()
    assert errors == ""


def wait(url: str, goal: int) -> None:
    """Until so many lines have been stored.

    Raises:
        TimeoutError: they were not.
    """
    end = time.monotonic() + TIMEOUT_S
    while rotating.count_stored(url) < goal:
        if time.monotonic() > end:
            raise TimeoutError(goal)
        time.sleep(0.01)
