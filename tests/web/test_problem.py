"""Every error has a page, a line of text for HTMX, and JSON for the API."""

import pytest
from django.db import OperationalError
from django.test import Client

from logwatcher.store import reader

HTMX = {"HX-Request": "true"}


@pytest.fixture
def careless() -> Client:
    """A client that shows what a browser would, instead of raising."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def test_an_unknown_address(careless: Client) -> None:
    page = careless.get("/nothing")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert "To the live page" in page.text
    assert careless.get("/nothing", headers=HTMX).headers["Content-Type"].startswith("text/plain")
    assert "nothing here" in careless.get("/api/nothing").json()["error"]


def test_a_host_name_that_is_not_allowed(careless: Client) -> None:
    page = careless.get("/", headers={"Host": "evil.example"})
    assert page.status_code == 400
    assert "LOGWATCHER_ALLOWED_HOSTS" in page.text


def test_a_forged_request(careless: Client) -> None:
    page = careless.post("/traffic", {"running": "on"})
    assert page.status_code == 403
    assert "Reload the page" in page.text


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("away"), ValueError("a bug")])
def test_a_broken_server(
    careless: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(reader, "snapshot", fail)
    status = 503 if isinstance(error, OperationalError) else 500
    for headers in ({}, HTMX):
        assert careless.get("/", headers=headers).status_code == status
    assert careless.get("/api/series").status_code == status
    assert careless.get("/api/series").json()["error"]
