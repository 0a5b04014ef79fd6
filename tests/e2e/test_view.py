"""A view: its filters apply to everything on the page, and its address is all there is to it."""

import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event


@pytest.fixture
def dashboard(stocked: Shop, page: Page) -> Dashboard:
    return Dashboard(page, stocked)


def zoomed() -> str:
    """A view of the past, which stands still."""
    now = int(time.time())
    return f"from={now - 250}&to={now - 40}"


@pytest.mark.parametrize(
    ("menu", "choice", "query"),
    [("status", "4xx", "status=4xx"), ("method", "POST", "method=POST")],
)
def test_a_filter_of_a_menu_applies_to_all_live_too(
    dashboard: Dashboard, menu: str, choice: str, query: str
) -> None:
    dashboard.open()
    dashboard.choose(menu, choice)
    expect(dashboard[f"#menu-{menu} summary b"]).to_have_text(choice)
    assert dashboard.query == query
    dashboard.agrees_with_the_api()

    now = time.time() - 8
    route = f"/{menu}"
    seen = event(now, method="POST", route=f"{route}/seen", status=404)
    unseen = event(now, method="GET", route=f"{route}/unseen", status=200)
    dashboard.shop.write([unseen, seen, unseen])
    dashboard.lists_first(f"{route}/seen")
    dashboard.agrees_with_the_api()
    assert f"{route}/unseen" not in dashboard.paths

    dashboard["#clear-filters"].click()
    expect(dashboard[f"#menu-{menu} summary b"]).to_have_text("any")
    assert dashboard.page.url == dashboard.shop.url + "/"
    dashboard.agrees_with_the_api()


def test_a_click_on_an_endpoint_filters_the_page_by_it_and_another_one_no_more(
    dashboard: Dashboard,
) -> None:
    dashboard.open()
    row = (
        dashboard["#endpoints tbody tr"].filter(has_text="/api/orders/{id}").filter(has_text="GET")
    )
    row.get_by_role("link").click()
    expect(dashboard["#menu-endpoint summary b"]).to_have_text("/api/orders/{id}")
    assert dashboard.query == "method=GET&endpoint=%2Fapi%2Forders%2F%7Bid%7D"
    dashboard.agrees_with_the_api()
    assert list(dashboard.endpoints) == ["GET /api/orders/{id}"]

    row.get_by_role("link").click()
    expect(dashboard["#menu-endpoint summary b"]).to_have_text("any")
    assert dashboard.query == ""
    dashboard.agrees_with_the_api()


def test_an_endpoint_of_the_menu_is_the_same_filter(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard["#menu-endpoint summary"].click()
    choice = dashboard["#menu-endpoint a"].filter(has_text="POST").filter(has_text="/api/users")
    choice.click()
    expect(dashboard["#menu-endpoint summary b"]).to_have_text("/api/users")
    assert dashboard.query == "method=POST&endpoint=%2Fapi%2Fusers"
    dashboard.agrees_with_the_api()


def test_range_and_step_are_kept_in_the_address(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard['[data-range="1h"]'].click()
    expect(dashboard['[data-range="1h"]']).to_have_attribute("aria-current", "true")
    assert dashboard.query == "range=1h"
    dashboard.agrees_with_the_api()
    dashboard.choose("step", "5m")
    expect(dashboard["#menu-step summary b"]).to_have_text("5m")
    assert dashboard.query == "range=1h&step=5m"
    dashboard.agrees_with_the_api()
    dashboard['[data-range="15m"]'].click()
    expect(dashboard['[data-range="15m"]']).to_have_attribute("aria-current", "true")
    assert dashboard.query == "range=15m"


def test_endpoints_are_sorted_by_any_column_both_ways(dashboard: Dashboard) -> None:
    dashboard.open(zoomed())
    for column in ("endpoint", "4xx", "5xx", "p50", "p95", "requests"):
        header = dashboard[f"#endpoints thead .column-{column}"]
        orders = []
        for _ in range(2):
            dashboard.moves(header.get_by_role("link").click)
            orders.append((header.get_attribute("aria-sort"), list(dashboard.endpoints)))
        (one, first), (other, second) = orders
        assert {one, other} == {"ascending", "descending"}
        assert set(first) == set(second)
        assert first != second
        dashboard.agrees_with_the_api()


def test_many_endpoints_are_shown_in_part_or_all(dashboard: Dashboard) -> None:
    now = time.time()
    dashboard.shop.write([event(now - 50, method="PUT", route=f"/many/{i}") for i in range(30)])
    dashboard.open("method=PUT")
    assert len(dashboard.endpoints) == 20
    dashboard.moves(dashboard["#endpoints"].get_by_role("link", name="20 of 30, show all").click)
    assert dashboard.query == "method=PUT&show=all"
    assert len(dashboard.endpoints) == 30
    dashboard.shop.write([event(now - 50, method="PUT", route="/many/more")])
    dashboard.becomes(lambda: len(dashboard.endpoints), 31)
    dashboard.moves(dashboard["#endpoints"].get_by_role("link", name="Show fewer").click)
    assert len(dashboard.endpoints) == 20


def test_reload_back_forward_and_a_copied_link_give_the_same_view(
    dashboard: Dashboard, new_context: NewContext
) -> None:
    dashboard.open(zoomed())
    looks = [dashboard.look()]
    steps: list[Callable[[], None]] = [
        lambda: dashboard.choose("status", "2xx"),
        lambda: dashboard.choose("method", "GET"),
        lambda: dashboard.choose("step", "10s"),
        lambda: dashboard["#endpoints thead .column-p50 a"].click(),
        lambda: dashboard["#requests a[rel=next]"].click(),
        lambda: dashboard["#requests a[rel=next]"].click(),
    ]
    for step in steps:
        dashboard.moves(step)
        dashboard.agrees_with_the_api()
        looks.append(dashboard.look())
    assert len({look["query"] for look in looks}) == len(looks)

    for look in looks[-2::-1]:
        dashboard.page.go_back()
        dashboard.becomes(dashboard.look, look)
        dashboard.is_loaded()  # the next step would break it off, where two views look alike
    for look in looks[1:]:
        dashboard.page.go_forward()
        dashboard.becomes(dashboard.look, look)
        dashboard.is_loaded()
    dashboard.page.reload()
    dashboard.is_in("live")
    dashboard.becomes(dashboard.look, looks[-1])

    other = Dashboard(new_context().new_page(), dashboard.shop).open(dashboard.query)
    other.becomes(other.look, looks[-1])


def test_the_stream_goes_on_after_a_way_back(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard.choose("status", "5xx")
    expect(dashboard["#menu-status summary b"]).to_have_text("5xx")
    dashboard.page.go_back()
    expect(dashboard["#menu-status summary b"]).to_have_text("any")
    dashboard.shop.write([event(time.time() - 7, route="/after/back")])
    dashboard.lists_first("/after/back")


def test_a_drag_zooms_in_and_there_are_ways_back(dashboard: Dashboard) -> None:
    dashboard.open("status=2xx")
    ways: list[Callable[[], object]] = [
        lambda: dashboard.page.keyboard.press("Escape"),
        dashboard["#zoom-out"].click,
        dashboard['[data-chart="errors"] [data-plot]'].dblclick,
        dashboard.page.go_back,
    ]
    for way in ways:
        dashboard.moves(lambda: dashboard.drag_to_zoom("latency", 0.2, 0.7))
        start, end = (int(part.split("=")[1]) for part in dashboard.query.split("&")[:2])
        assert dashboard.query == f"from={start}&to={end}&status=2xx"
        assert (start % 5, end % 5) == (0, 0)
        assert end - start == pytest.approx(150, abs=11)
        axes = {chart.axis[:2] for chart in dashboard.charts().values()}
        assert axes == {(start, end)}
        dashboard.agrees_with_the_api()

        dashboard.moves(way)
        assert dashboard.query == "status=2xx"
        expect(dashboard["#zoom-out"]).to_be_hidden()
        dashboard.agrees_with_the_api()


def test_a_zoom_by_keyboard(dashboard: Dashboard) -> None:
    dashboard.open()
    plot = dashboard['[data-chart="throughput"] [data-plot]']
    plot.focus()
    keyboard = dashboard.page.keyboard
    for key in ("Shift+ArrowLeft", "Z", "Shift+ArrowLeft"):
        keyboard.press(key)
    expect(dashboard[".selection"].first).to_be_visible()
    keyboard.press("Z")
    expect(dashboard["#zoom-out"]).to_be_visible()
    start, end = (int(part.split("=")[1]) for part in dashboard.query.split("&"))
    assert end - start == 55
    dashboard.agrees_with_the_api()


def test_pause_freezes_the_view_and_resume_catches_up(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard["#pause"].click()
    dashboard.is_in("paused")
    before = dashboard.look()
    for path in ("/while/paused/1", "/while/paused/2"):
        dashboard.shop.write([event(time.time() - 6, route=path)] * 3)
    expect(dashboard["#live-detail"]).to_have_text("6 new")
    assert dashboard.look() == before

    dashboard["#pause"].click()
    dashboard.is_in("live")
    dashboard.lists_first("/while/paused/2")
    dashboard.agrees_with_the_api()
    expect(dashboard["#requests-new"]).to_be_hidden()


def test_a_pause_lasts_through_a_change_of_view(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard["#pause"].click()
    dashboard['[data-range="15m"]'].click()
    expect(dashboard['[data-range="15m"]']).to_have_attribute("aria-current", "true")
    dashboard.is_in("paused")
    before = dashboard.look()
    dashboard.shop.write([event(time.time(), route="/paused/still")])
    expect(dashboard["#live-detail"]).to_have_text("1 new")
    assert dashboard.look() == before


def test_the_newest_wish_wins(dashboard: Dashboard, complaints: Complaints) -> None:
    """Clicks faster than answers: the last one is what is shown, and what the address says."""
    complaints.expect(r"failed: GET .*range=(15m|30d|24h) net::ERR_ABORTED")
    dashboard.open()
    dashboard.page.evaluate(
        """() => {
          for (const name of ["15m", "30d", "24h", "1h"]) {
            document.querySelector(`[data-range="${name}"]`).click();
          }
        }"""
    )
    expect(dashboard['[data-range="1h"]']).to_have_attribute("aria-current", "true")
    assert dashboard.query == "range=1h"
    dashboard.agrees_with_the_api()


def test_export_is_the_series_of_the_view(dashboard: Dashboard) -> None:
    dashboard.open(zoomed() + "&status=2xx")
    with dashboard.page.expect_download() as started:
        dashboard["#export"].click()
    assert started.value.suggested_filename == "logwatcher.json"
    got = json.loads(started.value.path().read_text())
    wanted = dashboard.shop.series(dashboard.query)
    assert got["view"] == dashboard.query
    assert got["points"] == wanted["points"]


def test_share_copies_the_address(dashboard: Dashboard, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    dashboard.open("range=15m&status=404")
    dashboard["#share"].click()
    expect(dashboard["#share-text"]).to_have_text("Copied")
    assert dashboard.page.evaluate("navigator.clipboard.readText()") == dashboard.page.url
    expect(dashboard["#share-text"]).to_have_text("Share")
