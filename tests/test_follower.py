"""A log file ends up in the store: every line once, whatever stops the reader in between."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from logwatcher.core.event import Batch
from logwatcher.core.formats import FORMATS, Reading
from logwatcher.follower import ALL, Follower
from logwatcher.pipeline import Pipeline
from logwatcher.sources.line_reader import LineReader
from logwatcher.sources.lookout import Lookout
from logwatcher.store import reader, writer
from logwatcher.store.models import Head
from logwatcher.store.thread import StoreThread
from tests import database

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
SOURCE = "web"


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.touch()
    return path


def line(number: int) -> str:
    return (
        f'203.0.113.7 - - [14/Nov/2023:22:00:{number % 60:02} +0000] "GET /api/{number} HTTP/1.1"'
        ' 200 12 "-" "-" 0.100\n'
    )


def append(log: Path, numbers: range) -> None:
    with log.open("a") as file:
        file.writelines(map(line, numbers))


def stored() -> list[int]:
    """The numbers of the lines in the store, each as often as it is there."""
    paths = database.paths(database.url_of_tests())
    return sorted(int(path.removeprefix("/api/")) for path in paths)


def follow(log: Path, until: Callable[[], Awaitable[object]], *, commits: bool = True) -> None:
    """Follow the log into the store until ``until`` returns, then stop as a process does."""

    async def body() -> None:
        thread = StoreThread("writer")

        async def write(batches: object) -> int:
            return await thread.call(writer.write, batches)  # type: ignore[arg-type]  # as put

        async def drop(batch: Batch) -> None:
            taken.append(batch)

        taken: list[Batch] = []
        pipeline = Pipeline(write, lambda: None)
        put = pipeline.put if commits else drop
        async with asyncio.timeout(20):
            committing = asyncio.create_task(pipeline.run())
            lines = LineReader(str(log), SOURCE, Reading(FORMATS["combined"]), lambda text: None)
            position = await thread.call(reader.position, str(log))
            following = asyncio.create_task(Follower(log, lines, ALL, Lookout())(put, position))
            await until()
            for task in (following, committing):
                task.cancel()
                await asyncio.wait({task})
                assert task.cancelled()
            await thread.close()
        assert commits or taken

    asyncio.run(body())


def lines_are_stored(number: int) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        while await asyncio.to_thread(database.count_requests, database.url_of_tests()) < number:
            await asyncio.sleep(0.02)

    return wait


async def soon() -> None:
    await asyncio.sleep(0.3)


def test_lines_there_and_lines_to_come_are_stored(log: Path) -> None:
    append(log, range(50))

    async def until() -> None:
        await lines_are_stored(50)()
        append(log, range(50, 80))
        await lines_are_stored(80)()

    follow(log, until)
    assert stored() == list(range(80))
    assert database.assert_consistent(database.url_of_tests()) == 80


def test_the_position_is_the_end_of_the_last_line(log: Path) -> None:
    append(log, range(5))
    size = log.stat().st_size
    with log.open("a") as file:
        file.write(line(5)[:-20])
    follow(log, lines_are_stored(5))
    position = reader.position(str(log))
    assert position is not None
    assert (position.path, position.offset) == (str(log), size)


def test_a_restart_goes_on_where_it_was(log: Path) -> None:
    for part in range(4):
        append(log, range(25 * part, 25 * part + 25))
        follow(log, lines_are_stored(25 * part + 25))
    follow(log, soon)
    assert stored() == list(range(100))


def test_what_was_read_but_not_committed_is_read_again(log: Path) -> None:
    append(log, range(10))
    follow(log, lines_are_stored(10))
    append(log, range(10, 30))
    follow(log, soon, commits=False)
    append(log, range(30, 40))
    follow(log, lines_are_stored(40))
    assert stored() == list(range(40))


def test_a_log_rotated_while_nobody_reads_is_read_to_its_end(log: Path) -> None:
    append(log, range(10))
    follow(log, lines_are_stored(10))
    append(log, range(10, 20))
    log.rename(log.with_name("access.log.1"))
    append(log, range(20, 30))
    follow(log, lines_are_stored(30))
    assert stored() == list(range(30))


def test_a_log_that_is_written_all_the_time_survives_many_restarts(log: Path) -> None:
    last = 0

    async def a_moment() -> None:
        nonlocal last
        for _ in range(6):
            append(log, range(last, last + 15))
            last += 15
            await asyncio.sleep(0.02)

    for _ in range(6):
        follow(log, a_moment)
    follow(log, lines_are_stored(last))
    assert stored() == list(range(last))
    assert database.assert_consistent(database.url_of_tests()) == last


def test_lines_that_do_not_match_are_told_ever_more_rarely(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def until() -> None:
        for number in range(120):
            with log.open("a") as file:
                file.write(f"nonsense {number}\n{line(number)}")
            if number % 10 == 0:
                await lines_are_stored(number)()
        await lines_are_stored(120)()

    follow(log, until)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert 2 <= len(warnings) <= 3
    assert re.match(r"web: \d+ of \d+ lines don't match, ", warnings[0].getMessage())
    assert "because of: combined: expected" in warnings[0].getMessage()
    assert warnings[0].getMessage().endswith("it begins 'nonsense 0'")
    assert stored() == list(range(120))
