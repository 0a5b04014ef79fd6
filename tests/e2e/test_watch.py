"""The page on a log file that is followed."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop


def line(ago: float, path: str, status: int = 200, seconds: str = "0.050") -> str:
    """As NGINX writes it, in the combined format with the request's time at the end."""
    when = datetime.fromtimestamp(time.time() - ago, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.7 - - [{when}] "GET {path} HTTP/1.1" {status} 512 "-" "curl/8" {seconds}\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "access.log"
    log.write_text(line(100, "/api/users/1") + line(90, "/api/users/2?page=3", 404, "0.250"))
    return log


@pytest.fixture
def watched(tmp_path: Path, log: Path) -> Iterator[Shop]:
    with Shop(tmp_path, "watch", str(log)) as shop:
        yield shop


def test_a_log_that_is_followed_is_the_page(watched: Shop, log: Path, page: Page) -> None:
    dashboard = Dashboard(page, watched).open()
    dashboard.becomes(lambda: dashboard.paths, ["/api/users/2", "/api/users/1"])
    assert dashboard.endpoints["GET /api/users/{id}"][:3] == ["2", "50.0\u2009%", "0\u2009%"]
    dashboard.agrees_with_the_api()
    expect(dashboard[".bar"]).to_contain_text("access.log")

    with log.open("a") as file:
        file.write(line(20, "/api/orders/9", 502, "1.500"))
        file.write(line(15, "/cut/in/the/mid"))
        file.write(line(10, "/rest")[:20])
    expect(dashboard["#endpoints"]).to_contain_text("/api/orders/{id}")
    dashboard.becomes(lambda: dashboard.paths[:2], ["/cut/in/the/mid", "/api/orders/9"])
    with log.open("a") as file:
        file.write(line(10, "/rest")[20:])
    dashboard.lists_first("/rest")
    dashboard.agrees_with_the_api()
    assert dashboard.tile("5xx") == ("20.0 %", "1 of 5")


def test_there_is_no_mock_traffic_to_control(watched: Shop, page: Page) -> None:
    dashboard = Dashboard(page, watched).open()
    expect(dashboard["#traffic-form"]).to_have_count(0)
    expect(page.get_by_role("button", name="Start stream")).to_have_count(0)
    page.keyboard.press("s")
    dashboard.is_in("live")
    expect(dashboard["#problem"]).to_be_hidden()


def test_a_page_to_which_nothing_comes_rests(watched: Shop, page: Page) -> None:
    dashboard = Dashboard(page, watched).open()
    dashboard.is_in("live")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def busy_s() -> float:
        found = session.send("Performance.getMetrics")["metrics"]
        return next(float(of["value"]) for of in found if of["name"] == "TaskDuration")

    before, began = busy_s(), time.monotonic()
    page.wait_for_timeout(3000)
    assert busy_s() - before < 0.5 * (time.monotonic() - began)


def test_a_log_without_lines_waits_for_the_first(tmp_path: Path, page: Page) -> None:
    log = tmp_path / "empty.log"
    log.touch()
    with Shop(tmp_path, "watch", str(log)) as shop:
        dashboard = Dashboard(page, shop).open()
        expect(dashboard["#empty"]).to_have_text(
            re.compile("^Waiting for the first request[^S]*$"), use_inner_text=True
        )
        log.write_text(line(0, "/first"))
        dashboard.becomes(lambda: dashboard.paths, ["/first"])
        expect(dashboard["#empty"]).to_be_hidden()
