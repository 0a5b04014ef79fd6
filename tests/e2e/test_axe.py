"""Every state of the page is for everyone: axe finds nothing, in light and in dark."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Complaints
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def zoom(dashboard: Dashboard) -> None:
    dashboard.drag_to_zoom("errors", 0.3, 0.8)
    expect(dashboard["#zoom-out"]).to_be_visible()


def open_menu(name: str) -> Callable[[Dashboard], None]:
    def act(dashboard: Dashboard) -> None:
        dashboard[f"#menu-{name} summary"].click()
        expect(dashboard[f"#menu-{name} .dropdown-menu"]).to_be_visible()

    return act


def open_request(dashboard: Dashboard) -> None:
    dashboard["#requests tbody a"].first.click()
    expect(dashboard["#request-detail"]).to_be_visible()


def open_shortcuts(dashboard: Dashboard) -> None:
    dashboard.page.keyboard.press("?")
    expect(dashboard["#shortcuts"]).to_be_visible()


def open_tables(dashboard: Dashboard) -> None:
    for button in dashboard["[data-table-toggle]"].all():
        button.click()
    expect(dashboard["#latency-table table"]).to_be_visible()


def pause(dashboard: Dashboard) -> None:
    dashboard["#pause"].click()
    dashboard.is_in("paused")


def point_at_a_bucket(dashboard: Dashboard) -> None:
    dashboard['[data-chart="latency"] [data-plot]'].focus()
    dashboard.page.keyboard.press("Shift+ArrowLeft")
    expect(dashboard["[data-tooltip]"]).to_be_visible()


def later_page(dashboard: Dashboard) -> None:
    dashboard.moves(dashboard["#requests a[rel=next]"].click)
    dashboard.shop.write([event(time.time())])
    expect(dashboard["#requests-new"]).to_be_visible()


def filters(dashboard: Dashboard) -> None:
    dashboard.moves(lambda: dashboard.choose("status", "4xx"))
    dashboard.moves(dashboard["#endpoints tbody a"].first.click)


STATES: dict[str, Callable[[Dashboard], None]] = {
    "live": lambda dashboard: None,
    "paused": pause,
    "zoomed": zoom,
    "filtered": filters,
    "pointed at": point_at_a_bucket,
    "tables": open_tables,
    "later page": later_page,
    "request": open_request,
    "shortcuts": open_shortcuts,
    **{f"menu {name}": open_menu(name) for name in ("step", "endpoint", "scenario", "display")},
}


def finds_nothing(dashboard: Dashboard) -> None:
    """In this state, in light and in dark."""
    for theme in THEMES:
        dashboard.page.emulate_media(color_scheme=theme)
        expect(dashboard["html"]).to_have_attribute("data-bs-theme", theme)
        assert [theme, *violations(dashboard.page)] == [theme]


@pytest.fixture
def dashboard(stocked: Shop, page: Page) -> Dashboard:
    return Dashboard(page, stocked)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(dashboard: Dashboard, state: str) -> None:
    dashboard.open()
    STATES[state](dashboard)
    finds_nothing(dashboard)


def test_axe_finds_nothing_on_a_small_screen(dashboard: Dashboard) -> None:
    dashboard.page.set_viewport_size({"width": 390, "height": 800})
    dashboard.open()
    finds_nothing(dashboard)


def test_axe_finds_nothing_on_a_first_visit(tmp_path: Path, page: Page) -> None:
    with Shop(tmp_path) as empty:
        dashboard = Dashboard(page, empty).open()
        expect(dashboard["#empty"]).to_be_visible()
        finds_nothing(dashboard)


def test_axe_finds_nothing_on_an_error_page(dashboard: Dashboard, complaints: Complaints) -> None:
    complaints.expect("404 .*/nothing")
    dashboard.page.goto(f"{dashboard.shop.url}/nothing")
    finds_nothing(dashboard)


def test_axe_finds_nothing_on_a_requests_own_page(dashboard: Dashboard) -> None:
    dashboard.page.goto(f"{dashboard.shop.url}/requests/1")
    finds_nothing(dashboard)


def test_axe_finds_nothing_where_a_problem_is_told(
    dashboard: Dashboard, complaints: Complaints
) -> None:
    complaints.expect("500 .*range=1h")
    dashboard.open()
    dashboard.page.route("**/?range=1h", lambda route: route.fulfill(status=500, body="broken"))
    dashboard['[data-range="1h"]'].click()
    expect(dashboard["#problem"]).to_be_visible()
    finds_nothing(dashboard)
