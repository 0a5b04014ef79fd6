"""Several writers at once, threads and processes, to the same buckets: nothing is lost."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from logwatcher.core.event import Batch, Position
from logwatcher.core.view import View
from logwatcher.core.window import Window
from logwatcher.store import reader, writer
from logwatcher.store.models import Head
from tests import database
from tests.factories import NOON, events
from tests.store.concurrency import at_once
from tests.store.writing import EVENTS

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
ROOT = Path(__file__).parents[2]
WINDOW = Window(NOON - 3600, NOON + 3600, 60, NOON)
COMMITS = 12


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def assert_all_written(seeds: range) -> None:
    """Exactly the events of these seeds are there, and every bucket is a recount of them."""
    sent = [one for seed in seeds for one in events(EVENTS, seed=seed, seconds=20)]
    stored = reader.requests(View(), WINDOW, 10 * len(sent))
    assert Counter(row.time_us for row in stored) == Counter(one.time_us for one in sent)
    assert database.assert_consistent(database.url_of_tests()) == len(sent)
    assert reader.figures(View(), WINDOW).requests == len(sent)


def test_threads_lose_nothing_and_leave_no_gap() -> None:
    before = reader.head().revision

    def write(first: int) -> list[int]:
        return [
            writer.write([Batch("web", events(EVENTS, seed=seed, seconds=20))])
            for seed in range(first, first + COMMITS)
        ]

    numbers = at_once(*(partial(write, COMMITS * i) for i in range(4)))
    assert all(of == sorted(of) for of in numbers)
    flat = sorted(number for of in numbers for number in of)
    assert flat == list(range(before + 1, before + 4 * COMMITS + 1))
    assert_all_written(range(4 * COMMITS))


def test_processes_lose_nothing_and_leave_no_gap() -> None:
    before = reader.head().revision
    environment = {**os.environ, "DATABASE_URL": database.url_of_tests()}
    with ExitStack() as running:
        processes = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-m", "tests.store.writing", *map(str, of)],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for of in [(COMMITS * i, COMMITS) for i in range(3)]
        ]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
        for process in processes:
            process.communicate(b"\n", timeout=30)
        assert [process.returncode for process in processes] == [0, 0, 0]
    assert reader.head().revision == before + 3 * COMMITS
    assert_all_written(range(3 * COMMITS))


def test_a_reader_beside_writers_always_sees_whole_commits() -> None:
    def write() -> None:
        for seed in range(COMMITS):
            writer.write([Batch("web", events(EVENTS, seed=seed), Position("x", 1, 2, seed, b""))])

    def read() -> None:
        for _ in range(2 * COMMITS):
            with reader.snapshot():
                requests = len(reader.requests(View(), WINDOW, 10_000))
                points = sum(int(point[1] or 0) for point in reader.points(View(), WINDOW))
                assert requests == points == reader.figures(View(), WINDOW).requests
                position = reader.position("x")
                assert requests == (EVENTS * (position.offset + 1) if position else 0)

    at_once(write, read, read)
