"""States other than live: nothing yet, nothing in this range, an address that can't be shown."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that nobody has been to."""
    with Shop(tmp_path_factory.mktemp("empty")) as shop:
        yield shop


def says(dashboard: Dashboard, *texts: str) -> None:
    """All of these are on the page where the charts would be, to be read."""
    for text in texts:
        expect(dashboard["#empty"].get_by_text(text).locator("visible=true").first).to_be_visible()


def test_an_empty_page_shows_no_figure_that_is_none(empty: Shop, page: Page) -> None:
    dashboard = Dashboard(page, empty).open()
    assert dashboard.tile("throughput")[0] == "0 req/min"
    assert {dashboard.tile(key)[0] for key in ("4xx", "5xx", "p50", "p99")} == {"–"}
    expect(dashboard["#requests"]).to_contain_text("No request in this range.")
    expect(dashboard["#endpoints"]).to_contain_text("No endpoint was asked for in this range.")
    for chart in dashboard.charts().values():
        for values in chart.sets.values():
            assert set(values.values()) <= {0, None}


def test_no_data_in_a_filtered_view_says_so_and_leads_out(stocked: Shop, page: Page) -> None:
    dashboard = Dashboard(page, stocked).open("status=418&method=GET")
    says(dashboard, "No request matches in this range", "418 GET")
    dashboard["#empty"].get_by_role("link", name="Clear the filters").click()
    expect(dashboard["#empty"]).to_be_hidden()
    assert dashboard.query == ""
    dashboard.agrees_with_the_api()


def test_no_data_in_a_zoom_says_so_and_leads_back_to_now(stocked: Shop, page: Page) -> None:
    past = int(time.time()) - 90_000
    dashboard = Dashboard(page, stocked).open(f"from={past}&to={past + 600}")
    says(dashboard, "No requests in this time")
    dashboard["#empty"].get_by_role("link", name="Back to now").click()
    expect(dashboard["#empty"]).to_be_hidden()
    dashboard.agrees_with_the_api()


REFUSED = [
    ("/nothing/here", 404, ["There is nothing here"]),
    ("/requests/999999999", 404, ["No such request"]),
    ("/?range=5y", 400, ["range", "5y", "15m"]),
    ("/?step=7s", 400, ["step", "7s"]),
    ("/?from=1&to=x", 400, ["to", "x"]),
    ("/?status=<script>alert(1)</script>", 400, ["<script>alert(1)</script>"]),
]


def test_an_address_that_cant_be_shown_says_why_and_leads_back(
    stocked: Shop, page: Page, complaints: Complaints
) -> None:
    complaints.expect("a status of 404 .*/nothing", "a status of 400 .*range=5y")
    complaints.allow("a status of 40[04]")
    for address, status, words in REFUSED:
        response = page.goto(stocked.url + address)
        assert response
        assert response.status == status
        for word in words:
            expect(page.locator("main")).to_contain_text(word)
    page.get_by_role("link", name="To the live page").click()
    Dashboard(page, stocked).is_in("live")


def test_a_view_that_the_server_refuses_leaves_page_and_address_as_they_were(
    stocked: Shop, page: Page, complaints: Complaints
) -> None:
    complaints.expect("400 .*range=5y")
    dashboard = Dashboard(page, stocked).open("range=15m")
    link = dashboard['[data-range="1h"]']
    link.evaluate("link => link.setAttribute('hx-get', '/?range=5y')")
    link.click()
    expect(dashboard["#problem-text"]).to_contain_text("allowed: 5m, 15m")
    assert dashboard.query == "range=15m"
    dashboard['[data-range="6h"]'].click()
    expect(dashboard["#problem"]).to_be_hidden()
    assert dashboard.query == "range=6h"


def test_a_first_visit_leads_to_traffic(empty: Shop, page: Page) -> None:
    dashboard = Dashboard(page, empty).open()
    says(dashboard, "Nothing here yet", "The first requests appear")
    dashboard["#empty"].get_by_role("button", name="Start stream").click()
    expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "on")
    dashboard.becomes(lambda: bool(dashboard.paths), True, 20)
    expect(dashboard["#empty"]).to_be_hidden()
    dashboard["#traffic-toggle"].click()
    expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "off")
