"""The settings page: sources with their health; tokens, made, shown once and revoked."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from logwatcher.core.event import MAX_SOURCE, Batch
from logwatcher.core.health import Sample
from logwatcher.store import token, writer
from logwatcher.store.models import Head
from tests.factories import event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
HTMX = {"HX-Request": "true"}
TOKEN = re.compile(r"lw\.\d+\.[\w-]{43}")


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def create(client: Client, *, htmx: bool = True, **fields: str) -> str:
    response = client.post("/settings", fields, headers=HTMX if htmx else {})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return response.text


def test_an_empty_page_says_what_to_do(client: Client) -> None:
    html = client.get("/settings").text
    assert "No log is followed" in html
    assert "Nobody may send requests yet" in html


def test_the_page_and_its_part_show_the_inputs(client: Client) -> None:
    sample = Sample("combined: no time", "nonsense")
    writer.write([Batch("web", [event()], input="/log", unmatched=1, samples=(sample,))])
    writer.write([Batch("app", [event()])])
    for address in ("/settings", "/settings/sources"):
        html = client.get(address).text
        assert "<b>web</b>" in html
        assert "nonsense" in html
        assert "combined: no time" in html
        assert "app" in html
    assert "<html" not in client.get("/settings/sources").text


def test_a_token_is_shown_once_and_lets_requests_in(client: Client) -> None:
    html = create(client, source="shop", name="web 1")
    found = set(TOKEN.findall(html))
    assert len(found) == 1
    (text,) = found
    token_id = token.id_of(text)
    assert token_id is not None
    assert token.is_valid(text, token.grants()[token_id])
    assert token.grants()[token_id].source == "shop"
    after = client.get("/settings").text
    assert "web 1" in after
    assert text not in after
    assert "http://testserver/api/events" in html


def test_without_scripts_the_whole_page_comes_back(client: Client) -> None:
    html = create(client, htmx=False, source="shop")
    assert "<html" in html
    assert TOKEN.search(html)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "Name a source."),
        ("x" * (MAX_SOURCE + 1), "at most 100 characters"),
        ("a\u202eb", "Use printable characters only."),
    ],
)
def test_a_wrong_source_comes_back_with_the_reason(
    client: Client, source: str, reason: str
) -> None:
    html = create(client, source=source, name="for me")
    assert reason in html
    assert 'aria-invalid="true"' in html
    assert 'value="for me"' in html
    assert not TOKEN.search(html)
    assert token.rows() == []


def test_a_revoked_token_is_gone_and_once_more_is_no_error(client: Client) -> None:
    token_id, _ = token.create("shop", "web 1")
    for number in (token_id, token_id, 10**30, "9" * 5000):
        response = client.post("/settings", {"revoke": str(number)}, headers=HTMX)
        assert response.status_code == 200
        assert "web 1" not in response.text
        assert "Name a source" not in response.text
    assert token.rows() == []


def test_changes_need_the_pages_own_proof() -> None:
    client = Client(enforce_csrf_checks=True)
    token_id, _ = token.create("shop", "")
    for fields in ({"source": "evil"}, {"revoke": str(token_id)}):
        assert client.post("/settings", fields).status_code == 403
    assert [row.source for row in token.rows()] == ["shop"]


def test_a_project_that_takes_no_requests_offers_no_tokens(
    client: Client, settings: Settings
) -> None:
    settings.HAS_RECEIVER = False
    assert "token" not in client.get("/settings").text
    assert client.post("/settings", {"source": "shop"}).status_code == 404
    assert not token.rows()
