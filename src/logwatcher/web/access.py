"""Who may see the page, its API and its stream: in a project, nobody by accident.

A server of its own has another guard, since it has users: ``guard.refusal``.
"""

from collections.abc import Callable
from functools import cache, wraps
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_protect

from logwatcher.web.headers import POLICY
from logwatcher.web.page import problem

Predicate = Callable[[HttpRequest], bool]
Guard = Callable[[HttpRequest], HttpResponse | None]
View = Callable[..., HttpResponse]

OPEN = "asset"
"""The name of the one address that anybody may ask for: the scripts and styles."""
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def staff(request: HttpRequest) -> bool:
    """What holds in a project that says nothing: members of staff, and its developer."""
    user = getattr(request, "user", None)
    is_staff = bool(user and user.is_active and getattr(user, "is_staff", False))
    return is_staff or _is_developer(request)


def predicate() -> Predicate:
    """The one that ``LOGWATCHER["ACCESS"]`` names, else ``staff``.

    Raises:
        ImportError: there is none of this name.
    """
    found: Predicate = _load(_options().get("ACCESS", f"{__name__}.staff"))
    return found


def refusal(request: HttpRequest) -> HttpResponse | None:
    """The answer to whom the predicate doesn't let in; None: it does."""
    # A coroutine, or whatever else is not True, says no: it is true to `if`.
    return None if predicate()(request) is True else _refuse(request)


def guarded(pattern: URLPattern) -> URLPattern:
    """The same address, whose view asks first, and needs nothing of the project's middleware."""
    is_open = pattern.name == OPEN
    view = pattern.callback if is_open else _asks(csrf_protect(pattern.callback))
    view = login_not_required(view)  # it asks by itself
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    pattern.callback = view
    return pattern


def _asks(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        guard: Guard = _load(_options().get("GUARD", f"{__name__}.refusal"))
        refused = guard(request)
        response = view(request, *args, **kwargs) if refused is None else refused
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Cache-Control"] = "no-store"  # it is true now, and of who asks
        return response

    return answer


def _refuse(request: HttpRequest) -> HttpResponse:
    text = (
        "Log in as a member of staff. Others may see it if the project's settings say who: "
        'LOGWATCHER = {"ACCESS": "dotted.path.of_a_function"}.'
    )
    return problem(request, 403, "This page is not for everyone", text)


def _is_developer(request: HttpRequest) -> bool:
    """DEBUG, and on this machine, without a proxy that hides who asks."""
    if not settings.DEBUG or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _options() -> dict[str, str]:
    found: dict[str, str] = getattr(settings, "LOGWATCHER", {})
    return found


@cache
def _load(name: str) -> Any:  # Any: whatever a project names
    return import_string(name)
