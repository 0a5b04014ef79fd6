"""The list of requests: live at its top, and otherwise as still as its reader needs it."""

import time

import pytest
from playwright.sync_api import Page, expect

from logwatcher.core.event import Event
from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event

PER_PAGE = 15


@pytest.fixture
def dashboard(stocked: Shop, page: Page) -> Dashboard:
    return Dashboard(page, stocked)


def arrivals(name: str, number: int) -> list[Event]:
    """New requests in the order of their time, which is now."""
    now = time.time()
    return [event(now + i / 1000, route=f"/{name}/{i}") for i in range(number)]


def test_new_requests_come_in_at_the_top(dashboard: Dashboard) -> None:
    dashboard.open()
    before = dashboard.paths
    dashboard.shop.write(arrivals("top", 3))
    expected = ["/top/2", "/top/1", "/top/0", *before][:PER_PAGE]
    dashboard.becomes(lambda: dashboard.paths, expected)
    expect(dashboard["#requests-new"]).to_be_hidden()


def test_a_later_page_stands_still_and_counts_what_is_new(dashboard: Dashboard) -> None:
    dashboard.open()
    first = dashboard.request_ids
    dashboard["#requests a[rel=next]"].click()
    dashboard.changes(lambda: dashboard.request_ids, first)
    second = dashboard.request_ids
    assert not set(first) & set(second)
    assert "before=" in dashboard.query
    expect(dashboard["#requests-new"]).to_be_hidden()

    dashboard.shop.write(arrivals("later", 12))
    expect(dashboard["#requests-new"]).to_have_text("12 new")
    dashboard.shop.write(arrivals("later-still", 5))
    expect(dashboard["#requests-new"]).to_have_text("17 new")
    assert dashboard.request_ids == second

    dashboard["#requests a[rel=next]"].click()
    dashboard.changes(lambda: dashboard.request_ids, second)
    third = dashboard.request_ids
    assert not {*first, *second} & set(third)
    expect(dashboard["#requests-new"]).to_have_text("17 new")
    dashboard["#requests a[rel=prev]"].click()
    dashboard.becomes(lambda: dashboard.request_ids, second)
    dashboard["#requests a[rel=prev]"].click()
    dashboard.becomes(lambda: dashboard.request_ids, first)
    expect(dashboard["#requests-new"]).to_have_text("17 new")

    dashboard["#requests-new"].click()
    dashboard.lists_first("/later-still/4")
    expect(dashboard["#requests-new"]).to_be_hidden()
    assert dashboard.query == ""
    dashboard.agrees_with_the_api()


def test_a_page_reloaded_or_linked_is_the_same_page(
    dashboard: Dashboard, new_context: NewContext
) -> None:
    dashboard.open("status=2xx")
    first = dashboard.request_ids
    dashboard["#requests a[rel=next]"].click()
    dashboard.changes(lambda: dashboard.request_ids, first)
    second, address = dashboard.request_ids, dashboard.page.url
    dashboard.shop.write(arrivals("meanwhile", 20))
    dashboard.page.reload()
    dashboard.is_in("live")
    assert dashboard.request_ids == second
    other = Dashboard(new_context().new_page(), dashboard.shop)
    other.page.goto(address)
    assert other.request_ids == second


def test_under_the_pointer_the_list_waits_and_the_button_shows_the_newest(
    dashboard: Dashboard,
) -> None:
    dashboard.open()
    before = dashboard.request_ids
    dashboard["#requests tbody tr"].nth(1).hover()
    dashboard.shop.write(arrivals("hovered", 2))
    expect(dashboard["#requests-new"]).to_have_text("2 new")
    dashboard.shop.write(arrivals("hovered-again", 1))
    expect(dashboard["#requests-new"]).to_have_text("3 new")
    assert dashboard.request_ids == before

    dashboard["#requests-new"].click()
    dashboard.lists_first("/hovered-again/0")
    expect(dashboard["#requests-new"]).to_be_hidden()
    assert dashboard.request_ids[3:] == before[:-3]


def test_a_list_left_by_the_pointer_goes_on(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard["#requests tbody tr"].nth(1).hover()
    dashboard.shop.write(arrivals("left", 1))
    expect(dashboard["#requests-new"]).to_have_text("1 new")
    dashboard["#tiles"].hover()
    dashboard.lists_first("/left/0")
    expect(dashboard["#requests-new"]).to_be_hidden()


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_row_opens_to_all_it_has_and_esc_closes_it(dashboard: Dashboard, by: str) -> None:
    failed = event(
        time.time(), method="PUT", route=f"/detail/{by}/{{id}}", status=503, duration_s=1.25
    )._replace(size=1234567, error_type="PoolError", error_message="no connection <left>")
    dashboard.shop.write([failed])
    dashboard.open()
    link = dashboard["#requests tbody tr a"].filter(has_text=f"/detail/{by}/7")
    if by == "mouse":
        # The link lies over its whole row; Playwright takes that for something in the way.
        dashboard["#requests tbody tr"].first.locator(".column-latency").click(force=True)
    else:
        link.focus()
        dashboard.page.keyboard.press("Enter")
    sheet = dashboard["#request-detail"]
    expect(sheet).to_be_visible()
    text = sheet.inner_text()
    for part in (
        f"/detail/{by}/7",
        f"/detail/{by}/{{id}}",
        "PUT",
        "503",
        "1.25 s",
        "1 234 567",
        "PoolError",
        "no connection <left>",
        "shop",
    ):
        assert part in " ".join(text.split()), text
    assert dashboard.query == ""

    dashboard.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    if by == "keyboard":
        expect(link).to_be_focused()


def test_the_address_of_a_request_shows_it_without_the_page_too(dashboard: Dashboard) -> None:
    dashboard.open()
    href = dashboard["#requests tbody tr a"].first.get_attribute("href")
    path = dashboard.paths[0]
    dashboard.page.goto(f"{dashboard.shop.url}/{href}")
    expect(dashboard["h1"]).to_contain_text(path)
    dashboard[".brand"].click()
    dashboard.is_in("live")
