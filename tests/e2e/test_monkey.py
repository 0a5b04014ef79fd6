"""Somebody clicks on whatever there is while requests pour in; then the page is still right."""

import random
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop

ACTIONS = 40
CHOICES = (
    "[data-range]",
    "#menu-step a",
    "#menu-status a",
    "#menu-method a",
    "#endpoints tbody a",
    "#endpoints thead a",
    "#requests .pages a",
    "#requests-new:not([hidden])",
    "#clear-filters",
    "#zoom-out",
    "#pause",
    ".legend-item:not([hidden])",
    "[data-theme-choice]",
    "[data-zone-choice]",
    "[name=scenario]",
)
# A menu need not be open for it.
CLICK_ONE = "(all, chance) => all[Math.floor(chance * all.length)]?.click()"
BACK = "navigation.currentEntry.index > 0 && history.back()"


@pytest.mark.parametrize("seed", [1, 2])
def test_after_clicks_at_random_the_page_shows_what_the_api_says(
    tmp_path: Path, page: Page, complaints: Complaints, seed: int
) -> None:
    complaints.allow(r"failed: GET .*/([?].*)? net::ERR_ABORTED")  # the newest wish wins
    rng = random.Random(seed)
    with Shop(tmp_path, "demo", "--start", "--rate=100") as shop:
        dashboard = Dashboard(page, shop).open()
        for _ in range(ACTIONS):
            act(dashboard, rng)
        shop.change_traffic(running=False)
        if dashboard["body"].get_attribute("data-state") == "paused":
            dashboard["#pause"].click()
        dashboard.is_in("live")
        dashboard.is_loaded()
        dashboard.agrees_with_the_api(15)
        expect(dashboard["#problem"]).to_be_hidden()


def act(dashboard: Dashboard, rng: random.Random) -> None:
    """Do one thing of what can be done, and don't always wait for what comes of it."""
    kind = rng.random()
    if kind < 0.1:
        dashboard.page.evaluate(BACK)
    elif kind < 0.2:
        first, last = sorted((rng.random(), rng.random()))
        dashboard.drag_to_zoom(rng.choice(["throughput", "errors", "latency"]), first, last)
    else:
        dashboard[rng.choice(CHOICES)].evaluate_all(CLICK_ONE, rng.random())
    if rng.random() < 0.6:
        dashboard.is_loaded()
