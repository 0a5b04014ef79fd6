"""Many tabs of one browser: one connection, all live, and nothing done for a tab nobody sees."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.e2e.conftest import PLAIN_HOST, Complaints
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event, events

TABS = 8
WITHIN_S = 2.0
TAKE_OVER_S = 5.0
LEASE_S = 12.0
"""Without the browser's locks, a tab that is gone is only missed after a while."""
IGNORED = "The Cross-Origin-Opener-Policy header has been ignored"
ONE_VIEWER = re.compile(r"\b1 viewer$")

# A tab in the background, as the browser would tell it. Headless pages are all in front.
HIDEABLE = """() => {
  let state = "visible";
  Object.defineProperty(document, "visibilityState", { get: () => state });
  Object.defineProperty(document, "hidden", { get: () => state === "hidden" });
  window.setVisibility = (next) => {
    state = next;
    document.dispatchEvent(new Event("visibilitychange"));
  };
}"""
# Counts what is drawn, and what is asked for, from now on.
COUNT_WORK = """() => {
  window.work = { draws: 0, changes: 0 };
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    window.work.draws += 1;
    return clearRect.apply(this, box);
  };
  new MutationObserver((all) => (window.work.changes += all.length)).observe(
    document.getElementById("view"), { childList: true, characterData: true, subtree: true },
  );
}"""

# When each request was first listed, since a test that asks eight tabs in turn can't tell.
NOTE_WHEN_LISTED = """() => {
  window.listed = {};
  const note = () => {
    for (const cell of document.querySelectorAll("#requests tbody .column-path")) {
      window.listed[cell.textContent.trim()] ??= Date.now();
    }
  };
  new MutationObserver(note).observe(
    document.getElementById("requests"), { childList: true, characterData: true, subtree: true },
  );
}"""


class Streams:
    """The connections to the stream that a context has open, by the tab that holds them."""

    def __init__(self, context: BrowserContext) -> None:
        self._open: list[Request] = []
        context.on("request", lambda request: self._begin(request))
        context.on("requestfailed", lambda request: self._end(request))
        context.on("requestfinished", lambda request: self._end(request))

    @property
    def pages(self) -> list[Page]:
        pages = [request.frame.page for request in self._open]
        return [page for page in pages if not page.is_closed()]

    def _begin(self, request: Request) -> None:
        if "/api/live" in request.url:
            self._open.append(request)

    def _end(self, request: Request) -> None:
        if request in self._open:
            self._open.remove(request)


def test_eight_tabs_are_live_over_one_connection(shop: Shop, context: BrowserContext) -> None:
    streams = Streams(context)
    queries = ["", "range=15m", "status=5xx", *[""] * (TABS - 3)]
    tabs = [Dashboard(context.new_page(), shop).open(query) for query in queries]
    _all_hear(shop, tabs, "/to/all", WITHIN_S)
    assert len(streams.pages) == 1
    for tab in tabs:
        expect(tab["#live-detail"]).to_have_text(ONE_VIEWER)

    [leader] = streams.pages
    leader.close()
    others = [tab for tab in tabs if tab.page is not leader]
    _all_hear(shop, others, "/without/leader", TAKE_OVER_S)
    _all_hear(shop, others, "/as/before", WITHIN_S)
    assert len(streams.pages) == 1
    for tab in others:
        tab.is_in("live")
        expect(tab["#live-detail"]).to_have_text(ONE_VIEWER)
    for tab in {tab.query: tab for tab in others}.values():
        tab.agrees_with_the_api()


def _all_hear(shop: Shop, tabs: list[Dashboard], path: str, seconds: float) -> None:
    for tab in tabs:
        tab.page.evaluate(NOTE_WHEN_LISTED)
    shop.write([event(time.time() - 6, route=path, status=503)])
    written = time.time()
    for tab in tabs:
        tab.lists_first(path, 5 * seconds)
        listed = tab.page.evaluate("path => window.listed[path]", path) / 1000
        assert listed - written <= seconds


def test_a_tab_that_leads_and_is_hidden_lets_another_one_lead(
    shop: Shop, context: BrowserContext
) -> None:
    context.add_init_script(f"({HIDEABLE})()")
    streams = Streams(context)
    first, second = (Dashboard(context.new_page(), shop).open() for _ in range(2))
    [leader] = streams.pages
    leader.evaluate("setVisibility('hidden')")
    other = second if leader is first.page else first
    _all_hear(shop, [other], "/second/leads", TAKE_OVER_S)
    assert streams.pages == [other.page]


def test_a_hidden_tab_does_nothing_and_is_right_at_once_when_shown(
    shop: Shop, context: BrowserContext
) -> None:
    context.add_init_script(f"({HIDEABLE})()")
    streams = Streams(context)
    shop.write(events(100, start=time.time() - 200, seconds=150))
    dashboard = Dashboard(context.new_page(), shop).open()
    page = dashboard.page
    dashboard.agrees_with_the_api()
    page.evaluate("setVisibility('hidden')")
    dashboard.becomes(lambda: len(streams.pages), 0)
    page.evaluate(COUNT_WORK)
    for i in range(3):
        shop.write([event(time.time() - 8, route=f"/hidden/{i}")])
        page.wait_for_timeout(500)  # work would be done in this time
    assert page.evaluate("window.work") == {"draws": 0, "changes": 0}

    page.evaluate("setVisibility('visible')")
    dashboard.lists_first("/hidden/2", WITHIN_S)
    dashboard.agrees_with_the_api(WITHIN_S)
    assert page.evaluate("window.work.draws") > 0
    dashboard.is_in("live")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop that is asked for by another name than localhost."""
    monkeypatch.setenv("LOGWATCHER_ALLOWED_HOSTS", PLAIN_HOST)
    with Shop(tmp_path) as shop:
        yield shop


def _plain(page: Page, shop: Shop) -> Dashboard:
    """Over plain HTTP and not from localhost, where browsers have neither locks nor clipboard."""
    return Dashboard(page, shop, shop.url.replace("127.0.0.1", PLAIN_HOST))


def test_on_plain_http_the_tabs_share_a_connection_too(
    elsewhere: Shop, context: BrowserContext, complaints: Complaints
) -> None:
    complaints.allow(IGNORED)
    streams = Streams(context)
    tabs = [_plain(context.new_page(), elsewhere).open() for _ in range(TABS)]
    assert tabs[0].page.evaluate("[isSecureContext, 'locks' in navigator]") == [False, False]
    tabs[0].becomes(lambda: len(streams.pages), 1)
    _all_hear(elsewhere, tabs, "/plain", WITHIN_S)
    [leader] = streams.pages
    leader.close()
    others = [tab for tab in tabs if tab.page is not leader]
    _all_hear(elsewhere, others, "/plain/without/leader", LEASE_S)
    others[0].becomes(lambda: len(streams.pages), 1)


def test_on_plain_http_share_copies_the_address_too(
    elsewhere: Shop, page: Page, complaints: Complaints
) -> None:
    complaints.allow(IGNORED)
    dashboard = _plain(page, elsewhere).open("range=15m")
    dashboard["#share"].click()
    expect(dashboard["#share-text"]).to_have_text("Copied")
    page.evaluate("document.body.append(document.createElement('textarea'))")
    dashboard["textarea"].focus()
    page.keyboard.press("Control+V")
    expect(dashboard["textarea"]).to_have_value(page.url)
