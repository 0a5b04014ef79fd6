"""The settings page in a browser: sources that stay fresh, tokens made, copied and revoked."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.e2e.test_axe import finds_nothing


def line(path: str) -> str:
    when = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.7 - - [{when}] "GET {path} HTTP/1.1" 200 512 "-" "curl/8" 0.05\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "shop.log"
    log.write_text("".join(line(f"/{i}") for i in range(40)))
    return log


@pytest.fixture
def watched(tmp_path: Path, log: Path) -> Iterator[Shop]:
    with Shop(tmp_path, "watch", str(tmp_path / "*.log")) as shop:
        yield shop


def test_lines_that_do_not_match_are_told_and_explained(
    watched: Shop, log: Path, page: Page
) -> None:
    dashboard = Dashboard(page, watched).open()
    expect(dashboard["#alerts"]).to_be_hidden()
    with log.open("a") as file:
        file.write("<img src=x onerror=alert(1)>\n" * 5)
    expect(dashboard["#alerts"]).to_contain_text(
        "5 of the last 45 lines don't match", timeout=10_000
    )
    finds_nothing(dashboard)
    dashboard["#alerts a"].click()
    expect(dashboard["#sources .state"]).to_have_text("5 of the last 45 lines don't match")
    expect(dashboard["#sources .samples li"]).to_have_count(1)
    expect(dashboard["#sources .samples"]).to_contain_text("<img src=x onerror=alert(1)>")
    finds_nothing(dashboard)


def test_figures_stay_fresh_and_new_files_appear(watched: Shop, log: Path, page: Page) -> None:
    dashboard = Dashboard(page, watched)
    page.goto(f"{watched.url}/settings")
    lines = dashboard['#sources [data-name="lines"]']
    expect(lines).to_have_text(["40"])
    with log.open("a") as file:
        file.write(line("/more"))
    expect(lines).to_have_text(["41"])
    log.with_name("blog.log").write_text(line("/blog"))
    expect(lines).to_have_text(["1", "41"], timeout=10_000)


def test_a_token_is_made_used_and_revoked(watched: Shop, page: Page) -> None:
    dashboard = Dashboard(page, watched)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{watched.url}/settings")
    dashboard["#token-source"].fill("app")
    dashboard["#token-name"].fill("web 1")
    page.get_by_role("button", name="Create a token").click()
    dashboard["[data-copies]"].click()
    expect(dashboard["[data-copies]"]).to_have_text("Copied")
    token = page.evaluate("navigator.clipboard.readText()")
    assert token == dashboard["#made-token"].inner_text()
    finds_nothing(dashboard)

    assert send(watched, token) == 202
    page.reload()
    expect(dashboard["#made-token"]).to_have_count(0)
    expect(dashboard["#sources"]).to_contain_text("app")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke the token of app for web 1").click()
    expect(dashboard["#tokens"]).to_contain_text("Nobody may send requests yet")
    dashboard.becomes(lambda: send(watched, token), 401)


def send(shop: Shop, token: str) -> int:
    """The status that one request sent with the token is answered with."""
    connection = HTTPConnection(urlsplit(shop.url).netloc, timeout=10)
    try:
        connection.request(
            "POST",
            "/api/events",
            json.dumps({"method": "GET", "path": "/", "status": 200, "time": time.time()}),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("width", [360, 390, 768, 1440])
def test_the_page_fits_its_window(watched: Shop, log: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    with log.open("a") as file:
        file.write("x" * 400 + "\n")
    page.goto(f"{watched.url}/settings")
    expect(page.locator("#sources .samples li")).to_have_count(1)
    for selector in ("html", "body"):
        assert page.locator(selector).evaluate("of => of.scrollWidth") <= width
