"""Logging in and out, and another password: what is let in, told, counted and logged."""

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from logwatcher.core.attempt import Attempts
from logwatcher.store import user
from logwatcher.store.models import Head
from logwatcher.store.user import Role
from logwatcher.web import account
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
NEW = "nine-otters-swim"


@pytest.fixture(autouse=True)
def ada(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Head.objects.get_or_create(pk=1)
    user.create("ada", PASSWORD, Role.VIEWER)
    monkeypatch.setattr(account, "BY_NAME", Attempts(3, 60))
    monkeypatch.setattr(account, "BY_ADDRESS", Attempts(5, 10))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the limits; its item can be changed."""
    now = [1000.0]
    monkeypatch.setattr(account, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def log_in(client: Client, name: str = "ada", password: str = PASSWORD, **more: str) -> int:
    fields = {"username": name, "password": password, **more}
    return client.post("/login", fields).status_code


def test_the_right_password_lets_in_and_a_logout_out(client: Client, settings: Settings) -> None:
    response = client.post("/login", {"username": "ada", "password": PASSWORD, "next": "settings"})
    assert (response.status_code, response.headers["Location"]) == (302, "./settings")
    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 14 * 86400
    assert not cookie["secure"]
    page = client.get("/").text
    assert "ada" in page
    assert 'id="log-out"' in page
    assert client.get("/login?next=settings").headers["Location"] == "./settings"
    assert client.post("/logout").headers["Location"] == "./"
    assert client.get("/").status_code == 302
    assert not Session.objects.exists()


def test_over_https_cookies_are_secure() -> None:
    client = Client()
    fields = {"username": "ada", "password": PASSWORD}
    response = client.post("/login", fields, secure=True)
    assert response.cookies
    assert all(cookie["secure"] for cookie in response.cookies.values())


def test_a_session_has_another_key_after_a_login(client: Client, settings: Settings) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted = str(session.session_key)
    log_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert stranger.get("/").status_code == 302


def test_a_refusal_does_not_tell_whether_the_name_exists(client: Client) -> None:
    user.create("eve", PASSWORD, Role.VIEWER)
    eve = user.find("eve")
    eve.is_active = False
    eve.save()
    pages = []
    for name in ("ada", "bob", "eve"):
        fields = {"username": name, "password": "wrong" if name == "ada" else PASSWORD}
        response = client.post("/login", fields)
        assert response.status_code == 200
        pages.append(response.text.replace(f'value="{name}"', "").partition("<h1>")[2])
    problems = {page.partition('role="alert">')[2].partition("</p>")[0] for page in pages}
    assert len(problems) == 1
    assert "correct username and password" in problems.pop()
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example",
        "/settings",
        "https://evil.example/",
        "javascript:alert(1)",
        "../../up",
        "./settings",
        "\\\\evil.example",
        "settings\r\nX: y",
        "settings#x",
        "?a\\b",
        "?" + "x" * 5000,
    ],
)
def test_a_login_leads_to_our_own_pages_only(client: Client, following: str) -> None:
    response = client.post("/login", {"username": "ada", "password": PASSWORD, "next": following})
    assert response.headers["Location"] == "./"
    assert client.get("/login", {"next": following}).headers["Location"] == "./"


@pytest.mark.parametrize("following", ["", "?range=1h&endpoint=%2Fa%2F%7Bid%7D", "requests/7"])
def test_a_login_leads_back(client: Client, following: str) -> None:
    page = client.get("/login", {"next": following}).text
    assert f'name="next" value="{following.replace("&", "&amp;")}"' in page
    response = client.post("/login", {"username": "ada", "password": PASSWORD, "next": following})
    assert response.headers["Location"] == f"./{following}"


def test_too_many_attempts_on_a_name_are_refused_for_a_while(
    client: Client, clock: list[float]
) -> None:
    for _ in range(3):
        assert log_in(client, "ada", "wrong") == 200
    for name in ("ada", "ADA"):
        response = client.post("/login", {"username": name, "password": PASSWORD})
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "60"
        assert "Wait 60 s" in response.text
    clock[0] += 60
    assert log_in(client) == 302


def test_too_many_attempts_from_an_address_are_refused_whatever_the_name(client: Client) -> None:
    for i in range(5):
        assert log_in(client, f"name-{i}", "wrong") == 200
    assert log_in(client) == 429
    other = Client(REMOTE_ADDR="192.0.2.8")
    assert log_in(other) == 302


def test_an_address_of_ipv6_counts_by_its_network() -> None:
    for i in range(5):
        client = Client(REMOTE_ADDR=f"2001:db8::{i}")
        assert log_in(client, f"name-{i}", "wrong") == 200
    assert log_in(Client(REMOTE_ADDR="2001:db8::77")) == 429
    assert log_in(Client(REMOTE_ADDR="2001:db8:0:1::77")) == 302


def test_a_success_clears_the_name(client: Client) -> None:
    for _ in range(2):
        log_in(client, "ada", "wrong")
    assert log_in(client) == 302
    assert log_in(Client(REMOTE_ADDR="192.0.2.8"), "ada", "wrong") == 200


def test_a_new_password_ends_the_other_sessions_only(client: Client, settings: Settings) -> None:
    other = Client()
    for one in (client, other):
        assert log_in(one) == 302
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert "is changed" in client.post("/password", fields).text
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert user.find("ada").check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "again", "reason"),
    [
        ("wrong", NEW, NEW, "incorrectly"),
        (PASSWORD, NEW, "another", "didn’t match"),
        (PASSWORD, "short", "short", "too short"),
    ],
)
def test_a_new_password_that_is_refused_says_why(
    client: Client, old: str, new: str, again: str, reason: str
) -> None:
    log_in(client)
    fields = {"old_password": old, "new_password1": new, "new_password2": again}
    page = client.post("/password", fields).text
    assert reason in page.replace("&#x27;", "'")
    assert 'aria-invalid="true"' in page
    assert user.find("ada").check_password(PASSWORD)


def test_guessing_the_old_password_is_limited_too(client: Client) -> None:
    client.force_login(user.find("ada"))
    fields = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    statuses = [client.post("/password", fields).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_a_password_is_changed_by_who_is_logged_in(client: Client) -> None:
    assert client.get("/password").headers["Location"] == "login?next=password"


def test_a_session_ends_after_its_time_and_is_cleared_at_the_next_login(client: Client) -> None:
    log_in(client)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/").status_code == 302
    log_in(Client())
    assert Session.objects.count() == 1


@pytest.mark.parametrize("address", ["/login", "/logout", "/password"])
def test_changes_need_the_pages_own_proof(address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user.find("ada"))
    assert client.post(address, {"username": "ada", "password": PASSWORD}).status_code == 403
    assert client.get("/").status_code == 200


def test_who_comes_and_goes_is_logged_without_secrets(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "logwatcher.audit")
    log_in(client, "e\nve", "a-wrong-secret")
    log_in(client)
    client.post("/password", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    client.post("/logout")
    assert [record.getMessage() for record in caplog.records] == [
        "somebody at 127.0.0.1 failed to log in as 'e\ufffdve'",
        "ada at 127.0.0.1 logged in",
        "ada at 127.0.0.1 changed their password",
        "ada at 127.0.0.1 logged out",
    ]


def test_changes_are_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "logwatcher.audit")
    user.set_role(user.find("ada"), Role.OPERATOR)
    client.force_login(user.find("ada"))
    client.post("/traffic", {"rate": "2"})
    client.put("/api/traffic", '{"seed": 7}', content_type="application/json")
    client.post("/settings", {"source": "shop"})
    client.post("/settings", {"revoke": "4711"})
    logged = [record.getMessage() for record in caplog.records]
    assert [line.partition("127.0.0.1 ")[2].split(" ")[0] for line in logged] == [
        "changed",
        "changed",
        "made",
        "revoked",
    ]
    assert all(line.startswith("ada at ") for line in logged)
    assert "lw." not in "".join(logged)
