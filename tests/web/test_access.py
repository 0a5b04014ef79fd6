"""Every address but the bundle's asks who may see it, and only True is a yes."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import URLPattern
from pytest_django import Settings

from logwatcher import urls
from logwatcher.web import access
from logwatcher.web.headers import POLICY

PATTERNS = [pattern for pattern in urls.urlpatterns if pattern.name != access.OPEN]


def says_yes(request: HttpRequest) -> object:
    return 1


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: str(pattern.pattern))
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_every_address_asks_first(pattern: URLPattern, method: str, settings: Settings) -> None:
    settings.LOGWATCHER = {}
    request = RequestFactory(enforce_csrf_checks=False).generic(method, f"/{pattern.pattern}")
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # as the client's
    kwargs = dict.fromkeys(pattern.pattern.converters, 1)
    response = pattern.callback(request, **kwargs)
    assert response.status_code == 403
    assert b"ACCESS" in response.content
    assert response.headers["Content-Security-Policy"] == POLICY


def test_what_is_not_true_is_a_no(client: Client, settings: Settings) -> None:
    settings.LOGWATCHER = {"ACCESS": f"{__name__}.says_yes"}
    assert client.get("/api/openapi.json").status_code == 403


def test_in_a_project_nothing_knows_djangos_own_users() -> None:
    program = """
import sys
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "none"}},
    INSTALLED_APPS=["logwatcher"],
    ROOT_URLCONF="logwatcher.urls",
)
import django
django.setup()
from django.core.management import call_command
call_command("check")
import logwatcher.urls, logwatcher.push
print([name for name in sys.modules if name.startswith("django.contrib.") and "models" in name])
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.stdout.splitlines()[-1:] == ["[]"], ended.stderr


@pytest.mark.parametrize(
    ("user", "may_see"),
    [
        (SimpleNamespace(is_active=True, is_staff=True), True),
        (SimpleNamespace(is_active=True, is_staff=False), False),
        (SimpleNamespace(is_active=False, is_staff=True), False),
        (SimpleNamespace(is_active=True), False),  # a project's own user may have no staff
        (None, False),
    ],
)
def test_staff_see_it(user: object, may_see: bool) -> None:
    request = RequestFactory().get("/")
    request.user = user  # type: ignore[assignment]
    assert access.staff(request) is may_see


@pytest.mark.parametrize(
    ("debug", "address", "headers", "may_see"),
    [
        (True, "127.0.0.1", {}, True),
        (True, "::1", {}, True),
        (False, "127.0.0.1", {}, False),
        (True, "192.168.0.7", {}, False),
        (True, "", {}, False),
        (True, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        (True, "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, False),
    ],
)
def test_the_developer_sees_it(
    debug: bool, address: str, headers: dict[str, str], may_see: bool, settings: Settings
) -> None:
    settings.DEBUG = debug
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)
    assert access.staff(request) is may_see
