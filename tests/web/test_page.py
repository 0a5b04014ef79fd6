"""The page, whole and in part: its views, errors and controls, and that hostile text is inert."""

import json
import re
import time
from collections import Counter
from urllib.parse import quote, urljoin

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from logwatcher.core.event import MAX_METHOD, MAX_SOURCE, Batch, Event
from logwatcher.core.retention import limits
from logwatcher.core.view import View
from logwatcher.core.window import window_of
from logwatcher.store import reader, traffic, writer
from logwatcher.store.models import Head
from logwatcher.store.sweep import sweep
from logwatcher.stream.feed import Join
from logwatcher.web import headers
from logwatcher.web.live import Watch
from tests.factories import NOON, event, events
from tests.web.tags import Tags

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
HTMX = {"HX-Request": "true"}
ZOOM = f"/?from={NOON}&to={NOON + 300}"
VIEW = View(start=NOON, end=NOON + 300)


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def get(client: Client, address: str, status: int = 200, *, htmx: bool = False) -> str:
    response = client.get(address, headers=HTMX if htmx else {})
    assert response.status_code == status
    return response.text


def test_the_whole_page_has_the_fragment_in_it(client: Client) -> None:
    writer.write([Batch("web", events(60, start=NOON))])
    page, fragment = get(client, ZOOM), get(client, ZOOM, htmx=True)
    assert page.startswith("<!doctype html>")
    assert "<html" not in fragment
    assert 'id="series"' in fragment
    now = re.compile(r'"now": [\d.]+')
    assert now.sub("", fragment.strip()) in now.sub("", page)


def test_a_page_restored_from_history_is_whole(client: Client) -> None:
    response = client.get("/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert response.text.startswith("<!doctype html>")


@pytest.mark.parametrize("htmx", [False, True])
def test_a_page_is_not_kept_by_anyone(client: Client, htmx: bool) -> None:
    response = client.get("/", headers=HTMX if htmx else {})
    assert response.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in response.headers["Vary"]


def test_head_is_allowed(client: Client) -> None:
    assert client.head("/").status_code == 200


def test_the_series_in_the_page_is_the_api_s(client: Client) -> None:
    writer.write([Batch("web", events(60, start=NOON))])
    page = get(client, f"{ZOOM}&step=10s&status=2xx")
    found = re.search(r'<script id="series" type="application/json">(.*?)</script>', page)
    assert found
    of_page = json.loads(found[1])
    of_api = client.get(f"/api/series{ZOOM[1:]}&step=10s&status=2xx").json()
    assert of_page.pop("now") <= of_api.pop("now")
    assert of_page == of_api


def test_every_link_of_the_page_leads_somewhere(client: Client) -> None:
    writer.write([Batch(source, events(60, start=NOON)) for source in ("web", "app")])
    views = (ZOOM, f"{ZOOM}&step=10s&status=404&method=GET&sort=p95&show=all")
    links = {link for view in views for link in Tags(get(client, view)).links}
    addresses = {urljoin("/", link) for link in links if not link.startswith("#")}
    assert len(addresses) > 60
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_the_page_asks_the_store_few_questions_however_much_there_is(client: Client) -> None:
    counts = []
    for requests in (5, 500):
        writer.write([Batch("web", events(requests, start=NOON))])
        with CaptureQueriesContext(connections["reader"]) as queries:
            get(client, ZOOM)
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 25


@pytest.mark.parametrize(
    ("address", "status", "reason"),
    [
        ("/?range=2d", 400, "range: can&#x27;t use &#x27;2d&#x27;; allowed: 5m, 15m"),
        ("/?step=7s", 400, "step: can&#x27;t use"),
        ("/?before=x", 400, "before: can&#x27;t use"),
        ("/requests/1", 404, "No such request"),
        (f"/requests/{'9' * 50}", 404, "No such request"),
        ("/nothing", 404, "nothing here"),
    ],
)
def test_an_error_is_a_page_and_for_htmx_a_line(
    client: Client, address: str, status: int, reason: str
) -> None:
    page = get(client, address, status)
    assert page.startswith("<!doctype html>")
    assert reason in page
    response = client.get(address, headers=HTMX)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/plain")
    assert reason.replace("&#x27;", "'") in response.text
    assert "<" not in response.text


# What could be used to break out of text, attributes, scripts and addresses.
HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus x='",
    "</script><img src=x onerror=alert(1)>",
    "</title><svg onload=alert(1)>",
    "--><iframe src=javascript:alert(1)>",
    "{{ 7|add:7 }}{% csrf_token %}",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;#60;",
    "\u202egnp.exe\u2028\u2029",
)


def hostile_event(text: str) -> Event:
    path = f"/{text}"
    return Event(NOON * 10**6, text[:MAX_METHOD], path, path, 500, 1000, 1, text, text, text, text)


OURS = r"\.\.?/|#|data:image/svg|api/series|requests/\d+$|settings(?:#\w+)?$|traffic$"


def assert_inert(html: str) -> None:
    """No tag, attribute or address that only the hostile text could have made."""
    page = Tags(html)
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "autofocus"]
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            address = attributes.get(name, "./")
            assert re.match(OURS, address), f"{tag} {name}={address}"
        if tag == "script":
            is_ours = re.match(r"(\./|\.\./)+static/", attributes.get("src", ""))
            assert is_ours or attributes.get("type") == "application/json"


@pytest.mark.parametrize("is_known", [True, False])
def test_a_request_says_who_sent_it_as_far_as_it_is_known(client: Client, is_known: bool) -> None:
    known = event(NOON)
    sent = known if is_known else known._replace(client="", agent="")
    writer.write([Batch("web", [sent])])
    request_id = reader.requests(VIEW, window_of(VIEW, NOON), 1)[0].id
    for htmx in (True, False):
        data = "".join(Tags(get(client, f"/requests/{request_id}", htmx=htmx)).data.split())
        assert ("Client203.0.113.0/24AgentFirefox" in data) == is_known
        assert ("Client" in data) == ("Agent" in data) == is_known


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_wherever_it_is_shown(client: Client, text: str) -> None:
    writer.write([Batch(text[:MAX_SOURCE], [hostile_event(text), event(NOON)])])
    request_id = reader.requests(VIEW, window_of(VIEW, NOON), 2)[-1].id
    chosen = "&".join(f"{name}={quote(text)}" for name in ("source", "endpoint"))
    pages = [
        get(client, ZOOM),
        get(client, ZOOM, htmx=True),
        get(client, f"{ZOOM}&{chosen}&method={quote(text[:MAX_METHOD])}"),
        get(client, f"/requests/{request_id}"),
        get(client, f"/requests/{request_id}", htmx=True),
    ]
    news = Watch(lambda: NOON + 10.0).news(None, [], [Join("", "")])
    frame = news.joins[Join("", "")]
    assert frame is not None
    pages += json.loads(frame)["cards"].values()
    for html in pages:
        assert_inert(html)
    assert f"/{text}" in Tags(pages[0]).data
    assert text in Tags(pages[3]).data


def test_errors_show_hostile_text_inertly(client: Client) -> None:
    for text in HOSTILE:
        assert_inert(get(client, f"/?range={quote(text)}", 400))
        assert_inert(get(client, f"/{quote(text, safe='')}", 404))


@pytest.mark.parametrize("address", ["/", "/nothing", "/?range=x", "/api/series", "/traffic"])
def test_nothing_inline_may_run(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    assert policy == headers.POLICY
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_keeps_to_its_own_policy(client: Client) -> None:
    for tag, attributes in Tags(get(client, "/")).tags:
        assert "style" not in attributes, tag
        assert tag != "style"
        if tag == "script":
            assert attributes.get("src") or attributes["type"] == "application/json"


def test_the_page_can_not_be_framed_and_tells_no_one_where_it_is(client: Client) -> None:
    response = client.get("/")
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_ids_are_unique(client: Client) -> None:
    writer.write([Batch("web", events(60, start=NOON))])
    ids = Counter(of["id"] for _, of in Tags(get(client, ZOOM)).tags if "id" in of)
    assert {name for name, number in ids.items() if number > 1} == set()


def test_traffic_is_changed_by_who_has_the_page_s_token() -> None:
    client = Client(enforce_csrf_checks=True)
    page = get(client, "/")
    found = re.search(r'"csrfmiddlewaretoken": "(\w+)"', page)
    assert found
    assert client.post("/traffic", {"running": "on"}, headers=HTMX).status_code == 403
    assert not traffic.wanted().is_running
    form = {"running": "on", "csrfmiddlewaretoken": found[1]}
    response = client.post("/traffic", form, headers=HTMX)
    assert response.status_code == 200
    assert traffic.wanted().is_running


def test_a_change_is_answered_with_the_controls_as_they_are_then(client: Client) -> None:
    html = client.post("/traffic", {"running": "on"}, headers=HTMX).text
    assert 'data-running="on"' in html
    assert "Stop stream" in html
    assert "<html" not in html
    assert f'name="version" value="{traffic.wanted().version}"' in html
    html = client.post("/traffic", {"rate": "20", "scenario": "bot-scan"}, headers=HTMX).text
    assert 'value="20"' in html
    assert '<b class="clip">Bot scan</b>' in html
    html = client.post("/traffic", {"running": "off"}, headers=HTMX).text
    assert "Start stream" in html


def test_the_controls_tell_when_the_traffic_stops(client: Client, settings: Settings) -> None:
    settings.TRAFFIC_MINUTES = 15
    client.post("/traffic", {"running": "on"})
    assert 'data-format="left"' in get(client, "/")
    traffic.change(is_running=False, stop_at_us=None)
    settings.TRAFFIC_MINUTES = 0
    client.post("/traffic", {"running": "on"})
    assert 'data-format="left"' not in get(client, "/")


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"running": "maybe"}, "running: "),
        ({"rate": "0"}, "rate: "),
        ({"rate": "5001"}, "rate: "),
        ({"rate": "nan"}, "rate: "),
        ({"rate": "fast"}, "rate: "),
        ({"scenario": "chaos"}, "scenario: unknown 'chaos'; choose one of: normal, "),
        ({"seed": "-1"}, "seed: "),
        ({"rate": "3", "scenario": "chaos"}, "scenario: "),
    ],
)
def test_a_wrong_form_changes_nothing_and_says_why(
    client: Client, form: dict[str, str], reason: str
) -> None:
    before = traffic.wanted()
    response = client.post("/traffic", form, headers=HTMX)
    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.text.startswith("The traffic was not changed. ")
    assert reason in response.text
    after = traffic.wanted()
    assert (after.version, after.rate) == (before.version, before.rate)


def test_an_empty_form_changes_nothing(client: Client) -> None:
    before = traffic.wanted()
    assert client.post("/traffic", {"rate": "", "running": ""}).status_code == 200
    assert traffic.wanted().version == before.version


def test_traffic_is_not_changed_by_a_link(client: Client) -> None:
    assert client.get("/traffic?running=on").status_code == 405


def test_a_server_that_follows_a_log_has_no_controls(client: Client, settings: Settings) -> None:
    settings.HAS_MOCK_TRAFFIC = False
    assert "traffic-form" not in get(client, "/").replace('form="traffic-form"', "")
    assert client.post("/traffic", {"running": "on"}, headers=HTMX).status_code == 404
    assert not traffic.wanted().is_running


DAY = 86_400


@pytest.fixture
def swept() -> int:
    """Requests of an hour each day for 50 days, and what the shortest limits leave; the newest."""
    now = int(time.time())
    days = [event(now - day * DAY) for day in range(50)]
    writer.write([Batch("web", days)])
    for _ in sweep(limits("1h", "5s:1d 1m:8d 1h:31d"), now):
        pass
    return now


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, ""),
        (2, "kept per minute: shown is"),
        (9, "kept per hour: shown is"),
        (40, "not kept any more"),
    ],
)
def test_a_zoom_into_older_times_says_what_is_kept_of_them(
    client: Client, swept: int, days: int, text: str
) -> None:
    start = swept - days * DAY - 150
    html = client.get(f"/?from={start}&to={start + 300}").text
    kept = html[html.index('<div id="kept">') : html.index('<section id="tiles"')]
    assert (text in kept) if text else ("<p" not in kept)
    summary = client.get(f"/api/summary?from={start}&to={start + 300}").json()
    assert summary["requests"] == (days < 31)
    assert summary["from"] <= start
    assert summary["to"] >= start + 300
    series = client.get(f"/api/series?from={start}&to={start + 300}").json()
    assert series["step"] == {0: 5, 2: 60}.get(days, 3600)
    assert f"<b>{ {5: '5s', 60: '1m', 3600: '1h'}[series['step']] }</b>" in html


def test_a_zoom_that_begins_before_all_figures_says_since_when_there_are(
    client: Client, swept: int
) -> None:
    html = client.get(f"/?from={swept - 40 * DAY}&to={swept}").text
    assert "Figures from before" in html
    summary = client.get(f"/api/summary?from={swept - 40 * DAY}&to={swept}").json()
    assert summary["from"] < summary["kept_from"] < summary["to"]
    inside = sum(swept - day * DAY >= summary["kept_from"] for day in range(50))
    assert summary["requests"] == inside


def test_the_list_says_since_when_requests_are_kept(client: Client, swept: int) -> None:
    assert "Requests from before" in client.get("/?range=24h").text
    assert "Requests from before" not in client.get("/?range=15m").text


def test_a_request_that_is_deleted_says_so(client: Client, swept: int) -> None:
    response = client.get("/requests/1")
    assert response.status_code == 404
    assert "too old and not kept any more" in response.text
    assert client.get("/api/requests/1").status_code == 404
