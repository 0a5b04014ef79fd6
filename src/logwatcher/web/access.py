"""Who may see the page, its API and its stream: in a project, nobody by accident."""

from collections.abc import Callable
from functools import cache, wraps
from ipaddress import ip_address

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
View = Callable[..., HttpResponse]

OPEN = "asset"
"""The name of the one address that anybody may ask for: the scripts and styles."""
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def staff(request: HttpRequest) -> bool:
    """What holds in a project that says nothing: members of staff, and its developer."""
    user = getattr(request, "user", None)
    is_staff = bool(user and user.is_active and getattr(user, "is_staff", False))
    return is_staff or _is_developer(request)


def anyone(request: HttpRequest) -> bool:
    """What holds for a server of its own, which listens on loopback only."""
    return True


def predicate() -> Predicate:
    """The one that ``LOGWATCHER["ACCESS"]`` names, else ``staff``.

    Raises:
        ImportError: there is none of this name.
    """
    return _load(getattr(settings, "LOGWATCHER", {}).get("ACCESS", f"{__name__}.staff"))


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
        # A coroutine, or whatever else is not True, says no: it is true to `if`.
        may_see = predicate()(request) is True
        response = view(request, *args, **kwargs) if may_see else _refuse(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return answer


def _refuse(request: HttpRequest) -> HttpResponse:
    text = (
        "Log in as a member of staff. Others may see it if the project's settings say who: "
        'LOGWATCHER = {"ACCESS": "dotted.path.of_a_function"}.'
    )
    response = problem(request, 403, "This page is not for everyone", text)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_developer(request: HttpRequest) -> bool:
    """DEBUG, and on this machine, without a proxy that hides who asks."""
    if not settings.DEBUG or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@cache
def _load(name: str) -> Predicate:
    found: Predicate = import_string(name)
    return found
