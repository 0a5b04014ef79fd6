"""The page inside a Django project, under each kind of server: live, and at home below a prefix."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Complaints
from tests.mount.project import COMMANDS, PAGE, Project, Visitor

QUICKLY_MS = 10_000


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project({"default": f"sqlite:///{tmp_path}/shop.sqlite3"}).prepare()


@pytest.fixture(autouse=True)
def no_favicon(complaints: Complaints) -> None:
    """A browser asks for one where a page names none, as the project's own do."""
    complaints.allow("favicon")


def is_live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", "live", timeout=QUICKLY_MS)


def shows(page: Page, path: str) -> None:
    """Wait until the newest request listed is this one."""
    first = page.locator("#requests tbody tr .column-path").first
    expect(first).to_have_text(path, timeout=QUICKLY_MS)


@pytest.mark.parametrize("server", COMMANDS)
def test_the_page_is_live_and_stays_below_its_prefix(
    server: str, project: Project, context: BrowserContext
) -> None:
    with project.served(server) as port:
        home = f"http://127.0.0.1:{port}"
        page, other = context.new_page(), context.new_page()
        page.goto(f"{home}/sign-in?name=staff")
        for tab in (page, other):
            tab.goto(home + PAGE)
            is_live(tab)
        page.evaluate("window.isSame = true")
        page.bring_to_front()
        Visitor(port).get("/shop/7/")
        for tab in (page, other):
            shows(tab, "/shop/7/")
        Visitor(port).get("/shop/1234/")
        shows(page, "/shop/1234/")
        is_live(page)

        page.locator("#endpoints .row-link", has_text="/shop/{id}/").click()
        expect(page).to_have_url(f"{home}{PAGE}?method=GET&endpoint=%2Fshop%2F%7Bid%7D%2F")
        Visitor(port).get("/boom")
        Visitor(port).get("/shop/8/")
        shows(page, "/shop/8/")
        expect(page.locator("#requests tbody tr")).to_have_count(3)
        page.locator("#requests .row-link").first.click()
        expect(page.locator("#request-detail[open]")).to_contain_text("/shop/{id}/")
        page.keyboard.press("Escape")
        page.go_back()
        expect(page).to_have_url(home + PAGE)
        shows(page, "/shop/8/")
        assert page.evaluate("window.isSame"), "the page was loaded anew"

        address = page.locator("#export").evaluate("({ href }) => href")
        assert address.startswith(f"{home}{PAGE}api/series")
        assert page.request.get(address).ok
        expect(page.locator("#traffic-form")).to_have_count(0)
        page.locator(".brand").click()
        is_live(page)
        assert page.url == home + PAGE
        for tab in (page, other):
            tab.close()  # before the server, which they would miss


def test_a_project_that_is_restarted_is_found_again(
    project: Project, page: Page, complaints: Complaints
) -> None:
    complaints.allow("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "INCOMPLETE")
    with project.served("gunicorn") as port:
        page.goto(f"http://127.0.0.1:{port}/sign-in?name=staff")
        page.goto(f"http://127.0.0.1:{port}{PAGE}")
        is_live(page)
    expect(page.locator("body")).to_have_attribute("data-state", "reconnecting", timeout=QUICKLY_MS)
    with project.served("gunicorn", port):
        is_live(page)
        Visitor(port).get("/shop/9/")
        shows(page, "/shop/9/")
        page.close()


def test_who_is_signed_out_meanwhile_is_told(
    project: Project, page: Page, context: BrowserContext, complaints: Complaints
) -> None:
    complaints.expect("403")
    with project.served("gthread") as port:
        page.goto(f"http://127.0.0.1:{port}/sign-in?name=staff")
        page.goto(f"http://127.0.0.1:{port}{PAGE}")
        is_live(page)
        context.clear_cookies()
        expect(page.locator("body")).to_have_attribute(
            "data-state", "reconnecting", timeout=QUICKLY_MS
        )
        page.locator("[data-range='15m']").click()
        expect(page.locator("#problem")).to_contain_text("Reload the page")
        page.close()
