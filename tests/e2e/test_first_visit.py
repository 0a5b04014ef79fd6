"""A first visit: one command, one page, nothing to complain about."""

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event
from tests.server import Server


def test_the_page_opens_and_is_live(serve: Callable[..., Server], page: Page) -> None:
    server = serve("demo", "--start", "--rate=20")
    page.goto(server.url)
    expect(page.locator("body")).to_have_attribute("data-state", "live")


def test_a_source_is_offered_as_soon_as_it_has_a_request(tmp_path: Path, page: Page) -> None:
    with Shop(tmp_path) as shop:
        dashboard = Dashboard(page, shop).open()
        expect(dashboard["#source"]).to_be_hidden()
        shop.write([event(time.time())], "web")
        expect(dashboard["#source"]).to_have_text("Source web", use_inner_text=True)
        shop.write([event(time.time())], "app")
        dashboard["#menu-source summary"].click()
        dashboard.moves(dashboard["#menu-source a"].filter(has_text="app").click)
        assert dashboard.query == "source=app"
        expect(page.locator("h1")).to_have_text("Traffic of app")


def test_a_restart_keeps_the_address(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    before = server.url
    assert server.stop() == 0
    server.start()
    assert server.url == before
    server.kill()
