"""A commit is whole: requests, buckets at every step, position and revision, or nothing."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from logwatcher.core.buckets import STEPS
from logwatcher.core.event import Batch, Event, Position
from logwatcher.core.query import Figures
from logwatcher.core.route import MAX_ROUTES, OTHER
from logwatcher.core.view import View
from logwatcher.core.window import Window
from logwatcher.store import reader, writer
from logwatcher.store.models import Bucket, Endpoint, Head, Request, Revision
from tests.factories import NOON, event, events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
WINDOW = Window(NOON - 3600, NOON + 3600, 60, NOON)


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def figures() -> Figures:
    return reader.figures(View(), WINDOW)


def test_every_event_is_counted_at_every_step() -> None:
    writer.write([Batch("web", events(200))])
    for step in STEPS:
        totals = Bucket.objects.filter(step=step, endpoint__route="").values_list("totals")
        assert len(totals) >= 1
    assert figures().requests == Request.objects.count() == 200


def test_a_second_write_adds_to_the_stored_buckets() -> None:
    writer.write([Batch("web", [event()])])
    writer.write([Batch("web", [event(), event(status=500)])])
    assert figures().requests == 3
    assert figures().by_class == (0, 2, 0, 0, 1)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a small table whole")
def test_stored_buckets_are_found_by_their_key_however_many_there_are() -> None:
    writer.write([Batch("web", [event()])])
    with CaptureQueriesContext(connection) as queries:
        writer.write([Batch("web", [event()])])
    reads = [
        query["sql"]
        for query in queries
        if query["sql"].startswith("SELECT") and "logwatcher_bucket" in query["sql"]
    ]
    assert reads
    with connection.cursor() as cursor:
        for sql in reads:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [detail for *_, detail in cursor.fetchall()]
            assert any("SEARCH logwatcher_bucket USING INDEX" in step for step in steps), steps


def test_batches_of_several_sources_are_one_revision() -> None:
    first = writer.write([Batch("a", [event()]), Batch("b", [event()]), Batch("a", [event()])])
    assert first == Head.objects.get().revision
    assert reader.figures(View(source="a"), WINDOW).requests == 2
    assert figures().requests == 3


def test_a_failed_write_leaves_nothing_behind() -> None:
    writer.write([Batch("web", [event()])])
    before = reader.head()
    poisoned = event()._replace(status=None)  # type: ignore[arg-type]  # that is the point
    with pytest.raises((DatabaseError, TypeError)):
        writer.write([Batch("web", [event(), poisoned], Position("x", 1, 2, 3, b"f"))])
    assert reader.head() == before
    assert figures().requests == Request.objects.count() == 1
    assert reader.position("x") is None


def test_the_position_is_saved_with_the_events_before_it() -> None:
    for offset in (10, 1 << 40):
        position = Position("/var/log/access.log", 1 << 33, 42, offset, b"\0\xff")
        writer.write([Batch("web", [event()], position)])
        assert reader.position("/var/log/access.log") == position
    assert reader.position("/other") is None


def test_a_batch_without_events_still_saves_its_position() -> None:
    position = Position("/log", 1, 2, 3, b"")
    before = reader.head()
    writer.write([Batch("web", [], position)])
    assert reader.position("/log") == position
    assert reader.head() == before


def test_routes_beyond_the_limit_share_one_row() -> None:
    many = [event(route=f"/{i:03}", status=200 if i % 2 else 404) for i in range(800)]
    for first in range(0, 800, 100):
        writer.write([Batch("web", many[first : first + 100])])
    routes = set(Endpoint.objects.values_list("route", flat=True)) - {"", OTHER}
    assert len(routes) == MAX_ROUTES
    assert figures().requests == 800
    other = reader.figures(View(endpoint=OTHER), WINDOW)
    assert other.requests == 800 - MAX_ROUTES
    assert sum(of.requests for of in reader.endpoints(View(), WINDOW).values()) == 800


def test_hostile_text_is_stored_as_it_is() -> None:
    path = "/<script>alert(1)</script>'; DROP TABLE x; --%s\x1b[31m\U0001f4a3"
    hostile = Event(NOON * 10**6, "GET", path, path[:200], 500, 1, 1, path, path)
    writer.write([Batch(path[:100], [hostile])])
    stored = reader.requests(View(), WINDOW, 10)[0]
    assert (stored.path, stored.route, stored.source) == (path, path, path)
    assert (stored.error_type, stored.error_message) == (path, path)


def test_ranges_are_the_fewest_that_cover_the_starts() -> None:
    assert writer.ranges([10, 5, 5, 20]) == [(5, 15), (20, 25)]
    assert writer.ranges([]) == []
    scattered = writer.ranges(range(0, 10_000, 10))
    assert scattered == [(0, 9995)]


def test_old_revisions_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "KEPT_REVISIONS", 3)
    for _ in range(5):
        writer.write([Batch("web", [event()])])
    assert Revision.objects.count() == 3
    head = reader.head()
    assert reader.changes(head.revision - 4, head) is None
    changes = reader.changes(head.revision - 2, head)
    assert changes is not None
    assert changes.ranges == [(NOON, NOON + 5)]


def test_a_write_needs_few_statements_however_many_events(
    django_assert_max_num_queries: pytest.FixtureRequest,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with django_assert_max_num_queries(20):  # type: ignore[operator]  # pytest-django's own
        writer.write([Batch("web", events(3000))])
