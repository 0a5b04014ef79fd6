"""What is too old goes, a little at a time; what is shown meanwhile and afterwards is a recount."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core import block
from logwatcher.core.chunk import MIN_BUCKETS
from logwatcher.core.event import Batch, Event
from logwatcher.core.kept import ALL
from logwatcher.core.retention import DAY, HOUR, LEAST_S, Limits, limits
from logwatcher.core.view import View
from logwatcher.core.window import Window
from logwatcher.store import condense, reader, stock, sweep, writer
from logwatcher.store.models import Bucket, Chunk, Endpoint, Head, Pack, Request, Stock
from tests.factories import NOON, event
from tests.store.test_reader import assert_same, recount

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
SHORTEST = Limits(HOUR, None, tuple(LEAST_S.values()))
FOREVER = limits("forever", "5s:forever 1m:forever 1h:forever")
EVERYTHING = View(start=NOON - 300 * DAY, end=NOON + DAY)
PROPERTY = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def sweep_all(of: Limits = SHORTEST, now: int = NOON) -> list[float]:
    return list(sweep.sweep(of, now))


def empty() -> None:
    for model in (Bucket, Chunk, Request, Pack, Stock, Endpoint):
        model.objects.all().delete()


def buckets(step: int) -> int:
    return Bucket.objects.filter(step=step).count()


def is_as_stated(window: Window, sent: Sequence[Event]) -> None:
    """All that the window shows is a recount of the events in the time that it says it is of."""
    start_us, end_us = window.kept_from * 10**6, window.end * 10**6
    inside = [one for one in sent if start_us <= one.time_us < end_us]
    exact = recount(inside)
    assert_same(reader.figures(View(), window), exact)
    assert_same(reader.figures(View(method="GET"), window), exact)
    assert sum(of.requests for of in reader.endpoints(View(), window).values()) == exact.requests
    assert reader.statuses(View(), window) == sorted({one.status for one in inside})


AGES = st.one_of(st.integers(0, 3 * DAY), st.integers(0, 40 * DAY), st.integers(30 * DAY, 80 * DAY))
EDGES_S = (5, 60, 90, HOUR, 12 * HOUR)


def near(rng: random.Random, times: Sequence[int]) -> int:
    """A time near one of these, on either side of it."""
    distance = rng.choice(EDGES_S)
    return rng.choice(times) + rng.randint(-distance, distance)


def spans(rng: random.Random, now: int, sent: Sequence[Event]) -> Iterator[View]:
    """Zooms whose edges are near what happened and what is kept."""
    times = [one.time_us // 10**6 for one in sent]
    times += [since for since in stock.kept().steps if since > 0] or times
    for _ in range(25):
        start = near(rng, times)
        end = near(rng, times) if rng.random() < 0.5 else start + rng.choice((5, 60, 600, 7200))
        start, end = sorted((start, end))
        yield View(start=start, end=max(end, start + 5))


@pytest.mark.long
@PROPERTY
@given(st.integers(0, 1 << 32))
def test_figures_are_a_recount_whenever_and_however_far_it_was_swept(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (block, condense):
            patch.setattr(module, "MIN_BUCKETS", 2)
        _sweep_and_compare(seed)


def _sweep_and_compare(seed: int) -> None:
    empty()
    rng = random.Random(seed)
    sent: list[Event] = []
    now = NOON
    for _ in range(3):
        some = [rng.randint(0, rng.choice((3, 12, 40, 80))) * DAY for _ in range(8)]
        edges = [*(now - age for age in some), *stock.kept().steps]
        more = [
            event(min(near(rng, edges), now) + rng.random(), status=rng.choice((200, 500)))
            for _ in range(40)
        ]
        more = [one for one in more if one.time_us > 0]
        if rng.random() < 0.5:
            writer.write([Batch("web", more)])
        else:
            writer.write_block("web", block.to_block(more, with_chunks=True))
        sent += more
        now += rng.choice((60, HOUR, 10 * DAY))
        for _ in islice(sweep.sweep(SHORTEST, now), rng.choice((1, 4, 1000))):
            pass
        for _ in islice(condense.condense(now), rng.choice((0, 3, 1000))):
            pass
        for view in spans(rng, now, sent):
            with reader.snapshot():
                window = reader.window(view, now)
                is_as_stated(window, sent)
                is_as_stated(window.previous, sent)
                points = reader.points(View(), window)
                assert (
                    sum(point[1] or 0 for point in points)
                    == reader.figures(View(), window).requests
                )


@PROPERTY
@given(st.lists(AGES, max_size=25), st.sampled_from(["5m", "1h", "6h", "24h", "7d", "30d"]))
def test_a_range_up_to_now_is_whole_after_any_sweep(ages: list[int], name: str) -> None:
    empty()
    sent = [event(NOON - age) for age in ages]
    writer.write([Batch("web", sent)])
    sweep_all()
    window = reader.window(View(range=name), NOON + 30)
    assert window.kept_from == window.start
    is_as_stated(window, sent)
    is_as_stated(window.previous, sent)


def test_nothing_older_than_its_limit_is_left() -> None:
    days = (0, 2, 9, 33)
    writer.write([Batch("web", [event(NOON - 1 - day * DAY) for day in days])])
    assert [buckets(step) for step in (5, 60, 3600)] == [8, 8, 8]
    sweep_all()
    assert Request.objects.count() == 1
    assert [buckets(step) for step in (5, 60, 3600)] == [2, 4, 6]


@pytest.mark.parametrize(("late_us", "left"), [(-1, 0), (0, 1), (1, 1)])
def test_a_request_as_old_as_the_limit_stays(late_us: int, left: int) -> None:
    edge = event(NOON - HOUR)
    writer.write([Batch("web", [edge._replace(time_us=edge.time_us + late_us)])])
    sweep_all()
    assert Request.objects.count() == left
    assert len(reader.requests(View(), reader.window(EVERYTHING, NOON), 10)) == left


def test_without_limits_nothing_is_written_or_deleted() -> None:
    writer.write([Batch("web", [event(NOON - 1000 * DAY)])])
    assert sweep_all(FOREVER) == []
    assert Stock.objects.count() == 0
    assert buckets(5) == 2


def test_of_a_pack_with_newer_requests_the_older_ones_are_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block, "MIN_PACKED", 1)
    sent = [event(NOON - HOUR - 60), event(NOON - 60)]
    writer.write([Batch("web", sent)])
    rows = reader.requests(View(), reader.window(EVERYTHING, NOON), 10)
    sweep_all()
    assert Pack.objects.count() == 1
    assert reader.requests(View(), reader.window(EVERYTHING, NOON), 10) == rows[:1]
    assert [reader.request(row.id) for row in rows] == [rows[0], None]
    sweep_all(now=NOON + HOUR)
    assert Pack.objects.count() == 0


def test_requests_that_take_too_much_room_go_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "MIN_PACKED", 1)
    for minute in range(10):
        writer.write([Batch("web", [event(NOON - 60 * minute)])])
    stock.measure()
    whole = stock.measured()[stock.REQUESTS][0]
    assert whole.number == 10
    sweep_all(Limits(None, whole.size // 2, FOREVER.figures_s))
    stock.measure()
    left = stock.measured()[stock.REQUESTS][0]
    assert left.number == 5
    assert left.size <= whole.size // 2
    assert left.oldest == NOON - 60 * 4
    assert stock.kept().requests == NOON - 60 * 5 + 1
    assert buckets(5) == 20


def test_a_clock_that_is_ahead_costs_nobody_the_newest_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block, "MIN_PACKED", 1)
    for minute in range(10):
        ahead = event(NOON + 22 * HOUR + minute)
        writer.write([Batch("web", [event(NOON - 60 * minute), ahead])])
    stock.measure()
    whole = stock.measured()[stock.REQUESTS][0]
    sweep_all(Limits(None, whole.size // 2, FOREVER.figures_s))
    rows = reader.requests(View(), reader.window(View(range="1h"), NOON + 1), 20)
    assert [row.time_us // 10**6 for row in rows] == [NOON - 60 * minute for minute in range(5)]
    stock.measure()
    assert stock.measured()[stock.REQUESTS][0].size <= whole.size // 2


def test_many_are_deleted_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST", 7)
    writer.write([Batch("web", [event(NOON - 50 * DAY - 60 * i) for i in range(40)])])
    waits = sweep_all()
    assert len(waits) >= (40 + 2 * 80) // 10
    assert Bucket.objects.count() == Request.objects.count() == 0


def test_a_chunk_goes_when_its_last_bucket_is_too_old() -> None:
    sent = [event(NOON - DAY - 5 * i) for i in range(MIN_BUCKETS)]
    writer.write_block("web", block.to_block(sent, with_chunks=True))
    window = reader.window(EVERYTHING, NOON)
    assert Chunk.objects.count() == 2
    sweep_all()
    assert Chunk.objects.count() == 2
    sweep_all(now=NOON + HOUR)
    assert Chunk.objects.count() == 0
    assert reader.figures(View(), window).requests == len(sent)


def test_pages_of_requests_end_where_they_are_kept_from() -> None:
    writer.write([Batch("web", [event(NOON - HOUR - 30 + i) for i in range(60)])])
    window = reader.window(EVERYTHING, NOON)
    before = reader.requests(View(), window, 40)
    sweep_all()
    window = reader.window(EVERYTHING, NOON)
    last = before[-1]  # one that is gone meanwhile
    view = View(before=f"{last.time_us}.{last.id}")
    assert reader.requests(view, window, 10) == []
    assert reader.requests_after(view, window, 3) == before[27:30]
    assert reader.request(last.id) is None


def test_endpoints_without_data_are_forgotten_and_come_back() -> None:
    writer.write([Batch("web", [event(NOON - 40 * DAY, route="/old"), event(NOON, route="/new")])])
    sweep_all()
    assert [name.route for name in reader.endpoints_in_use()] == ["/new"]
    writer.write([Batch("web", [event(NOON, route="/old")])])
    sweep_all()
    assert [name.route for name in reader.endpoints_in_use()] == ["/new", "/old"]


@pytest.mark.parametrize("min_packed", [1, 1000])
def test_an_endpoint_stays_as_long_as_a_request_of_it(
    monkeypatch: pytest.MonkeyPatch, min_packed: int
) -> None:
    monkeypatch.setattr(block, "MIN_PACKED", min_packed)
    writer.write([Batch("web", [event(NOON - 40 * DAY, route="/old")])])
    sweep_all(SHORTEST._replace(requests_s=None))
    assert Bucket.objects.count() == 0
    (row,) = reader.requests(View(), reader.window(EVERYTHING, NOON), 10)
    assert row.route == "/old"


def test_a_sweep_that_was_broken_off_is_done_by_the_next() -> None:
    writer.write([Batch("web", [event(NOON - 50 * DAY - 60 * i) for i in range(40)])])
    for _ in islice(sweep.sweep(SHORTEST, NOON), 2):
        pass
    assert Bucket.objects.count() > 0
    sweep_all()
    assert Bucket.objects.count() == Endpoint.objects.count() == 0


def test_no_stream_hears_of_a_sweep() -> None:
    writer.write([Batch("web", [event(NOON - 50 * DAY), event()])])
    before = reader.head()
    sweep_all()
    assert reader.head() == before
    assert reader.kept() != ALL
