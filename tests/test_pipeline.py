"""The pipeline commits all it was given, in order, whatever the database does meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import pytest
from django.db import InterfaceError, OperationalError

from logwatcher import pipeline as pipeline_module
from logwatcher.core.event import Batch
from logwatcher.pipeline import EVENTS_PER_FLUSH, QUEUED_BATCHES, Pipeline, Unavailable
from tests.factories import event


class Database:
    """Takes what is written, unless it is told to be away or to hang."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.told = 0
        self.errors: list[Exception] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = 0

    async def write(self, batches: Sequence[Batch]) -> int:
        self.asked += 1
        await self.answers.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.commits.append([batch.source for batch in batches])
        return len(self.commits)

    def tell(self) -> None:
        self.told += 1

    @property
    def written(self) -> list[str]:
        """All batches by name, in the order of their commits."""
        return [name for commit in self.commits for name in commit]


Scenario = Callable[[Pipeline, Database], Awaitable[None]]


def run(scenario: Scenario) -> Database:
    """Runs the pipeline beside the scenario, then cancels it; returns when it has ended."""

    async def body() -> Database:
        database = Database()
        pipeline = Pipeline(database.write, database.tell)
        task = asyncio.create_task(pipeline.run())
        async with asyncio.timeout(10):
            await scenario(pipeline, database)
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            raise error
        return database

    return asyncio.run(body())


def batch(name: str, events: int = 1) -> Batch:
    return Batch(name, [event()] * events)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "FLUSH_S", 0.01)
    monkeypatch.setattr(pipeline_module, "RETRY_S", (0.001, 0.002))


def test_what_comes_together_is_one_commit() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        for name in "abc":
            await pipeline.put(batch(name))
        await until(lambda: database.written == ["a", "b", "c"])
        for name in "de":
            await pipeline.put(batch(name))
        await until(lambda: len(database.written) == 5)

    database = run(scenario)
    assert database.commits == [["a", "b", "c"], ["d", "e"]]
    assert database.told == 2


def test_a_commit_has_a_bound() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        for name in "abcde":
            await pipeline.put(batch(name, EVENTS_PER_FLUSH // 2))
        await until(lambda: len(database.written) == 5)

    assert run(scenario).commits == [["a", "b"], ["c", "d"], ["e"]]


def test_sources_wait_while_the_database_hangs() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.answers.clear()
        await pipeline.put(batch("first"))
        await until(lambda: database.asked == 1)
        for i in range(QUEUED_BATCHES):
            await asyncio.wait_for(pipeline.put(batch(str(i))), 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pipeline.put(batch("too many")), 0.05)
        database.answers.set()
        await asyncio.wait_for(pipeline.put(batch("last")), 1)
        await until(lambda: "last" in database.written)

    names = ["first", *map(str, range(QUEUED_BATCHES)), "last"]
    assert run(scenario).written == names


@pytest.mark.parametrize("error", [OperationalError("locked"), InterfaceError("closed")])
def test_a_database_that_is_away_is_waited_for(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.errors = [error] * 4
        for name in "ab":
            await pipeline.put(batch(name))
        await until(lambda: database.asked == 2)
        assert database.told == 0
        await pipeline.put(batch("c"))
        await until(lambda: database.written == ["a", "b", "c"])

    database = run(scenario)
    assert database.commits[0] == ["a", "b"]
    assert database.told == len(database.commits)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 4
    assert str(error) in caplog.text


def test_a_bug_ends_it_and_nothing_after_the_bug_is_committed() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.errors = [TypeError("a bug")]
        database.answers.clear()
        await pipeline.put(batch("a"))
        await until(lambda: database.asked == 1)
        await pipeline.put(batch("b"))
        database.answers.set()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until(lambda: bool(database.commits)), 0.05)

    with pytest.raises(TypeError, match="a bug"):
        run(scenario)


def test_when_cancelled_it_commits_what_is_queued() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        await pipeline.put(batch("a"))
        await until(lambda: database.written == ["a"])
        for name in "bcd":
            await pipeline.put(batch(name))

    assert run(scenario).written == ["a", "b", "c", "d"]


def test_when_cancelled_in_a_commit_it_is_not_repeated() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.answers.clear()
        await pipeline.put(batch("a"))
        await until(lambda: database.asked == 1)
        await pipeline.put(batch("b"))
        asyncio.get_running_loop().call_later(0.05, database.answers.set)

    assert run(scenario).commits == [["a"], ["b"]]


def test_when_cancelled_between_two_tries_it_tries_again_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline_module, "RETRY_S", (60,))

    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.errors = [OperationalError("locked")]
        await pipeline.put(batch("a"))
        await until(lambda: not database.errors)
        await pipeline.put(batch("b"))

    assert run(scenario).written == ["a", "b"]


def test_when_cancelled_in_a_commit_that_fails_it_tries_again_in_order() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.errors = [OperationalError("locked")]
        database.answers.clear()
        await pipeline.put(batch("a"))
        await until(lambda: database.asked == 1)
        await pipeline.put(batch("b"))
        asyncio.get_running_loop().call_later(0.05, database.answers.set)

    assert run(scenario).written == ["a", "b"]


def test_when_cancelled_while_the_database_is_away_it_ends_and_keeps_no_later_batch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pipeline_module, "RETRY_S", (60,))

    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.errors = [OperationalError("gone")] * 2
        await pipeline.put(batch("a"))
        await until(lambda: database.asked == 1)
        await pipeline.put(batch("b"))

    assert run(scenario).commits == []
    assert "gone" in caplog.records[-1].message


def test_who_commits_waits_for_the_commit_and_no_longer() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.answers.clear()
        waiting = asyncio.ensure_future(pipeline.commit([batch("a")]))
        await until(lambda: database.asked == 1)
        await pipeline.put(batch("b"))
        assert not waiting.done()
        database.answers.set()
        await asyncio.wait_for(waiting, 1)
        assert database.written == ["a"]

    assert run(scenario).written == ["a", "b"]


def test_what_is_handed_over_together_is_one_commit_however_much_it_is() -> None:
    names = [str(i) for i in range(2 * QUEUED_BATCHES)]

    async def scenario(pipeline: Pipeline, database: Database) -> None:
        await pipeline.commit([batch(name, EVENTS_PER_FLUSH // 10) for name in names])

    assert run(scenario).commits == [names]


def test_who_commits_does_not_wait_for_a_place_in_the_queue() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.answers.clear()
        await pipeline.put(batch("first"))
        await until(lambda: database.asked == 1)
        for i in range(QUEUED_BATCHES):
            await pipeline.put(batch(str(i)))
        with pytest.raises(Unavailable):
            await pipeline.commit([batch("too many")])
        database.answers.set()

    assert "too many" not in run(scenario).written


def test_who_gives_up_waiting_disturbs_no_one() -> None:
    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.answers.clear()
        hasty = asyncio.ensure_future(pipeline.commit([batch("a")]))
        patient = asyncio.ensure_future(pipeline.commit([batch("b")]))
        await until(lambda: database.asked == 1)
        hasty.cancel()
        database.answers.set()
        await asyncio.wait_for(patient, 1)

    assert sorted(run(scenario).written) == ["a", "b"]


def test_at_the_end_who_waits_is_told_whether_it_was_committed() -> None:
    async def scenario(lasts: bool) -> list[bool]:
        database = Database()
        pipeline = Pipeline(database.write, database.tell)
        task = asyncio.create_task(pipeline.run())
        waiting = [asyncio.ensure_future(pipeline.commit([batch(name)])) for name in "abc"]
        await asyncio.sleep(0)
        database.errors = [] if lasts else [OperationalError("gone")] * 2
        task.cancel()
        await asyncio.wait({task, *waiting})
        with pytest.raises(Unavailable):
            await pipeline.commit([batch("d")])
        return [isinstance(one.exception(), Unavailable) for one in waiting]

    assert asyncio.run(scenario(True)) == [False] * 3
    assert asyncio.run(scenario(False)) == [True] * 3


def test_it_tells_what_went_through_what_failed_and_what_waits() -> None:
    figures: dict[str, float] = {}

    async def scenario(pipeline: Pipeline, database: Database) -> None:
        database.errors = [OperationalError("away")]
        await pipeline.commit([batch("a"), batch("b")])
        database.answers.clear()
        await pipeline.put(batch("a"))
        await until(lambda: database.asked == 3)
        for _ in range(QUEUED_BATCHES):
            await pipeline.put(batch("c"))
        with pytest.raises(Unavailable):
            await pipeline.commit([batch("d")])
        for metric in pipeline.metrics():
            for sample in metric.samples:
                key = metric.name.removeprefix("logwatcher_") + sample.suffix
                figures[":".join([key, *sample.labels.values()])] = sample.value
        database.answers.set()

    run(scenario)
    assert (figures["events_total:a"], figures["events_total:b"]) == (1, 1)
    assert "events_total:c" not in figures
    assert (figures["flush_seconds_count"], figures["flush_failures_total"]) == (1, 1)
    assert figures["refused_batches_total"] == 1
    assert figures["queued_batches"] == figures["queued_batches_max"] == QUEUED_BATCHES
