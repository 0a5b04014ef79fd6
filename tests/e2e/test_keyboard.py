"""All by keyboard: every control is reached, seen where it is, and has its shortcut."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event

# All that can have the focus now, in the order of the page.
CONTROLS = """() => {
  const all = document.querySelectorAll(
    "a[href], button, input, summary, [tabindex]:not([tabindex='-1'])",
  );
  const controls = [...all].filter((each) =>
    each.checkVisibility({ visibilityProperty: true }) && !each.disabled &&
    !each.closest("details:not([open]) > :not(summary)") && each.type !== "hidden");
  window.controls = controls;
  return controls.length;
}"""
# Which one has it, whether one can see that, and whether it is in the window and uncovered.
FOCUSED = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const isSeen = (element, pseudo) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element, pseudo);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  };
  const { left, top, right, bottom, width } = focused.getBoundingClientRect();
  const isInside = width > 1 && right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
  return {
    index: window.controls.indexOf(focused),
    name: focused.outerHTML.slice(0, 100),
    isSeen: isInside && (isSeen(focused) || isSeen(focused, "::after")),
  };
}"""


@pytest.fixture
def dashboard(stocked: Shop, page: Page) -> Dashboard:
    return Dashboard(page, stocked).open()


@pytest.mark.parametrize("width", [1280, 390])
def test_tab_reaches_every_control_in_order_and_shows_where_it_is(
    stocked: Shop, new_context: NewContext, width: int
) -> None:
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    dashboard = Dashboard(page, stocked).open("status=2xx")
    page.keyboard.press("p")  # so that no row is replaced meanwhile
    dashboard.is_in("paused")
    number = page.evaluate(CONTROLS)
    assert number > 40
    reached = []
    for _ in range(number):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused
        assert focused["isSeen"], focused["name"]
        reached.append(focused["index"])
    assert reached == list(range(number))


def test_the_first_tab_is_the_way_past_the_bar(dashboard: Dashboard) -> None:
    keyboard = dashboard.page.keyboard
    keyboard.press("Tab")
    expect(dashboard[".skip"]).to_be_focused()
    keyboard.press("Enter")
    expect(dashboard["#view"]).to_be_focused()
    keyboard.press("Tab")
    expect(dashboard['[data-range="5m"]']).to_be_focused()


def test_shortcuts_do_what_the_sheet_says(dashboard: Dashboard) -> None:
    press = dashboard.page.keyboard.press
    for key in ("p", "Space"):
        press(key)
        dashboard.is_in("paused")
        press(key)
        dashboard.is_in("live")
        dashboard.is_loaded()
    for key, query in (("3", "range=1h"), ("7", "range=30d"), ("1", "")):
        dashboard.moves(lambda key=key: press(key))  # type: ignore[misc]
        assert dashboard.query == query
    first = dashboard.request_ids
    dashboard.moves(lambda: press("o"))
    assert not set(first) & set(dashboard.request_ids)
    dashboard.moves(lambda: press("n"))
    assert dashboard.request_ids == first
    press("/")
    expect(dashboard["#menu-step summary"]).to_be_focused()
    dashboard.moves(lambda: dashboard.choose("status", "2xx"))
    dashboard.moves(lambda: press("c"))
    assert dashboard.query == ""
    press("u")
    expect(dashboard['[data-zone-choice="utc"]']).to_have_attribute("aria-pressed", "true")
    press("l")
    expect(dashboard["#share-text"]).not_to_have_text("Share")
    for state in ("on", "off"):
        press("s")
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", state)


def test_shortcuts_keep_quiet_while_somebody_types(dashboard: Dashboard) -> None:
    dashboard["#menu-scenario summary"].click()
    field = dashboard["#traffic-rate"]
    field.fill("")
    field.press_sequentially("3s1pt2c")
    dashboard.is_in("live")
    assert dashboard.query == ""
    expect(field).to_have_value("312")
    expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "off")
    field.press("Control+1")
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(dashboard["#menu-scenario summary"]).to_be_focused()
    assert dashboard.query == ""


def test_shortcuts_keep_quiet_with_a_modifier_and_under_a_sheet(dashboard: Dashboard) -> None:
    for key in ("Control+s", "Alt+2", "Meta+p"):
        dashboard.page.keyboard.press(key)
    dashboard.page.keyboard.press("?")
    expect(dashboard["#shortcuts"]).to_be_visible()
    dashboard.page.keyboard.press("p")
    dashboard.page.keyboard.press("2")
    dashboard.page.keyboard.press("Escape")
    expect(dashboard["#shortcuts"]).to_be_hidden()
    dashboard.is_in("live")
    assert dashboard.query == ""
    expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "off")


def test_the_sheet_of_shortcuts_is_opened_by_key_button_and_menu(dashboard: Dashboard) -> None:
    sheet = dashboard["#shortcuts"]

    def by_menu() -> None:
        dashboard["#menu-display summary"].click()
        dashboard["#menu-display [data-opens=shortcuts]"].click()

    openers: list[Callable[[], None]] = [
        lambda: dashboard.page.keyboard.press("?"),
        dashboard[".foot [data-opens=shortcuts]"].click,
        by_menu,
    ]
    for opener in openers:
        opener()
        expect(sheet).to_be_visible()
        expect(sheet.get_by_role("button", name="Close")).to_be_focused()
        dashboard.page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()


def test_space_presses_what_has_the_focus_and_does_not_pause(dashboard: Dashboard) -> None:
    dashboard["#menu-step summary"].focus()
    dashboard.page.keyboard.press("Space")
    expect(dashboard["#menu-step .dropdown-menu"]).to_be_visible()
    dashboard.is_in("live")
    dashboard.page.keyboard.press("Escape")
    expect(dashboard["#menu-step .dropdown-menu"]).to_be_hidden()
    expect(dashboard["#menu-step summary"]).to_be_focused()


def test_a_menu_that_is_open_stays_open_while_frames_come(dashboard: Dashboard) -> None:
    dashboard["#menu-scenario summary"].click()
    dashboard["#traffic-rate"].fill("77")
    for i in range(3):
        dashboard.shop.write([event(time.time(), route=f"/frame/{i}")])
        dashboard.lists_first(f"/frame/{i}")
    dashboard.shop.change_traffic(scenario="slow-database")
    expect(dashboard["#menu-scenario summary b"]).to_have_text("Slow database")
    expect(dashboard["#menu-scenario .dropdown-menu"]).to_be_visible()
    expect(dashboard["#traffic-rate"]).to_be_focused()
    dashboard.shop.change_traffic(scenario="normal")


def test_the_focus_stays_on_a_row_while_frames_come(dashboard: Dashboard) -> None:
    link = dashboard["#endpoints tbody a"].filter(has_text="/api/users").first
    link.focus()
    name = link.get_attribute("title")
    for i in range(3):
        dashboard.shop.write([event(time.time() - 8, route=f"/focus/{i}")] * (200 + i))
        expect(dashboard["#endpoints"]).to_contain_text(f"/focus/{i}")
    focused = dashboard.page.evaluate("document.activeElement.title")
    assert focused == name


def test_the_arrows_walk_from_bucket_to_bucket(dashboard: Dashboard) -> None:
    plot = dashboard['[data-chart="throughput"] [data-plot]']
    plot.focus()
    press = dashboard.page.keyboard.press
    press("ArrowLeft")
    expect(dashboard["[data-tooltip]"]).to_be_visible()
    here = plot.get_attribute("aria-valuetext")
    press("ArrowLeft")
    there = plot.get_attribute("aria-valuetext")
    assert here != there
    assert "2xx" in (there or "")
    title = dashboard["[data-tooltip] .tooltip-title"].inner_text()
    assert (there or "").startswith(title)
    expect(dashboard[".crosshair:visible"]).to_have_count(3)
