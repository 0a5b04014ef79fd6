"""The page fits its window, from 360 pixels on: nothing is cut off, nothing lies over another."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event, events

WIDTHS = [360, 390, 768, 1440]
LONG = "/api/" + "a-rather-long-name/" * 6 + "{id}"

SIDEWAYS = "[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
# What lies over a control, so that a click would not reach it.
COVERED = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility() && !element.closest("details:not([open]) > div"))
  .flatMap((element) => {
    element.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = element.getBoundingClientRect();
    // A long name is cut off, so its middle may be outside.
    const over = document.elementFromPoint(left + Math.min(width / 2, 12), top + height / 2);
    if (element.contains(over) || over?.contains(element) || over?.closest("a")) return [];
    return [`${element.outerHTML.slice(0, 120)} under ${over?.outerHTML.slice(0, 120)}`];
  })"""
# Pairs of the bar's visible parts that share some area.
OVERLAPS = """() => {
  const parts = [...document.querySelectorAll(
    "#bar > :is(.brand, .chip, .menu), #source > *, #traffic :is(.left, .menu, #traffic-toggle)",
  )].filter((part) => part.checkVisibility());
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const overlap = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
  return parts.flatMap((part, i) => parts.slice(i + 1)
    .filter((_, j) => overlap(boxes[i], boxes[i + 1 + j]))
    .map((other) => `${part.textContent.trim()} × ${other.textContent.trim()}`));
}"""

WATCH_SHIFTS = """() => {
  window.shifts = [];
  const holds = (outer, inner) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 &&
    inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const isRow = ({ previousRect, currentRect }) =>
    [...document.querySelectorAll("#endpoints tbody, #requests tbody")].some((rows) =>
      [previousRect, currentRect].every(
        (rect) => !rect.height || holds(rows.getBoundingClientRect(), rect)));
  const heightAbove = () => document.querySelector("#endpoints").offsetHeight;
  let before = heightAbove();
  new PerformanceObserver((list) => {
    const hasGrown = heightAbove() !== before;
    before = heightAbove();
    const isBelow = ({ node }) => !node || document.querySelector("#requests").contains(node);
    for (const { value, sources } of list.getEntries()) {
      const moved = sources.filter(
        (source) => !isRow(source) && !(hasGrown && isBelow(source)));
      if (value <= 0.01 || !moved.length) continue;
      window.shifts.push([value, ...moved.map(({ node, currentRect }) =>
        [node?.outerHTML?.slice(0, 80), JSON.stringify(currentRect)])]);
    }
  }).observe({ type: "layout-shift" });
}"""
"""What moves, but for the rows of a list that make room for new ones, and what is below it."""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with contents that need room: long routes, slow answers, two sources, many filters."""
    with Shop(tmp_path_factory.mktemp("wide"), "demo", "--start", "--rate=2") as shop:
        now = time.time()
        shop.write(events(300, start=now - 270, seconds=250))
        shop.write([event(now - 20 - i, route=LONG, status=504, duration_s=59) for i in range(9)])
        # Every method that the traffic has: one that is new takes a place of its own.
        shop.write([event(now - 20, method=name) for name in ("POST", "PUT", "DELETE") * 9])
        yield shop


@pytest.fixture(params=WIDTHS)
def dashboard(wide: Shop, new_context: NewContext, request: pytest.FixtureRequest) -> Dashboard:
    context = new_context(viewport={"width": request.param, "height": 800})
    return Dashboard(context.new_page(), wide)


def fits(dashboard: Dashboard) -> None:
    *widths, window = dashboard.page.evaluate(SIDEWAYS)
    assert max(widths) <= window


def is_inside(dashboard: Dashboard, element: Locator) -> None:
    """All of the element is in the window's width."""
    expect(element).to_be_visible()
    box, size = element.bounding_box(), dashboard.page.viewport_size
    assert box
    assert size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


def test_nothing_is_cut_off_covered_or_moved_by_new_figures(dashboard: Dashboard) -> None:
    dashboard.open()
    expect(dashboard["#menu-source"]).to_be_visible()
    fits(dashboard)
    assert dashboard.page.evaluate(OVERLAPS) == []
    assert dashboard.page.evaluate(COVERED, "#bar :is(a, button, summary)") == []
    assert dashboard.page.evaluate(COVERED, "main :is(a, button, summary, [data-plot])") == []
    for card in dashboard["main .card"].all():
        is_inside(dashboard, card)
    below = dashboard["main"].bounding_box()
    bar = dashboard["#bar"].bounding_box()
    assert below
    assert bar
    assert below["y"] >= bar["y"] + bar["height"]

    # No figure that changes moves anything.
    dashboard.page.evaluate(WATCH_SHIFTS)
    assert dashboard.page.viewport_size
    width = dashboard.page.viewport_size["width"]
    for i in range(3):
        route = f"/shift/{width}/{i}"
        dashboard.shop.write([event(time.time() - 8, route=route, status=500)] * 7)
        expect(dashboard["#endpoints"]).to_contain_text(route)
    assert dashboard.page.evaluate("window.shifts") == []


def test_nothing_gets_out_of_the_window_in_a_view_with_everything_set(dashboard: Dashboard) -> None:
    now = int(time.time())
    dashboard.open(
        f"from={now - 250}&to={now - 5}&step=10s&source=shop&status=504&method=GET"
        f"&endpoint={LONG.replace('/', '%2F').replace('{', '%7B').replace('}', '%7D')}&sort=-p99"
    )
    expect(dashboard["#zoom-out"]).to_be_visible()
    fits(dashboard)
    dashboard["#pause"].click()
    fits(dashboard)
    for button in dashboard["[data-table-toggle]"].all():
        button.click()
    fits(dashboard)


def test_menus_sheets_and_the_tooltip_are_inside_the_window(dashboard: Dashboard) -> None:
    dashboard.open("status=504")
    for menu in ("source", "scenario", "display", "step", "status", "method", "endpoint"):
        dashboard[f"#menu-{menu} summary"].click()
        is_inside(dashboard, dashboard[f"#menu-{menu} .dropdown-menu"])
        fits(dashboard)
        dashboard.page.keyboard.press("Escape")
    dashboard["#requests tbody a"].first.click()
    is_inside(dashboard, dashboard["#request-detail"])
    fits(dashboard)
    dashboard.page.keyboard.press("Escape")
    dashboard.page.keyboard.press("?")
    is_inside(dashboard, dashboard["#shortcuts"])
    fits(dashboard)
    dashboard.page.keyboard.press("Escape")
    plot = dashboard['[data-chart="errors"] [data-plot]']
    plot.focus()
    for key in ("Home", "End"):
        dashboard.page.keyboard.press(key)
        expect(dashboard["[data-tooltip]"]).to_be_visible()
        is_inside(dashboard, dashboard["[data-tooltip]"])
        fits(dashboard)
