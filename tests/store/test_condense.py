"""Old rows become chunks; nothing that is shown changes by it."""

import random
import threading
from collections.abc import Iterator

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core.buckets import STEPS
from logwatcher.core.chunk import MAX_BUCKETS, MIN_BUCKETS
from logwatcher.core.event import Batch, Event
from logwatcher.core.view import View
from logwatcher.store import condense, reader, writer
from logwatcher.store.condense import ROWS_S
from logwatcher.store.database import READER
from logwatcher.store.models import Bucket, Chunk, Head
from tests.database import assert_consistent, url_of_tests
from tests.factories import NOON, event, events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
VIEWS = [
    View(range="24h"),
    View(range="24h", method="GET"),
    View(range="1h", status="5xx"),
    View(start=NOON - 5000, end=NOON - 70),
]


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def run(now: int = NOON) -> int:
    """How many transactions it took."""
    return len(list(condense.condense(now)))


def chunked(step: int = STEPS[0]) -> list[int]:
    """How many buckets each chunk of all endpoints together has."""
    return sorted(
        Chunk.objects.filter(step=step, endpoint__route="").values_list("number", flat=True)
    )


def every_5_s(n: int, last: float) -> list[Event]:
    return [event(last - STEPS[0] * i, route="/a") for i in range(n)]


def shown(views: list[View] = VIEWS) -> Iterator[object]:
    """All that is made of buckets."""
    for view in views:
        window = reader.window(view, NOON)
        found = reader.endpoints(view, window)
        yield found
        yield reader.points(view, window)
        yield reader.figures(view, window)
        yield reader.statuses(view, window)
        yield reader.trends(view, window, list(found), 30)
    yield reader.usual_rate("web", NOON - 4000)


def test_enough_old_rows_of_an_endpoint_become_a_chunk() -> None:
    edge = NOON - STEPS[0] - ROWS_S[STEPS[0]]
    writer.write([Batch("web", every_5_s(MIN_BUCKETS - 1, edge))])
    assert run() == 0
    writer.write([Batch("web", [event(edge + STEPS[0], route="/a")])])
    assert run() == 0
    assert run(NOON + STEPS[0]) == 2
    assert chunked() == [MIN_BUCKETS]
    assert not Bucket.objects.filter(step=STEPS[0]).exists()


def test_many_become_several_chunks_and_the_newest_stay() -> None:
    writer.write([Batch("web", every_5_s(MAX_BUCKETS + MIN_BUCKETS + 200, NOON))])
    before = list(shown())
    assert run() > 2
    assert len(chunked()) == 2
    assert Bucket.objects.filter(step=STEPS[0]).exists()
    assert list(shown()) == before
    assert run() == 0


def test_what_comes_late_is_added_to_what_is_in_a_chunk() -> None:
    sent = every_5_s(MIN_BUCKETS, NOON - 3600)
    writer.write([Batch("web", sent)])
    run()
    writer.write([Batch("web", sent[:3])])
    assert chunked() == [MIN_BUCKETS]
    window = reader.window(View(range="24h"), NOON)
    assert reader.figures(View(), window).requests == len(sent) + 3
    view = View(start=NOON - 3605, end=NOON - 3595)
    assert [point[1] for point in reader.points(view, reader.window(view, NOON))] == [2, 2]
    assert_consistent(url_of_tests())


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 1 << 32))
def test_nothing_that_is_shown_changes(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(condense, "MIN_BUCKETS", 2)
        patch.setattr(condense, "most", lambda step: 5)
        rng = random.Random(seed)
        for _ in range(3):
            sample = events(rng.choice((1, 10, 60)), seed=rng.getrandbits(32), seconds=7200)
            writer.write([Batch("web", sample)])
            before = list(shown())
            run(NOON + rng.choice((-3600, 0, 7200)))
            assert list(shown()) == before
    assert_consistent(url_of_tests())


def test_who_reads_meanwhile_sees_each_request_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condense, "most", lambda step: MIN_BUCKETS)
    sent = every_5_s(20 * MIN_BUCKETS, NOON - 3600)
    writer.write([Batch("web", sent)])
    window = reader.window(View(range="24h", step="5s"), NOON)
    ended = threading.Event()
    found: set[int] = set()

    def read() -> None:
        while True:
            is_last = ended.is_set()
            found.add(sum(int(point[1] or 0) for point in reader.points(View(), window)))
            if is_last:
                connections[READER].close()
                return

    thread = threading.Thread(target=read)
    thread.start()
    try:
        run()
    finally:
        ended.set()
        thread.join()
    assert found == {len(sent)}
    assert len(chunked()) == 20
