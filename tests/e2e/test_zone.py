"""Times are the viewer's, or UTC by choice, and the zone is named."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event

NEW_YORK, KATHMANDU = "America/New_York", "Asia/Kathmandu"
NAMES = {
    NEW_YORK: re.compile(r"America/New_York \(UTC−[45]\)"),
    KATHMANDU: re.compile(r"Asia/Kath?mandu \(UTC\+5:45\)"),  # browsers have the old name, too
    "UTC": re.compile(r"\bUTC\b(?! \()"),
}
OFFSETS = {
    NEW_YORK: re.compile(r" UTC−[45]$"),
    KATHMANDU: re.compile(r" UTC\+5:45$"),
    "UTC": re.compile(r" UTC\+0$"),
}
SPRING = int(datetime(2026, 3, 8, 7, tzinfo=UTC).timestamp())
"""New York's clocks go from 2:00 to 3:00."""
AUTUMN = int(datetime(2026, 11, 1, 6, tzinfo=UTC).timestamp())
"""They go from 2:00 back to 1:00."""
HOUR = 3600


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a request every ten minutes around both changes of the clock."""
    with Shop(tmp_path_factory.mktemp("past")) as shop:
        for change in (SPRING, AUTUMN):
            shop.write([event(change + 600 * i + 0.25) for i in range(-18, 18)])
        yield shop


def around(change: int, hours: int = 2) -> str:
    return f"from={change - hours * HOUR}&to={change + hours * HOUR}"


@pytest.mark.parametrize(
    ("zone", "change", "newest"),
    [
        (NEW_YORK, SPRING, "8 Mar 04:50:00.250"),
        (NEW_YORK, AUTUMN, "1 Nov 02:50:00.250"),
        (KATHMANDU, SPRING, "8 Mar 14:35:00.250"),
        ("UTC", SPRING, "8 Mar 08:50:00.250"),
    ],
)
def test_times_are_the_viewers(
    past: Shop, new_context: NewContext, zone: str, change: int, newest: str
) -> None:
    dashboard = Dashboard(new_context(timezone_id=zone).new_page(), past)
    dashboard.open(around(change))
    charts = dashboard.charts()
    for chart in charts.values():
        assert chart.ticks == charts["latency"].ticks
    _are_true(charts["latency"].ticks, zone)
    first = dashboard["#requests tbody time"].first
    expect(first).to_have_text(newest)
    expect(first).to_have_attribute("title", OFFSETS[zone])
    expect(dashboard[".foot"]).to_have_text(NAMES[zone])
    dashboard.agrees_with_the_api()


def _are_true(ticks: dict[float, str], zone: str) -> None:
    """Each label is what a clock showed at that moment, and there are some."""
    assert len(ticks) >= 5
    for moment, label in ticks.items():
        clock = datetime.fromtimestamp(moment, ZoneInfo(zone))
        is_midnight = (clock.hour, clock.minute) == (0, 0)
        assert label == (f"{clock.day} {clock:%b}" if is_midnight else f"{clock:%H:%M}")


def test_the_two_hours_of_one_name_are_told_apart(past: Shop, new_context: NewContext) -> None:
    dashboard = Dashboard(new_context(timezone_id=NEW_YORK).new_page(), past)
    dashboard.open(f"from={AUTUMN - HOUR}&to={AUTUMN + HOUR}")
    titles = dashboard["#requests tbody time"].evaluate_all("all => all.map(({ title }) => title)")
    assert len(set(titles)) == len(titles) == 12
    for offset in ("UTC−4", "UTC−5"):
        assert sum(f"01:20:00.250 {offset}" in title for title in titles) == 1


def test_utc_by_choice_holds_in_all_tabs_and_is_kept(past: Shop, new_context: NewContext) -> None:
    context = new_context(timezone_id=KATHMANDU)
    first, second = (Dashboard(context.new_page(), past).open(around(SPRING)) for _ in range(2))
    local = second.charts()["latency"].ticks
    expect(second["#zoom-out"]).to_contain_text("10:45 – 14:45")
    first["#menu-display summary"].click()
    expect(first["[data-zone-choice=local]"]).to_contain_text(NAMES[KATHMANDU])
    first["[data-zone-choice=utc]"].click()
    for dashboard in (first, second):
        expect(dashboard[".foot"]).to_contain_text("Times in UTC")
        expect(dashboard["#requests tbody time"].first).to_have_text("8 Mar 08:50:00.250")
        expect(dashboard["#zoom-out"]).to_contain_text("05:00 – 09:00")
    second.changes(lambda: second.charts()["latency"].ticks, local)
    _are_true(second.charts()["latency"].ticks, "UTC")
    third = Dashboard(context.new_page(), past).open(around(SPRING))
    expect(third[".foot"]).to_contain_text("Times in UTC")
    third.page.keyboard.press("u")
    expect(second[".foot"]).to_contain_text(NAMES[KATHMANDU])
    second.becomes(lambda: second.charts()["latency"].ticks, local)


def test_midnight_is_a_date_on_the_axis(past: Shop, new_context: NewContext) -> None:
    dashboard = Dashboard(new_context(timezone_id=NEW_YORK).new_page(), past)
    dashboard.open(around(SPRING, 12))
    ticks = dashboard.charts()["errors"].ticks
    assert "8 Mar" in ticks.values()
    _are_true(ticks, NEW_YORK)
    dashboard.page.keyboard.press("u")
    dashboard.changes(lambda: dashboard.charts()["errors"].ticks, ticks)
    _are_true(dashboard.charts()["errors"].ticks, "UTC")


def test_the_detail_has_date_time_and_zone(past: Shop, new_context: NewContext) -> None:
    dashboard = Dashboard(new_context(timezone_id=NEW_YORK).new_page(), past)
    dashboard.open(around(SPRING))
    dashboard["#requests tbody a"].first.click()
    time = dashboard["#request-detail time"]
    expect(time).to_have_text("Sun 8 Mar 2026, 04:50:00.250 UTC−4")
