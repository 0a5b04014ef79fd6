"""The server goes and comes back under an open page: nothing is lost, and nothing is made up."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event, events

CUT = r"^(?=.*/api/live).*ERR_INCOMPLETE_CHUNKED_ENCODING"
REFUSED = r"^(?=.*/api/live).*ERR_CONNECTION_REFUSED"
BACK_S = 20.0
"""A page tries again within 1 to 5 s, and after a failure a little later."""


def test_a_killed_server_is_waited_for_and_nothing_is_lost(
    tmp_path: Path, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CUT)
    complaints.allow(REFUSED)
    with Shop(tmp_path, "demo", "--start", "--rate=20") as shop:
        dashboard = Dashboard(page, shop).open()
        dashboard.goes_on(lambda: _has_requests(dashboard))
        shop.server.kill()
        dashboard.is_in("reconnecting")
        expect(dashboard["#live-detail"]).to_have_text(re.compile(r"^[2-9]\s+s old$"))
        # Committed while the page can't hear of it.
        missed = [event(time.time() - 30 + i, route="/missed") for i in range(10)]
        shop.write(missed)
        shop.server.start()
        dashboard.is_in("live", BACK_S)
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "on")
        dashboard["#traffic-toggle"].click()
        expect(dashboard["#traffic-form"]).to_have_attribute("data-running", "off")
        assert dashboard.page.evaluate("performance.getEntriesByType('navigation').length") == 1
        dashboard.agrees_with_the_api(12)
        assert shop.get("/api/summary?endpoint=/missed")["requests"] == len(missed)


def _has_requests(dashboard: Dashboard) -> None:
    assert dashboard.paths


def test_another_database_in_its_place_is_loaded_anew(
    tmp_path: Path, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CUT)
    complaints.allow(REFUSED)
    with Shop(tmp_path) as shop:
        now = time.time()
        shop.write(events(200, start=now - 200, seconds=150))
        dashboard = Dashboard(page, shop).open()
        before = dashboard.charts()["throughput"].sets
        dashboard.agrees_with_the_api()
        shop.server.kill()
        shop.forget_writer()
        for file in shop.database.parent.glob(f"{shop.database.name}*"):
            file.unlink()
        dashboard.is_in("reconnecting")
        shop.server.start()
        shop.write([event(now - 100, route="/other/database")] * 3)
        dashboard.is_in("live", BACK_S)
        dashboard.becomes(lambda: dashboard.paths, ["/other/database"] * 3)
        dashboard.agrees_with_the_api()
        assert dashboard.charts()["throughput"].sets != before


def test_a_paused_page_stays_as_it_is_through_a_restart(
    tmp_path: Path, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CUT)
    complaints.allow(REFUSED)
    with Shop(tmp_path) as shop:
        shop.write(events(50, start=time.time() - 100, seconds=50))
        dashboard = Dashboard(page, shop).open()
        dashboard["#pause"].click()
        look = dashboard.look()
        shop.server.kill()
        shop.write([event(time.time(), route="/while/away")])
        shop.server.start()
        expect(dashboard["#live-detail"]).to_have_text("1 new", timeout=BACK_S * 1000)
        assert dashboard.look() == look
        dashboard["#pause"].click()
        dashboard.is_in("live")
        dashboard.lists_first("/while/away")
        dashboard.agrees_with_the_api()


def test_a_view_that_cant_be_loaded_is_told_and_can_be_tried_again(
    tmp_path: Path, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CUT, r"^(?=.*[?]range=1h).*ERR_CONNECTION_REFUSED", "htmx.*Failed to fetch")
    complaints.allow(REFUSED)
    with Shop(tmp_path) as shop:
        shop.write(events(50, start=time.time() - 100, seconds=50))
        dashboard = Dashboard(page, shop).open()
        look = dashboard.look()
        shop.server.kill()
        dashboard.is_in("reconnecting")
        dashboard['[data-range="1h"]'].click()
        expect(dashboard["#problem-text"]).to_have_text("The server can’t be reached.")
        assert dashboard.look()["query"] == look["query"]
        assert dashboard.look()["endpoints"] == look["endpoints"]
        shop.server.start()
        dashboard["#problem-retry"].click()
        expect(dashboard['[data-range="1h"]']).to_have_attribute("aria-current", "true")
        expect(dashboard["#problem"]).to_be_hidden()
        assert dashboard.query == "range=1h"
        dashboard.is_in("live", BACK_S)
        dashboard.agrees_with_the_api()


def test_offline_is_said_and_ends_at_once_when_the_network_is_back(
    tmp_path: Path, page: Page, complaints: Complaints
) -> None:
    complaints.expect(CUT)
    complaints.allow(
        r"/api/live.*ERR_INTERNET_DISCONNECTED", "ERR_INTERNET_DISCONNECTED.*/api/live"
    )
    with Shop(tmp_path) as shop:
        dashboard = Dashboard(page, shop).open()
        page.context.set_offline(True)
        shop.server.kill()  # an open stream outlives the browser's pretending
        dashboard.is_in("offline")
        shop.server.start()
        shop.write([event(time.time(), route="/while/offline")])
        page.context.set_offline(False)
        dashboard.is_in("live", 2)
        dashboard.lists_first("/while/offline")
        dashboard.agrees_with_the_api()
