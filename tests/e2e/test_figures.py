"""What goes wrong appears with the same figures everywhere on the page, and they are the API's."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from logwatcher.web.number import text
from tests.e2e.chart import drawn_points
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop

BROKEN = "POST /api/orders"
ENOUGH = 300
"""Orders: half of them fail, within five standard deviations of what is allowed."""
HALF = pytest.approx(0.5, abs=0.15)


def test_a_scenarios_5xx_have_the_same_figures_in_chart_tile_endpoint_and_requests(
    tmp_path: Path, page: Page
) -> None:
    arguments = ("demo", "--rate=1500", "--scenario=checkout-errors", "--seed=7")
    with Shop(tmp_path, *arguments) as shop:
        dashboard = Dashboard(page, shop).open()
        dashboard["#traffic-toggle"].click()
        dashboard.goes_on(lambda: _has_many_orders(dashboard), 20)
        dashboard["#traffic-toggle"].click()
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "off")

        dashboard.agrees_with_the_api(10)
        summary = shop.get("/api/summary")
        failed = summary["statuses"]["5xx"]
        assert dashboard.tile("5xx")[1] == f"{failed} of {text('count', summary['requests'])}"
        series = shop.series()
        assert sum(point[5] for point in series["points"]) == failed
        dashboard.becomes(lambda: _drawn_5xx(dashboard, series["step"]), failed, 10)

        endpoints = shop.get("/api/endpoints")["endpoints"]
        assert sum(of["statuses"]["5xx"] for of in endpoints) == failed
        [orders] = [of for of in endpoints if f"{of['method']} {of['route']}" == BROKEN]
        assert orders["statuses"]["5xx"] / orders["requests"] == HALF

        dashboard.choose("status", "5xx")
        expect(dashboard["#menu-status summary b"]).to_have_text("5xx")
        dashboard.agrees_with_the_api()
        rows = _all_requests(dashboard)
        assert len(rows) == len(set(rows)) == failed
        assert dashboard["#requests .badge.status-5xx"].count() == len(dashboard.paths)


def _has_many_orders(dashboard: Dashboard) -> None:
    assert int(dashboard.endpoints.get(BROKEN, ["0"])[0]) >= ENOUGH


def _drawn_5xx(dashboard: Dashboard, step: int) -> float:
    return sum(point[5] or 0 for point in drawn_points(dashboard.charts(), step))


def _all_requests(dashboard: Dashboard) -> list[str]:
    """The ids of the requests of all pages, from the first to the last."""
    ids: list[str] = []
    older = dashboard["#requests a[rel=next]"]
    while True:
        ids += dashboard.request_ids
        if not older.count():
            return ids
        dashboard.moves(older.click)
