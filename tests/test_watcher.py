"""All files of some names are followed into the store, those that come later too."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from logwatcher import follower
from logwatcher.core.formats import BY_ITSELF
from logwatcher.follower import Start
from logwatcher.importer import Importer
from logwatcher.pipeline import Pipeline
from logwatcher.runtime import Source
from logwatcher.sources.line_reader import LineReader
from logwatcher.sources.parsing import Parsers
from logwatcher.store import inputs, reader, writer
from logwatcher.store.models import Head, Request
from logwatcher.store.thread import StoreThread
from logwatcher.watcher import StandardInput, Watcher
from tests import database

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
Until = Callable[[], Awaitable[object]]


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def append(log: Path, *numbers: int) -> None:
    log.parent.mkdir(exist_ok=True)
    with log.open("a") as file:
        for number in numbers:
            file.write(
                f"203.0.113.7 - - [14/Nov/2023:22:00:{number % 60:02} +0000]"
                f' "GET /{number} HTTP/1.1" 200 12 "-" "-" 0.100\n'
            )


def run(source: Source, until: Until) -> None:
    """Let the source work into the store until ``until`` returns, then stop as a process does."""

    async def body() -> None:
        thread = StoreThread("writer")

        async def write(batches: object) -> int:
            return await thread.call(writer.write, batches)  # type: ignore[arg-type]  # as put

        pipeline = Pipeline(write, lambda: None)
        async with asyncio.timeout(20):
            committing = asyncio.create_task(pipeline.run())
            reading = asyncio.create_task(source(pipeline.put))
            await until()
            for task in (reading, committing):
                task.cancel()
                await asyncio.wait({task})
                assert task.cancelled()
            await thread.close()

    asyncio.run(body())


def is_stored(number: int) -> Until:
    async def wait() -> None:
        while await asyncio.to_thread(database.count_requests, database.url_of_tests()) < number:
            await asyncio.sleep(0.02)

    return wait


def has_inputs(number: int) -> Until:
    async def wait() -> None:
        sql = "SELECT COUNT(*) FROM logwatcher_input WHERE format <> ''"
        while (await asyncio.to_thread(database.query, database.url_of_tests(), sql))[0][
            0
        ] < number:
            await asyncio.sleep(0.02)

    return wait


def stored() -> dict[str, list[str]]:
    """The paths of each source."""
    rows = Request.objects.order_by("id").values_list("endpoint__source__name", "path")
    found: dict[str, list[str]] = {}
    for source, path in rows:
        found.setdefault(source, []).append(path)
    return found


def watch(names: Sequence[Path | str], until: Until, source: str = "") -> list[str]:
    """Follow them; returns what was told."""
    told: list[str] = []
    run(Watcher(list(map(str, names)), source=source, tell=told.append), until)
    return told


def test_each_file_is_a_source(tmp_path: Path) -> None:
    shop, blog = tmp_path / "shop.log", tmp_path / "blog.log"
    append(shop, 1, 2)
    append(blog, 3)
    told = watch([shop, blog], is_stored(3))
    assert stored() == {"shop.log": ["/1", "/2"], "blog.log": ["/3"]}
    assert sorted(told) == ["blog.log: format combined", "shop.log: format combined"]


@pytest.mark.parametrize("start", [Start(), Start(since_us=0), Start(from_end=True)])
def test_what_was_imported_is_not_read_again(tmp_path: Path, start: Start) -> None:
    log = tmp_path / "shop.log"
    append(log, 1, 2)
    with Parsers(0) as parsers:
        Importer(parsers).import_file(log)
    append(log, 3)
    run(Watcher([str(log)], start=start), is_stored(3))
    assert sorted(database.paths(database.url_of_tests())) == ["/1", "/2", "/3"]


def test_several_files_can_be_one_source_and_keep_a_place_each(tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    append(first, 1)
    append(second, 2)
    watch([first, second], is_stored(2), "shop")
    append(first, 3)
    append(second, 4)
    watch([first, second], is_stored(4), "shop")
    assert {source: sorted(paths) for source, paths in stored().items()} == {
        "shop": ["/1", "/2", "/3", "/4"]
    }
    assert [of.name for of in inputs.health()] == [str(first), str(second)]


def test_files_that_come_later_are_followed(tmp_path: Path) -> None:
    append(tmp_path / "a.log", 1)

    async def until() -> None:
        await is_stored(1)()
        append(tmp_path / "b.log", 2)
        append(tmp_path / "b.log.1", 9)
        await is_stored(2)()

    watch([tmp_path / "*.log*"], until)
    assert stored() == {"a.log": ["/1"], "b.log": ["/2"]}


def test_a_file_keeps_its_source_whatever_else_is_followed(tmp_path: Path) -> None:
    one, other = tmp_path / "1" / "access.log", tmp_path / "2" / "access.log"
    append(one, 1)
    watch([one], is_stored(1))
    append(one, 2)
    append(other, 3)
    watch([one, other], is_stored(3))
    assert stored() == {"access.log": ["/1", "/2"], "2/access.log": ["/3"]}


def test_what_is_read_is_reported_though_nothing_comes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, 1)
    watch([log], has_inputs(1))
    (of,) = inputs.health()
    assert (of.name, of.source, of.condition.format) == (str(log), "a.log", "combined")
    assert reader.position(str(log)) is not None


def test_from_the_end_only_what_comes_is_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, 1, 2)

    async def until() -> None:
        await has_inputs(1)()
        append(log, 3)
        await is_stored(1)()

    run(Watcher([str(log)], start=Start(from_end=True)), until)
    assert stored() == {"a.log": ["/3"]}


def test_standard_input_is_read_to_its_end(tmp_path: Path) -> None:
    told: list[str] = []
    log = tmp_path / "piped"
    append(log, *range(50))
    read_end, write_end = os.pipe()

    async def until() -> None:
        os.write(write_end, log.read_bytes()[:-1])
        os.close(write_end)
        while "standard input has ended; the page stays until Ctrl-C" not in told:
            await asyncio.sleep(0.02)
        await is_stored(50)()

    line_reader = LineReader("standard input", "stdin", BY_ITSELF, told.append)
    run(StandardInput(read_end, line_reader), until)
    os.close(read_end)
    assert stored() == {"stdin": [f"/{i}" for i in range(50)]}
    assert inputs.health()[0].lines == 50


def test_a_file_that_is_gone_is_reported_and_read_on_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PATIENCE_S", 0.2)
    log = tmp_path / "a.log"
    append(log, 1)

    async def until() -> None:
        await is_stored(1)()
        log.unlink()
        await has("problem = 'no such file or directory' AND problem_us > 0")
        append(log, 2)
        await is_stored(2)()
        await has("problem = '' AND problem_us = 0")

    watch([log], until)
    assert stored() == {"a.log": ["/1", "/2"]}


def test_a_file_that_can_not_be_read_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PATIENCE_S", 0.0)
    log = tmp_path / "a.log"
    log.mkdir()

    async def until() -> None:
        await has("problem <> ''")
        log.rmdir()
        append(log, 1)
        await is_stored(1)()

    watch([log], until)
    assert stored() == {"a.log": ["/1"]}


def test_from_a_time_on_only_what_is_newer_is_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, *range(10))
    since_us = 1_699_999_205_000_000  # the lines' times are 22:00:00 to 22:00:09
    run(Watcher([str(log)], start=Start(since_us=since_us)), is_stored(5))
    assert stored() == {"a.log": [f"/{i}" for i in range(5, 10)]}


async def has(condition: str) -> None:
    """Wait until the one input is like this."""
    sql = f"SELECT COUNT(*) FROM logwatcher_input WHERE {condition}"  # noqa: S608  # the test's own
    while not (await asyncio.to_thread(database.query, database.url_of_tests(), sql))[0][0]:
        await asyncio.sleep(0.02)
