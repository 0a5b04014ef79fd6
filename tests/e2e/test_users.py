"""Users in a browser: in, out, sessions that end, and what each role is offered."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import database
from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.e2e.test_axe import finds_nothing
from tests.factories import PASSWORD

ROLES = {"vera": "viewer", "otto": "operator", "ada": "admin"}
LOGGED_OUT = ("401 .*/api/live", "401 .*")


def add_users(shop: Shop) -> None:
    for name, role in ROLES.items():
        shop.server.command("user", "add", name, "--role", role, typed=PASSWORD)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One that has a user of each role."""
    with Shop(tmp_path_factory.mktemp("users")) as shop:
        add_users(shop)
        yield shop


@pytest.fixture
def dashboard(shop: Shop, page: Page) -> Dashboard:
    return Dashboard(page, shop)


def log_in(dashboard: Dashboard, name: str, password: str = PASSWORD) -> None:
    dashboard["#login-name"].fill(name)
    dashboard["#login-password"].fill(password)
    dashboard.page.keyboard.press("Enter")


def enter(dashboard: Dashboard, name: str, query: str = "") -> None:
    """From the page's address, by way of the login."""
    dashboard.page.goto(f"{dashboard.url}/{query}")
    log_in(dashboard, name)
    dashboard.is_in("live")


def end_sessions(shop: Shop) -> None:
    database.execute(shop.server.database_url, "DELETE FROM django_session")


def test_a_login_leads_to_the_view_asked_for_and_a_logout_out(dashboard: Dashboard) -> None:
    dashboard.page.goto(f"{dashboard.url}/?range=1h")
    expect(dashboard["#login-name"]).to_be_focused()
    finds_nothing(dashboard)
    log_in(dashboard, "ada", "wrong")
    expect(dashboard["#login-problem"]).to_contain_text("correct username and password")
    finds_nothing(dashboard)
    log_in(dashboard, "ada")
    dashboard.is_in("live")
    assert dashboard.query == "range=1h"
    dashboard["#menu-user summary"].click()
    finds_nothing(dashboard)
    dashboard["#log-out"].click()
    expect(dashboard["#login-name"]).to_be_visible()
    dashboard.page.goto(f"{dashboard.url}/settings")
    expect(dashboard["#login-name"]).to_be_visible()


def test_all_of_it_can_be_done_by_keyboard(dashboard: Dashboard) -> None:
    enter(dashboard, "vera")
    keyboard = dashboard.page.keyboard
    dashboard["#menu-user summary"].focus()
    keyboard.press("Enter")
    for name in ("Settings", "Change password", "Log out"):
        keyboard.press("Tab")
        expect(dashboard.page.locator(":focus")).to_have_text(name)
    keyboard.press("Escape")
    expect(dashboard["#menu-user summary"]).to_be_focused()
    keyboard.press("Enter")
    for key in ("Tab", "Tab", "Tab", "Enter"):
        keyboard.press(key)
    expect(dashboard["#login-name"]).to_be_focused()


def test_a_viewer_sees_all_and_controls_nothing(dashboard: Dashboard) -> None:
    enter(dashboard, "vera")
    expect(dashboard["#traffic-toggle"]).to_have_count(0)
    expect(dashboard["#empty .empty-waiting"]).to_be_visible()
    dashboard.page.keyboard.press("s")  # the shortcut of a button that is not there
    dashboard.page.goto(f"{dashboard.url}/settings")
    expect(dashboard["#sources"]).to_be_visible()
    expect(dashboard["#tokens"]).to_have_count(0)
    finds_nothing(dashboard)


def test_an_operator_controls_the_traffic_which_a_viewer_sees(
    shop: Shop, dashboard: Dashboard, new_context: NewContext
) -> None:
    enter(dashboard, "otto")
    viewer = Dashboard(new_context().new_page(), shop)
    enter(viewer, "vera")
    dashboard["#traffic-toggle"].click()
    expect(dashboard["#traffic-toggle"]).to_contain_text("Stop")
    expect(viewer["#requests tbody tr"].first).to_be_visible()
    expect(viewer["#traffic-toggle"]).to_have_count(0)
    dashboard["#traffic-toggle"].click()
    expect(dashboard["#traffic-toggle"]).to_contain_text("Start")


def test_a_session_that_ends_is_told_once_with_the_way_back_in(
    shop: Shop, dashboard: Dashboard, complaints: Complaints
) -> None:
    complaints.expect(*LOGGED_OUT)
    enter(dashboard, "vera", "?range=1h")
    end_sessions(shop)
    dashboard.is_in("refused", 15)
    expect(dashboard["#problem"]).to_contain_text("You are logged out")
    finds_nothing(dashboard)
    dashboard['[data-range="15m"]'].click()
    expect(dashboard["#view[aria-busy]"]).to_have_count(0)
    expect(dashboard["#view h1"]).to_have_count(1)
    expect(dashboard["#login-name"]).to_have_count(0)
    dashboard["#problem-login"].click()
    log_in(dashboard, "vera")
    dashboard.is_in("live")
    assert dashboard.query == "range=1h"


def test_the_settings_lead_to_the_login_when_the_session_ends(
    shop: Shop, dashboard: Dashboard, complaints: Complaints
) -> None:
    complaints.expect("401 .*/settings/sources")
    enter(dashboard, "vera")
    dashboard.page.goto(f"{dashboard.url}/settings")
    end_sessions(shop)
    log_in(dashboard, "vera")
    expect(dashboard["#sources"]).to_be_visible()
    assert dashboard.page.url.endswith("/settings")


def test_a_login_in_another_tab_brings_a_refused_tab_back(
    shop: Shop, dashboard: Dashboard, complaints: Complaints
) -> None:
    complaints.expect(*LOGGED_OUT)
    enter(dashboard, "vera")
    end_sessions(shop)
    dashboard.is_in("refused", 15)
    other = Dashboard(dashboard.page.context.new_page(), shop)
    enter(other, "vera")
    expect(dashboard["#problem"]).to_be_hidden()


def test_another_password_is_the_one_that_counts(dashboard: Dashboard) -> None:
    enter(dashboard, "ada")
    dashboard.page.goto(f"{dashboard.url}/password")
    expect(dashboard["#old-password"]).to_be_focused()
    fill(dashboard, PASSWORD, "short")
    expect(dashboard["#new-password-again-error"]).to_contain_text("too short")
    finds_nothing(dashboard)
    fill(dashboard, PASSWORD, "nine-otters-swim")
    expect(dashboard["main"]).to_contain_text("Your password is changed")
    finds_nothing(dashboard)
    fill_back(dashboard)


def fill(dashboard: Dashboard, old: str, new: str) -> None:
    dashboard["#old-password"].fill(old)
    dashboard["#new-password"].fill(new)
    dashboard["#new-password-again"].fill(new)
    dashboard.page.get_by_role("button", name="Change password").click()


def fill_back(dashboard: Dashboard) -> None:
    """Leave the user as the other tests know it."""
    dashboard.page.goto(f"{dashboard.url}/password")
    fill(dashboard, "nine-otters-swim", PASSWORD)
    expect(dashboard["main"]).to_contain_text("Your password is changed")


def test_an_admin_adds_and_removes_a_user(dashboard: Dashboard) -> None:
    enter(dashboard, "ada")
    dashboard["#menu-user summary"].click()
    dashboard.page.get_by_role("link", name="Users", exact=True).click()
    dashboard["#user-name"].fill("kim")
    dashboard["#user-password"].fill(PASSWORD)
    dashboard.page.get_by_role("button", name="Add a user").click()
    expect(dashboard["[role=status]"]).to_have_text("kim is added, as viewer.")
    finds_nothing(dashboard)
    dashboard.page.get_by_label("Role of kim", exact=True).select_option("operator")
    dashboard.page.get_by_role("button", name="Set the role of kim").click()
    expect(dashboard["[role=status]"]).to_have_text("kim is operator now.")
    dashboard["summary[aria-label='Remove kim …']"].click()
    finds_nothing(dashboard)
    dashboard.page.get_by_role("button", name="Remove kim").click()
    expect(dashboard["[role=status]"]).to_have_text("kim is removed.")
    expect(dashboard["tbody tr"]).to_have_count(len(ROLES))


@pytest.mark.parametrize("has_users", [False, True])
def test_where_all_may_view_nothing_is_asked_and_nothing_offered(
    tmp_path: Path, page: Page, has_users: bool
) -> None:
    with Shop(tmp_path, "demo", "--start", "--rate=20", "--public") as shop:
        if has_users:
            add_users(shop)
        dashboard = Dashboard(page, shop).open()
        expect(dashboard["#requests tbody tr"].first).to_be_visible()
        expect(dashboard["#traffic-toggle"]).to_have_count(0)
        expect(dashboard["#log-in"]).to_have_count(int(has_users))
        finds_nothing(dashboard)
        if has_users:
            dashboard["#log-in"].click()
            log_in(dashboard, "otto")
            expect(dashboard["#traffic-toggle"]).to_be_visible()
        page.goto("about:blank")  # before its server goes


@pytest.mark.parametrize("width", [360, 390, 768, 1440])
def test_the_pages_fit_their_window(dashboard: Dashboard, width: int) -> None:
    dashboard.page.set_viewport_size({"width": width, "height": 800})
    dashboard.page.goto(dashboard.url)
    fits(dashboard, width)
    log_in(dashboard, "ada")
    dashboard.is_in("live")
    for address in ("", "settings", "settings/users", "password"):
        dashboard.page.goto(f"{dashboard.url}/{address}")
        fits(dashboard, width)


def fits(dashboard: Dashboard, width: int) -> None:
    for selector in ("html", "body"):
        assert dashboard[selector].evaluate("of => of.scrollWidth") <= width
