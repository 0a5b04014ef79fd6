"""What the store answers is a recount of what was written, for every filter and window."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import count, product
from threading import Thread

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core import block, pack
from logwatcher.core.event import Batch, Event
from logwatcher.core.query import Figures
from logwatcher.core.sketch import RELATIVE_ERROR
from logwatcher.core.view import View
from logwatcher.core.window import Window, window_of
from logwatcher.store import reader, writer
from logwatcher.store import request as request_module
from logwatcher.store.models import Head
from logwatcher.store.reader import ALWAYS, Changes, EndpointName, RequestRow
from tests.factories import NOON, durations, event, events, nearest_rank

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
WINDOW = Window(NOON - 300, NOON, 5, NOON)
EVERYTHING = Window(0, 1 << 40, 5, NOON)
DAYS = count()
PROPERTY = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


@pytest.fixture(
    autouse=True,
    params=[(1000, 10_000), (1, 5), (4, 7), (1000, 3)],
    ids=["rows", "packs", "both", "packed rows"],
)
def stored_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows; packs of one commit; both; packs of the rows of many commits."""
    min_packed, max_packed = request.param
    monkeypatch.setattr(block, "MIN_PACKED", min_packed)
    monkeypatch.setattr(pack, "MAX_PACKED", max_packed)
    monkeypatch.setattr(request_module, "MAX_PACKED", max_packed)
    monkeypatch.setattr(request_module, "_LOOK_EVERY", 1)


def recount(shown: Iterable[Event]) -> Figures:
    """The figures of these events, with exact quantiles."""
    shown = list(shown)
    known = durations(shown)
    classes = Counter(one.status // 100 for one in shown)
    return Figures(
        len(shown),
        (classes[1], classes[2], classes[3], classes[4], classes[5]),
        sum(one.size or 0 for one in shown),
        len(known),
        sum(known),
        *(nearest_rank(known, p) if known else None for p in (0.5, 0.95, 0.99)),
    )


def assert_same(of: Figures, exact: Figures) -> None:
    assert (of.requests, of.by_class, of.bytes) == (exact.requests, exact.by_class, exact.bytes)
    assert of.timed == exact.timed
    assert of.duration == pytest.approx(exact.duration, abs=1e-6)
    for name in ("p50", "p95", "p99"):
        true = getattr(exact, name)
        near = None if true is None else pytest.approx(true, rel=RELATIVE_ERROR, abs=1e-6)
        assert getattr(of, name) == near


def as_written(row: RequestRow) -> tuple[str, Event]:
    """The source and the event that became this row."""
    return row.source, Event(
        row.time_us,
        row.method,
        row.path,
        row.route,
        row.status,
        row.duration_us,
        row.size,
        row.error_type,
        row.error_message,
        row.client,
        row.agent,
    )


WRITTEN = [
    (source, one)
    for source, of in {"web": events(120, seed=1), "app": events(80, seed=2)}.items()
    for one in of
]
VIEWS = [
    View(source=source, status=status, method=method, endpoint=endpoint)
    for source, status, method, endpoint in product(
        ("", "web"), ("", "2xx", "5xx", "404", "000"), ("", "GET"), ("", "/api/users")
    )
]
"""Source, status class and code, method and endpoint, alone and together."""


@pytest.fixture
def written() -> None:
    writer.write([Batch(source, [one]) for source, one in WRITTEN])


def shown_in(view: View) -> list[tuple[str, Event]]:
    """Which of the events a view is about."""
    first, last = view.statuses
    return [
        (source, one)
        for source, one in WRITTEN
        if view.source in ("", source)
        and view.method in ("", one.method)
        and view.endpoint in ("", one.route)
        and first <= one.status <= last
    ]


@pytest.mark.usefixtures("written")
def test_figures_are_a_recount_whatever_is_filtered() -> None:
    for view in VIEWS:
        assert_same(reader.figures(view, WINDOW), recount(one for _, one in shown_in(view)))


@pytest.mark.usefixtures("written")
def test_points_add_up_to_the_figures_whatever_is_filtered() -> None:
    for view in VIEWS:
        points = reader.points(view, WINDOW)
        of = reader.figures(view, WINDOW)
        sums = [sum(point[i] or 0 for point in points) for i in range(1, 6)]
        assert sums == [of.requests, *of.by_class[1:]]


@pytest.mark.usefixtures("written")
def test_endpoints_are_a_recount_of_all_sources_together() -> None:
    for view in VIEWS:
        by_name: dict[EndpointName, list[Event]] = {}
        for _, one in shown_in(view):
            by_name.setdefault(EndpointName(one.method, one.route), []).append(one)
        found = reader.endpoints(view, WINDOW)
        assert found.keys() == by_name.keys()
        for name, of in found.items():
            assert_same(of, recount(by_name[name]))


@pytest.mark.usefixtures("written")
def test_trends_count_each_part_of_the_window() -> None:
    wanted = [EndpointName("GET", "/api/users"), EndpointName("PUT", "/nowhere")]
    for view in VIEWS:
        exact = Counter(
            (one.method, one.route, (one.time_us // 10**6 - WINDOW.start) // 30)
            for _, one in shown_in(view)
        )
        assert reader.trends(view, WINDOW, wanted, 10) == {
            name: [exact[(*name, part)] for part in range(10)] for name in wanted
        }


@pytest.mark.parametrize(
    ("span", "every"), [(300, 5), (900, 5), (3600, 5), (6 * 3600, 60), (86_400, 60), (604_800, 600)]
)
def test_even_traffic_is_an_even_trend(span: int, every: int) -> None:
    writer.write([Batch("web", [event(NOON + at) for at in range(0, span, every)])])
    window = Window(NOON, NOON + span, 5, NOON + span)
    ((name, trend),) = reader.trends(View(), window, reader.endpoints_in_use(), 48).items()
    assert name in reader.endpoints(View(), window)
    assert sum(trend) == reader.figures(View(), window).requests
    assert 20 <= len(trend) <= 48
    assert len(set(trend[:-1])) == 1


def test_a_trend_has_all_of_a_window_that_begins_within_a_bucket() -> None:
    start = NOON + 2400
    writer.write([Batch("web", [event(start + at) for at in range(0, 86_400, 600)])])
    names = reader.endpoints_in_use()
    window = Window(start, start + 86_400, 1200, start + 86_400)
    assert [*reader.trends(View(), window, names, 48).values()] == [[2, *[6] * 23, 4]]


def test_a_trend_does_not_fall_since_its_last_part_is_still_open() -> None:
    writer.write([Batch("web", [event(NOON + at) for at in range(303)])])
    names = reader.endpoints_in_use()
    window = Window(NOON, NOON + 305, 5, NOON + 303.5)
    ((name, trend),) = reader.trends(View(), window, names, 31).items()
    assert trend == [10] * 30
    window = Window(NOON, NOON + 5, 5, NOON + 3.5)
    assert reader.trends(View(), window, names, 31) == {name: [5]}


@pytest.mark.usefixtures("written")
def test_requests_are_those_written_newest_first() -> None:
    for view in VIEWS:
        rows = reader.requests(view, WINDOW, 1000)
        assert Counter(map(as_written, rows)) == Counter(shown_in(view))
        keys = [(row.time_us, row.id) for row in rows]
        assert keys == sorted(keys, reverse=True)


@pytest.mark.usefixtures("written")
def test_new_requests_are_counted_and_the_latest_told() -> None:
    last = reader.head().last_request
    for view in VIEWS:
        shown = shown_in(view)
        latest = max((one.time_us / 1e6 for _, one in shown), default=None)
        assert reader.new_requests(view, WINDOW, 0, last) == (len(shown), latest)
        assert reader.new_requests(view, WINDOW, last, last) == (0, None)


@pytest.mark.usefixtures("written")
def test_a_request_is_found_by_its_id() -> None:
    for row in reader.requests(View(), WINDOW, 10):
        assert reader.request(row.id) == row


@pytest.mark.usefixtures("written")
def test_names_are_those_written() -> None:
    sources, names = reader.sources(), reader.endpoints_in_use()
    assert sources == ["app", "web"]
    assert set(names) == {(one.method, one.route) for _, one in WRITTEN}


def test_an_empty_store_answers_with_nothing() -> None:
    view = View(method="GET", endpoint="/nowhere", status="404")
    assert reader.points(view, WINDOW) == []
    assert reader.figures(view, WINDOW) == Figures()
    assert reader.endpoints(view, WINDOW) == {}
    assert reader.trends(view, WINDOW, [EndpointName("GET", "/")], 3) == {("GET", "/"): [0, 0, 0]}
    assert reader.requests(view, WINDOW, 10) == []
    assert reader.new_requests(view, WINDOW, 0, 0) == (0, None)
    assert (reader.sources(), reader.endpoints_in_use()) == ([], [])


@pytest.mark.parametrize("request_id", [0, 2**63 - 1, 2**63, 10**30])
def test_there_is_no_request_with_an_id_that_was_never_given(request_id: int) -> None:
    assert reader.request(request_id) is None


@pytest.mark.parametrize("window", [WINDOW, Window(NOON - 7200, NOON + 7200, 3600, NOON + 7200)])
def test_a_window_begins_at_its_start_and_ends_before_its_end(window: Window) -> None:
    start, end = window.start, window.end
    outside = [event(start - 1e-6), event(end), event(start - 3600), event(end + 3600)]
    inside = [event(start), event(end - 1e-6), event((start + end) / 2)]
    writer.write([Batch("web", [*outside, *inside])])
    name = EndpointName("GET", "/api/orders/{id}")
    assert reader.figures(View(), window).requests == 3
    assert sum(point[1] or 0 for point in reader.points(View(), window)) == 3
    assert reader.endpoints(View(), window)[name].requests == 3
    assert reader.trends(View(), window, [name], 2) == {name: [1, 2]}
    assert {as_written(row)[1] for row in reader.requests(View(), window, 10)} == set(inside)
    assert reader.new_requests(View(), window, 0, reader.head().last_request).number == 3


@PROPERTY
@given(
    st.lists(st.integers(0, 3 * 86400 * 10**6 - 1), max_size=20),
    st.tuples(st.integers(0, 51_840), st.integers(0, 51_840)),
)
def test_figures_of_any_window_are_a_recount(offsets: list[int], edges: tuple[int, int]) -> None:
    day = NOON + next(DAYS) * 10 * 86400
    sent = [event(day)._replace(time_us=day * 10**6 + offset) for offset in offsets]
    writer.write([Batch("web", sent)])
    start, end = (day + edge * 5 for edge in sorted(edges))
    window = Window(start, end, 5, end)
    inside = [one for one in sent if start * 10**6 <= one.time_us < end * 10**6]
    assert_same(reader.figures(View(), window), recount(inside))
    assert_same(reader.figures(View(method="GET"), window), recount(inside))


@pytest.mark.parametrize(
    ("day", "about"),
    [
        ("2024-02-29", "the leap day"),
        ("2023-03-01", "the day after a 28 February"),
        ("2024-03-31", "the clocks of Europe go forward"),
        ("2024-10-27", "and back"),
        ("2024-03-10", "those of North America go forward"),
        ("2024-12-31", "the last day of a year"),
    ],
)
def test_every_day_has_24_equal_hours(day: str, about: str) -> None:
    midnight = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    ticks = [event(midnight + second) for second in range(-600, 86400 + 600, 600)]
    writer.write([Batch("web", ticks)])
    view = View(start=midnight, end=midnight + 86400, step="1h")
    points = reader.points(view, window_of(view, midnight + 10 * 86400))
    assert [point[:2] for point in points] == [[midnight + 3600 * i, 6] for i in range(24)]


@pytest.mark.parametrize("step", [5, 60, 3600, 43200])
def test_midnight_parts_two_buckets(step: int) -> None:
    midnight = int(datetime.fromisoformat("2024-02-29T00:00:00+00:00").timestamp())
    writer.write([Batch("web", [event(midnight - 1e-6), event(midnight), event(midnight + 1e-6)])])
    points = reader.points(View(), Window(midnight - step, midnight + step, step, midnight))
    assert [point[:2] for point in points] == [[midnight - step, 1], [midnight, 2]]


def test_nothing_changed_after_the_newest_revision() -> None:
    writer.write([Batch("web", [event()])])
    now = reader.head()
    assert reader.changes(now.revision, now) == Changes([], now.last_request)


def test_changes_are_the_times_of_every_commit_since() -> None:
    writer.write([Batch("web", [event(NOON)])])
    then = reader.head()
    writer.write([Batch("web", [event(NOON + 7), event(NOON - 60)])])
    writer.write([Batch("web", [event(NOON + 8)])])
    changes = reader.changes(then.revision, reader.head())
    assert changes == Changes([(NOON - 60, NOON - 55), (NOON + 5, NOON + 10)], then.last_request)


def test_everything_changed_since_revision_0() -> None:
    writer.write([Batch("web", [event(NOON)])])
    assert reader.changes(0, reader.head()) == Changes([(NOON, NOON + 5)], 0)


def test_a_revision_that_never_was_is_not_known() -> None:
    now = reader.head()
    assert reader.changes(now.revision + 1, now) is None
    assert reader.changes(-1, now) is None


def test_a_reader_far_behind_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MANY_REVISIONS", 2)
    then = reader.head()
    for second in (0, 5):
        writer.write([Batch("web", [event(NOON + second)])])
    near = reader.changes(then.revision, reader.head())
    assert near is not None
    assert near.ranges == [(NOON, NOON + 5), (NOON + 5, NOON + 10)]
    writer.write([Batch("web", [event(NOON + 10)])])
    assert reader.changes(then.revision, reader.head()) == Changes([ALWAYS], then.last_request)


def test_points_are_whole_buckets_that_touch_a_change() -> None:
    writer.write([Batch("web", [event(NOON + second) for second in range(0, 300, 20)])])
    window = Window(NOON, NOON + 300, 60, NOON)
    everything = reader.points(View(), window)
    assert [point[:2] for point in everything] == [[NOON + 60 * i, 3] for i in range(5)]
    assert reader.points(View(), window, [(NOON + 60, NOON + 65)]) == everything[1:2]
    assert reader.points(View(), window, [(NOON + 115, NOON + 125)]) == everything[1:3]
    many = [(NOON + 240, NOON + 245), (NOON, NOON + 5), (NOON + 245, NOON + 250)]
    assert reader.points(View(), window, many) == [everything[0], everything[4]]


def test_changes_beside_the_window_have_no_points() -> None:
    writer.write([Batch("web", [event(NOON)])])
    window = Window(NOON - 300, NOON, 5, NOON)
    assert reader.points(View(), window, [(NOON, NOON + 5)]) == []
    assert reader.points(View(), window, []) == []


PAGE = 4
TIMES = st.lists(st.integers(0, 3), min_size=1, max_size=25)


def older(view: View, last: RequestRow) -> View:
    return view.change(before=f"{last.time_us}.{last.id}")


@PROPERTY
@given(TIMES, st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=10))
def test_paging_back_gives_every_request_once_while_new_ones_come(
    times: list[int], meanwhile: list[list[int]]
) -> None:
    day = NOON + next(DAYS) * 86400
    window = Window(day, day + 300, 5, day)
    writer.write([Batch("web", [event(day + second) for second in times])])
    wanted = {row.id for row in reader.requests(View(), window, 1000)}
    view, seen = View(), Counter[int]()
    newcomers = iter(meanwhile)
    while page := reader.requests(view, window, PAGE):
        seen.update(row.id for row in page)
        view = older(view, page[-1])
        writer.write([Batch("web", [event(day + second) for second in next(newcomers, [])])])
    assert wanted <= seen.keys()
    assert set(seen.values()) == {1}


@PROPERTY
@given(TIMES)
def test_paging_forth_again_gives_the_same_pages(times: list[int]) -> None:
    day = NOON + next(DAYS) * 86400
    window = Window(day, day + 300, 5, day)
    writer.write([Batch("web", [event(day + second) for second in times])])
    everything, passed, view = reader.requests(View(), window, 1000), 0, View()
    while page := reader.requests(view, window, PAGE):
        passed += len(page)
        view = older(view, page[-1])
        assert reader.requests_after(view, window, PAGE) == everything[:passed][-PAGE:]
    assert passed == len(everything)


def test_a_page_of_filtered_requests_has_only_those() -> None:
    writer.write([Batch("web", [event(NOON, status=status) for status in (200, 500) * 9])])
    view, found = View(status="5xx"), []
    while page := reader.requests(view, EVERYTHING, PAGE):
        found += page
        view = older(view, page[-1])
    assert [row.status for row in found] == [500] * 9
    assert len({row.id for row in found}) == 9


def in_a_thread(batch: Batch) -> None:
    def write() -> None:
        writer.write([batch])
        connections.close_all()

    thread = Thread(target=write)
    thread.start()
    thread.join()


def test_a_snapshot_does_not_see_what_is_committed_meanwhile() -> None:
    writer.write([Batch("web", [event(NOON - 1)])])
    with reader.snapshot():
        before = reader.head()
        in_a_thread(Batch("web", [event(NOON - 1), event(NOON - 2, route="/new")]))
        assert reader.head() == before
        assert reader.figures(View(), WINDOW).requests == 1
        assert sum(point[1] or 0 for point in reader.points(View(), WINDOW)) == 1
        assert len(reader.endpoints(View(), WINDOW)) == 1
        assert len(reader.requests(View(), WINDOW, 10)) == 1
        assert reader.changes(before.revision, reader.head()) == Changes([], before.last_request)
    assert reader.head().revision == before.revision + 1
    assert reader.figures(View(), WINDOW).requests == 3
