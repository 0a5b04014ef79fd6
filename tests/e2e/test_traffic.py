"""The controls of the mock traffic: one wanted state, the same in all browsers at once."""

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop

MOST_MS = 500

# When this tab's controls last changed from running to stopped or back, and when they were clicked.
WATCH_TOGGLE = """() => {
  const running = () => document.getElementById("traffic-form").dataset.running;
  let last = running();
  window.toggled = {};
  new MutationObserver(() => {
    if (running() === last) return;
    last = running();
    window.toggled[last] = Date.now();
  }).observe(document.getElementById("traffic"), {
    attributes: true, childList: true, subtree: true,
  });
  addEventListener("click", () => (window.clicked = Date.now()), true);
}"""


@pytest.fixture
def two(shop: Shop, new_context: NewContext) -> Iterator[tuple[Dashboard, Dashboard]]:
    """The page in two browsers, with nothing shared between them; stopped, as at first."""
    shop.change_traffic(running=False, rate=5, scenario="normal")
    yield tuple(Dashboard(new_context().new_page(), shop).open() for _ in range(2))  # type: ignore[misc]  # two
    shop.change_traffic(running=False)


def test_start_in_one_browser_and_stop_in_another_show_in_both_within_half_a_second(
    two: tuple[Dashboard, Dashboard],
) -> None:
    for dashboard in two:
        dashboard.page.evaluate(WATCH_TOGGLE)
    waited = []
    for name, (here, there) in zip(("on", "off") * 3, (two, two[::-1]) * 3, strict=True):
        here["#traffic-toggle"].click()
        for dashboard in two:
            expect(dashboard["#traffic-form"]).to_have_attribute("data-running", name)
        clicked = here.page.evaluate("window.clicked")
        waited.append(
            [each.page.evaluate(f"window.toggled.{name}") - clicked for each in (here, there)]
        )
    assert max(map(median, zip(*waited, strict=True))) <= MOST_MS


def test_two_clicks_at_once_start_it_once(shop: Shop, two: tuple[Dashboard, Dashboard]) -> None:
    before = shop.get("/api/traffic")["version"]
    at = two[0].page.evaluate("Date.now() + 300")
    click = """at => void setTimeout(
      () => document.getElementById("traffic-toggle").click(), at - Date.now(),
    )"""
    for dashboard in two:
        dashboard.page.evaluate(click, at)
    for dashboard in two:
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "on")
    assert shop.get("/api/traffic")["version"] == before + 1


def test_a_double_click_on_start_leaves_it_running(
    shop: Shop, two: tuple[Dashboard, Dashboard]
) -> None:
    two[0]["#traffic-toggle"].dblclick()
    for dashboard in two:
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "on")
        expect(dashboard["#traffic .left time"]).to_have_text(re.compile("14:5[0-8]"))
    assert shop.get("/api/traffic")["running"]


def test_scenario_and_rate_changed_in_one_appear_in_the_other(
    shop: Shop, two: tuple[Dashboard, Dashboard]
) -> None:
    here, there = two
    here["#menu-scenario summary"].click()
    here['[name=scenario][value="checkout-errors"]'].click()
    expect(there["#menu-scenario summary b"]).to_have_text("Checkout errors")
    expect(here["#menu-scenario summary b"]).to_have_text("Checkout errors")

    there["#menu-scenario summary"].click()
    there["#traffic-rate"].fill("12.5")
    there["#traffic-rate"].press("Enter")
    expect(here["#traffic-rate"]).to_have_value("12.5")
    state = shop.get("/api/traffic")
    assert (state["rate"], state["scenario"], state["running"]) == (12.5, "checkout-errors", False)


def test_a_wrong_rate_is_refused_by_form_and_server_and_breaks_nothing(
    shop: Shop, two: tuple[Dashboard, Dashboard], complaints: Complaints
) -> None:
    complaints.expect(r"400 \(Bad Request\).*/traffic")
    before = shop.get("/api/traffic")
    here, there = two
    here["#menu-scenario summary"].click()
    for wrong in ("0", "-1", "", "5001"):
        here["#traffic-rate"].fill(wrong)
        here["#traffic-rate"].press("Enter")
        assert here["#traffic-rate:invalid"].count() == 1
    assert shop.get("/api/traffic") == before

    here['[name=scenario][value="bot-scan"]'].click()  # sends the rate, unchecked
    expect(here["#problem"]).to_be_visible()
    expect(here["#problem-text"]).to_contain_text("5000")
    assert shop.get("/api/traffic") == before

    here["#menu-scenario summary"].click()
    here["#traffic-rate"].fill("50")
    here['[name=scenario][value="bot-scan"]'].click()
    for dashboard in (here, there):
        expect(dashboard["#menu-scenario summary b"]).to_have_text("Bot scan")
    expect(here["#problem"]).to_be_hidden()
    assert shop.get("/api/traffic")["rate"] == 50


def test_traffic_that_stops_by_itself_shows_as_stopped(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_TRAFFIC_MINUTES", "0.05")
    with Shop(tmp_path) as shop:
        dashboard = Dashboard(page, shop).open()
        dashboard["#traffic-toggle"].click()
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "on")
        expect(dashboard["#traffic .left time"]).to_have_text(re.compile("0:0[0-3]"))
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "off")
        expect(dashboard["#traffic .left"]).to_be_hidden()
