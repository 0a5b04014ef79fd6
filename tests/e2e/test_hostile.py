"""What a log says is text, whatever it says: nothing in it runs, wherever the page shows it."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from logwatcher.core.event import MAX_ERROR, MAX_PATH, MAX_ROUTE, Event
from tests.e2e.conftest import Complaints
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop

SCRIPT = "<script>window.ran = 1</script>"
IMAGE = '"><img src=x onerror="window.ran = 1">'
QUOTES = "'\"`${window.ran = 1}{{ 7 * 7 }}{% debug %}"
LINK = "javascript:window.ran=1"
HTMX = '<a hx-get="/api/traffic" hx-trigger="load" hx-on::load="window.ran = 1">x</a>'
CLOSE = "</script></title></textarea></template><svg onload=window.ran=1>"
ENTITY = "&lt;script&gt; &amp;amp;"
ALL = [SCRIPT, IMAGE, QUOTES, LINK, HTMX, CLOSE, ENTITY]


def hostile(text: str, ago: float) -> Event:
    return Event(
        time_us=int((time.time() - ago) * 1e6),
        method="GET",
        path=f"/{text}",
        route=f"/route/{text}",
        status=500,
        duration_us=1000,
        size=1,
        error_type=f"Type{text}",
        error_message=f"Message {text}",
    )


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("attacked")) as shop:
        shop.write([hostile(text, 60 - i) for i, text in enumerate(ALL)], source=f"a{IMAGE}")
        shop.write([hostile("<b>", 100)], source="<i>b</i>")
        yield shop


@pytest.fixture
def dashboard(attacked: Shop, page: Page) -> Iterator[Dashboard]:
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    yield Dashboard(page, attacked)
    assert page.evaluate("window.ran") is None
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.locator("[hx-trigger=load]").count() == 0


def test_lists_and_sheets_show_it_as_text(dashboard: Dashboard) -> None:
    dashboard.open()
    assert {f"/{text}" for text in ALL} <= set(dashboard.paths)
    assert {f"GET /route/{text}" for text in ALL} <= set(dashboard.endpoints)
    sheet = dashboard["#request-detail"]
    for text in ALL:
        row = dashboard["#requests tbody tr"].filter(has=dashboard.page.get_by_text(f"/{text}"))
        assert f"Type{text}: Message {text}" in (row.locator(".badge").get_attribute("title") or "")
        row.get_by_role("link").click()
        for shown in (f"/{text}", f"/route/{text}", f"Type{text}", f"Message {text}"):
            expect(sheet.get_by_text(shown, exact=True).first).to_be_visible()
        dashboard.page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()


@pytest.mark.parametrize("text", [IMAGE, QUOTES, ENTITY])
def test_a_view_of_it_shows_it_as_text(dashboard: Dashboard, text: str) -> None:
    dashboard.open()
    dashboard.moves(dashboard["#endpoints tbody a"].filter(has_text=f"/route/{text}").first.click)
    for _ in range(2):
        expect(dashboard["#menu-endpoint summary b"]).to_have_text(f"/route/{text}")
        dashboard.agrees_with_the_api()
        dashboard.page.reload()
        dashboard.is_in("live")


def test_it_comes_in_live_as_text(dashboard: Dashboard) -> None:
    dashboard.open("endpoint=/live")
    for text in ALL:
        dashboard.shop.write([hostile(text, 1)._replace(route="/live")])
        dashboard.lists_first(f"/{text}")


def test_a_source_and_a_filter_are_text(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard["#menu-source summary"].click()
    dashboard.moves(dashboard["#menu-source a"].filter(has_text=IMAGE).click)
    expect(dashboard["#menu-source summary b"]).to_have_text(f"a{IMAGE}")
    dashboard.agrees_with_the_api()
    dashboard.open("endpoint=%3Cscript%3Ewindow.ran=1%3C/script%3E")
    expect(dashboard["#empty"]).to_contain_text("<script>window.ran=1</script>")


def test_the_longest_of_all_fits(dashboard: Dashboard) -> None:
    path = "/" + "x" * (MAX_PATH - 1)
    long = hostile("", 2)._replace(
        path=path, route=path[:MAX_ROUTE], error_type="E" * MAX_ERROR, error_message="m" * MAX_ERROR
    )
    dashboard.open()
    dashboard.shop.write([long])
    dashboard.lists_first(path)
    dashboard["#requests tbody a"].first.click()
    expect(dashboard["#request-detail"]).to_be_visible()
    fits = "element => element.scrollWidth <= element.clientWidth"
    assert dashboard["html"].evaluate(fits)
    assert dashboard["#request-detail"].evaluate(fits)
    dashboard.page.goto(dashboard.shop.url + f"/requests/{dashboard.request_ids[0].split('-')[1]}")
    assert dashboard["html"].evaluate(fits)


def test_the_policy_would_stop_what_got_through(
    dashboard: Dashboard, complaints: Complaints
) -> None:
    complaints.expect("Content Security Policy")
    dashboard.open()
    dashboard.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.ran = 1\">x</b>')"
    )
    dashboard.page.evaluate("document.querySelector('b[onclick]').click()")
