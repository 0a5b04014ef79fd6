"""History = live: a chart built from frames equals the one fetched afterwards, and a recount."""

import json
import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core.event import Batch, Event
from logwatcher.core.sketch import RELATIVE_ERROR
from logwatcher.core.view import RANGES, View, steps_for
from logwatcher.core.window import Window, window_of
from logwatcher.store import reader, writer
from logwatcher.store.models import Head, Input
from logwatcher.stream.feed import Join
from logwatcher.web import live
from logwatcher.web.live import Watch
from tests.factories import NOON, event, nearest_rank

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])

DAYS = count()
Point = list[int | float | None]


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


@dataclass
class Browser:
    """What a page does with frames: whole buckets replace what it had."""

    watch: Watch
    view: View
    revision: int | None = None
    points: dict[int, Point] = field(default_factory=dict)
    new: int = 0
    cards: dict[str, str] = field(default_factory=dict)

    def tick(self) -> None:
        """Join, or take the next frame."""
        query = self.view.query()
        if self.revision is None:
            news = self.watch.news(None, [], [Join(query, "")])
            part = news.joins[Join(query, "")]
        else:
            news = self.watch.news(self.revision, [query], [])
            part = news.parts.get(query)
        self.revision = news.revision
        if part is not None:
            self.apply(json.loads(part))

    def apply(self, part: dict[str, Any]) -> None:  # Any: JSON
        """Take one part of a frame."""
        self.points.update({point[0]: point for point in part["points"]})
        self.new += part["new"]
        self.cards.update(part["cards"])

    def chart(self, window: Window) -> list[Point]:
        """The points shown."""
        return [self.points[at] for at in sorted(self.points) if window.start <= at < window.end]


def recount(view: View, window: Window, events: list[Event]) -> list[Point]:
    """The points from the raw events, with exact quantiles."""
    first, last = view.statuses
    buckets: dict[int, list[Event]] = defaultdict(list)
    for one in events:
        start = one.time_us // (window.step * 10**6) * window.step
        is_shown = (
            window.start <= start < window.end
            and first <= one.status <= last
            and view.method in ("", one.method)
            and view.endpoint in ("", one.route)
        )
        if is_shown:
            buckets[start].append(one)
    points: list[Point] = []
    for start, group in sorted(buckets.items()):
        classes = [sum(one.status // 100 == i for one in group) for i in (2, 3, 4, 5)]
        known = [one.duration_us / 1e6 for one in group if one.duration_us is not None]
        quantiles = [nearest_rank(known, p) if known else None for p in (0.5, 0.95, 0.99)]
        points.append([start, len(group), *classes, *quantiles])
    return points


def assert_same(points: list[Point], exact: list[Point]) -> None:
    assert [point[:6] for point in points] == [point[:6] for point in exact]
    for point, wanted in zip(points, exact, strict=True):
        for value, true in zip(point[6:], wanted[6:], strict=True):
            assert (value is None) == (true is None)
            if value is not None and true is not None:
                assert math.isclose(value, true, rel_tol=RELATIVE_ERROR + 1e-6, abs_tol=1e-6)


OFFSETS = st.one_of(
    st.floats(-8, 2),
    st.floats(-4000, 60),
    st.floats(-100_000, 0),
    st.sampled_from([0.0, -5.0, -60.0, -300.0, -3600.0, -86400.0, 5.0]),
)
EVENTS = st.tuples(
    OFFSETS,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/api/users", "/api/orders/{id}"]),
    st.sampled_from([200, 304, 404, 500, 503, 0, 101]),
    st.one_of(st.none(), st.floats(0, 20)),
)
STEPS = st.lists(
    st.tuples(st.floats(0, 400), st.lists(EVENTS, max_size=12), st.booleans()),
    min_size=1,
    max_size=6,
)
VIEWS = st.builds(
    lambda choice, status, method, endpoint: View(
        range=choice[0], step=choice[1], status=status, method=method, endpoint=endpoint
    ),
    st.sampled_from([(name, step) for name in RANGES for step in ("", *steps_for(RANGES[name]))]),
    st.sampled_from(["", "", "5xx", "404"]),
    st.sampled_from(["", "", "GET"]),
    st.sampled_from(["", "", "/api/users"]),
)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(VIEWS, STEPS)
def test_history_equals_live_equals_a_recount(
    view: View, steps: list[tuple[float, list[tuple[Any, ...]], bool]]
) -> None:
    now = NOON + 100 * 86400.0 * next(DAYS)  # apart from all other examples
    browser = Browser(Watch(lambda: now), view)
    browser.tick()
    sent: list[Event] = []
    for seconds, drawn, is_seen in steps:
        now += seconds
        batch = [
            event(now + offset, method=method, route=route, status=status, duration_s=duration)
            for offset, method, route, status, duration in drawn
        ]
        writer.write([Batch("web", batch)])
        sent += batch
        if is_seen:
            browser.tick()
    browser.tick()
    window = window_of(view, now)
    history: list[Point] = reader.points(view, window)
    assert browser.chart(window) == history
    assert_same(history, recount(view, window, sent))


def test_a_bucket_ahead_of_the_clock_is_shown_when_it_opens() -> None:
    now = float(NOON)
    browser = Browser(Watch(lambda: now), View())
    browser.tick()
    writer.write([Batch("web", [event(NOON + 12)])])
    browser.tick()
    browser.tick()
    assert browser.chart(window_of(View(), now)) == []
    now = NOON + 10.0
    browser.tick()
    assert [point[:2] for point in browser.chart(window_of(View(), now))] == [[NOON + 10, 1]]


def test_new_requests_are_counted_once_across_frames_and_reconnects() -> None:
    now = float(NOON)
    watch = Watch(lambda: now)
    browser = Browser(watch, View(status="5xx"))
    browser.tick()
    for i in range(4):
        writer.write([Batch("web", [event(NOON - i, status=500), event(NOON - i)])])
        browser.tick()
        browser.tick()
    assert browser.new == 4
    writer.write([Batch("web", [event(NOON - 9, status=500)])])
    head = reader.head()
    join = Join("status=5xx", f"{head.store}-{browser.revision}")
    part = watch.news(head.revision, [], [join]).joins[join]
    assert part is not None
    assert json.loads(part)["new"] == 1
    assert json.loads(part)["latest"] == NOON - 9


@pytest.mark.parametrize(
    "since", ["nonsense", "00000000-1", "{store}-999", "{store}-x", "{store}--1"]
)
def test_a_revision_of_another_store_or_time_is_a_reset(since: str) -> None:
    join = Join("", since.format(store=reader.head().store))
    assert Watch().news(None, [], [join]).joins[join] is None


def test_cards_are_sent_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CARDS_S", 0.0)
    monkeypatch.setattr(live, "CARDS_SHARE", 1e9)
    monkeypatch.setattr(live, "BUSY_SHARE", 1e9)
    now = float(NOON)
    browser = Browser(Watch(lambda: now), View())
    browser.tick()
    writer.write([Batch("web", [event(NOON - 1, status=500, route="/broken")])])
    browser.cards.clear()
    browser.tick()
    assert "/broken" in browser.cards["endpoints"]
    assert "500" in browser.cards["requests"]
    assert "100" in browser.cards["tiles"]
    browser.cards.clear()
    browser.tick()
    assert browser.cards == {}
    now += 301
    browser.tick()
    assert "/broken" not in browser.cards["endpoints"]


@pytest.mark.parametrize("views", [1, 5, 20])
@pytest.mark.parametrize(
    ("worked_s", "share"), [(0.05, live.CARDS_SHARE), (0.005, live.BUSY_SHARE)]
)
def test_cards_take_a_share_of_the_time_however_many_views_there_are(
    views: int, worked_s: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, took_s, spent_s, all_worked_s = float(NOON), 0.05, 0.0, 0.0

    def cards(view: View, window: Window) -> dict[str, str]:
        nonlocal clock, spent_s, all_worked_s
        clock += took_s
        spent_s += took_s
        all_worked_s += worked_s
        return {}

    monkeypatch.setattr(live, "_cards", cards)
    times = SimpleNamespace(monotonic=lambda: clock, thread_time=lambda: all_worked_s)
    monkeypatch.setattr(live, "time", times)
    watch = Watch(lambda: clock)
    names = [View(endpoint=f"/{number}").query() for number in range(views)]
    revision = watch.news(None, names, []).revision
    while clock < NOON + 60:
        writer.write([Batch("web", [event(int(clock))])])
        revision = watch.news(revision, names, []).revision
        clock += 0.2
    # Nothing is made between two ticks, 0.2 s apart, so one view does not use up half the time.
    least = min(0.4 * share, 0.15 * views)
    assert least < spent_s / 60 < 1.2 * share


def test_of_many_views_some_are_made_in_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = float(NOON)
    made: list[str] = []

    def cards(view: View, window: Window) -> dict[str, str]:
        nonlocal clock
        clock += 0.05
        made.append(view.endpoint)
        return {}

    monkeypatch.setattr(live, "_cards", cards)
    times = SimpleNamespace(monotonic=lambda: clock, thread_time=lambda: 0.0)
    monkeypatch.setattr(live, "time", times)
    watch = Watch(lambda: clock)
    names = [View(endpoint=f"/{number}").query() for number in range(20)]
    revision = watch.news(None, names, []).revision
    assert len(made) == 2
    for _ in range(9):
        watch.news(revision, names, [])
    assert sorted(made) == sorted({f"/{number}" for number in range(20)})


@pytest.mark.parametrize("stall", [0, 3])
def test_a_moments_stall_makes_nobody_wait(stall: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = float(NOON)
    made: list[float] = []

    def cards(view: View, window: Window) -> dict[str, str]:
        nonlocal clock
        clock += 3.0 if len(made) == stall else 0.01
        made.append(clock)
        return {}

    monkeypatch.setattr(live, "_cards", cards)
    times = SimpleNamespace(monotonic=lambda: clock, thread_time=lambda: clock)
    monkeypatch.setattr(live, "time", times)
    watch = Watch(lambda: clock)
    revision = watch.news(None, ["range=15m"], []).revision
    while len(made) < 6:
        writer.write([Batch("web", [event(int(clock))])])
        revision = watch.news(revision, ["range=15m"], []).revision
        clock += 0.2
    assert made[stall + 1] - made[stall] < 0.5


def test_the_wanted_traffic_is_in_the_news() -> None:
    news = Watch().news(None, [], [])
    assert news.traffic["version"] == news.traffic_version
    assert "Start" in news.traffic["html"]


def test_an_alert_comes_though_nothing_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(Watch(lambda: NOON), View(range="30d"))
    writer.write([Batch("web", [event(NOON - 5)], input="/log")])
    browser.tick()
    browser.tick()
    Input.objects.update(problem="no such file", problem_us=NOON * 10**6)
    browser.tick()
    assert "no such file" not in browser.cards["alerts"]
    monkeypatch.setattr(live, "IDLE_S", 0.0)
    monkeypatch.setattr(live, "CARDS_S", 0.0)
    monkeypatch.setattr(browser.watch._watched[browser.view.query()], "due", 0.0)
    browser.tick()
    assert "no such file" in browser.cards["alerts"]
