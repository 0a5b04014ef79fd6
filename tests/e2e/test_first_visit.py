"""A first visit: one command, one page, nothing to complain about."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.server import Server


def test_the_page_opens_and_is_live(serve: Callable[..., Server], page: Page) -> None:
    server = serve("demo", "--start", "--rate=20")
    page.goto(server.url)
    expect(page.locator("body")).to_have_attribute("data-state", "live")


def test_a_restart_keeps_the_address(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    before = server.url
    assert server.stop() == 0
    server.start()
    assert server.url == before
    server.kill()
