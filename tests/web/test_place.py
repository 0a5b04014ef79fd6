"""The page works below any prefix: every address on it is relative, and leads to its own."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.urls import get_script_prefix, set_script_prefix
from pytest_django import Settings

from logwatcher.core.event import Batch
from logwatcher.core.view import View
from logwatcher.core.window import window_of
from logwatcher.store import reader, writer
from logwatcher.store.models import Head
from logwatcher.stream.feed import Join
from logwatcher.web.live import Watch
from tests.factories import NOON, events
from tests.web.tags import Tags

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    [
        *(ROOT / "src/logwatcher/web/templates").rglob("*.html"),
        *(ROOT / "frontend/src").glob("*.js"),
    ]
)
ZOOM = f"?from={NOON}&to={NOON + 300}"
VIEW = View(start=NOON, end=NOON + 300)
HTMX = {"HX-Request": "true"}


@pytest.fixture(params=["", "/proxied"])
def prefix(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """The page's address below a project's path, with and without FORCE_SCRIPT_NAME."""
    Head.objects.get_or_create(pk=1)
    settings.ROOT_URLCONF = "tests.web.below"
    settings.FORCE_SCRIPT_NAME = request.param or None
    before = get_script_prefix()
    set_script_prefix(f"{request.param}/")  # as a server does, but not Django's client for tests
    yield f"{request.param}/deep/down/"
    set_script_prefix(before)


def get(client: Client, prefix: str, address: str, status: int = 200, *, htmx: bool = False) -> str:
    """What is at the address, which the browser has whole and Django without the script's name."""
    inside = address.removeprefix("/proxied") if prefix.startswith("/proxied") else address
    assert address.startswith(prefix)
    response = client.get(inside, headers=HTMX if htmx else {})
    assert response.status_code == status, address
    return response.text


def test_every_address_leads_below_the_prefix(client: Client, prefix: str) -> None:
    writer.write([Batch(source, events(60, start=NOON)) for source in ("web", "app")])
    page = f"{prefix}{ZOOM}"
    request_id = reader.requests(VIEW, window_of(VIEW, NOON), 1)[0].id
    news = Watch(lambda: NOON + 10.0).news(None, [], [Join("", "")])
    frame = news.joins[Join("", "")]
    assert frame is not None
    cards = json.loads(frame)["cards"].values()
    documents = [
        (page, get(client, prefix, page)),
        (page, get(client, prefix, f"{page}&status=5xx&step=10s&source=web")),
        (page, get(client, prefix, page, htmx=True)),
        *((page, card) for card in [*cards, news.traffic["html"]]),
        *(
            (f"{prefix}{name}", get(client, prefix, f"{prefix}{name}", status))
            for name, status in (
                (f"requests/{request_id}", 200),
                ("requests/999999", 404),
                ("?range=x", 400),
            )
        ),
    ]
    targets = {
        urljoin(where, address) for where, html in documents for address in Tags(html).addresses
    }
    assert prefix in targets
    assert len(targets) > 60
    for address in targets - {f"{prefix}traffic"}:
        get(client, prefix, address)


def test_an_address_that_is_not_there_knows_the_way_back(client: Client, prefix: str) -> None:
    for name in ("nothing", "nothing/a/b", "api2/x/"):
        address = f"{prefix}{name}"
        html = get(client, prefix, address, 404)
        links = {urljoin(address, link) for link in Tags(html).links}
        assert links == {prefix}


def test_errors_of_the_api_are_json_below_a_prefix(client: Client, prefix: str) -> None:
    assert "error" in json.loads(get(client, prefix, f"{prefix}api/nothing", 404))


def test_the_api_says_where_it_is(client: Client, prefix: str) -> None:
    description = json.loads(get(client, prefix, f"{prefix}api/openapi.json"))
    (server,) = description["servers"]
    get(client, prefix, f"{server['url']}/api/series")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_no_address_is_written_from_the_root(path: Path) -> None:
    text = path.read_text()
    absolute = r"""(?:href|src|action|hx-\w+)=["']/|fetch\([`"']/|["'`]/(?:api|static|requests)\b"""
    assert not re.search(absolute, text)
