"""Logging in and out, and changing one's password."""

import math
import re
import time
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address, ip_network
from typing import Any, cast

from django import forms
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logwatcher.core.attempt import Attempts
from logwatcher.store import user
from logwatcher.web import audit
from logwatcher.web.guard import identify
from logwatcher.web.template import render
from logwatcher.web.visitor import Visitor, remember

MAX_NEXT = 4000
_NEXT = re.compile(r"(?:[a-z0-9-]+(?:/[a-z0-9-]+)*)?(?:\?[!-\[\]-~]*)?")
"""An address below the page, as ``guard`` writes it: it can't lead anywhere else."""

BY_NAME = Attempts(burst=10, every_s=60)
BY_ADDRESS = Attempts(burst=30, every_s=10)
"""Of this process. Checking a password takes long, so all attempts count, not only the failed."""

View = Callable[[HttpRequest, Visitor], HttpResponse]


def _for_visitor(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A view that anybody may ask for, and that is told who does; nothing keeps its answer."""

    @never_cache
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        visitor = identify(request)
        remember(request, visitor)
        return view(request, visitor)

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@_for_visitor
def login(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The form; who gives the right password goes where they wanted to."""
    if visitor.name and request.method != "POST":
        return _redirect(request.GET.get("next", ""))
    if request.method != "POST":
        return _login_page(request, AuthenticationForm(request))
    keys = _name_key(request.POST.get("username", "")), _address_key(request)
    if wait_s := _wait_s(*keys):
        return _too_many(request, wait_s)
    form = AuthenticationForm(request, request.POST)
    if not form.is_valid():
        audit.log(request, "failed to log in as %s", request.POST.get("username", ""))
        return _login_page(request, form)
    BY_NAME.forget(keys[0])
    SessionStore.clear_expired()
    auth.login(request, form.get_user())  # under a new key
    audit.log(request, "logged in")
    return _redirect(request.POST.get("next", ""))


@require_POST
@_for_visitor
def logout(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """End the session."""
    audit.log(request, "logged out")
    auth.logout(request)
    return HttpResponseRedirect("./")


@require_http_methods(["GET", "HEAD", "POST"])
@_for_visitor
def password(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The form; a change ends the user's other sessions, and this one goes on under a new key."""
    if visitor.is_forwarded:
        return HttpResponseRedirect("./")
    if not visitor.name:
        return HttpResponseRedirect("login?next=password")
    of = cast(User, request.user)
    form = PasswordChangeForm(of, request.POST or None)
    if request.method == "POST":
        key = _name_key(visitor.name)
        if wait_s := _wait_s(key, _address_key(request)):
            return _too_many(request, wait_s, "password", form)
        if form.is_valid():
            BY_NAME.forget(key)
            form.save()
            auth.update_session_auth_hash(request, of)
            audit.log(request, "changed their password")
            return render(request, "logwatcher/password.html", {"is_changed": True})
    return render(request, "logwatcher/password.html", {"form": form})


def next_page(text: str) -> str:
    """The address below the page to go on to: empty, the page itself, if it is none of ours."""
    return text if len(text) <= MAX_NEXT and _NEXT.fullmatch(text) else ""


def _redirect(following: str) -> HttpResponse:
    return HttpResponseRedirect(f"./{next_page(following)}")


def _login_page(
    request: HttpRequest, form: forms.Form, problem: str = "", status: int = 200
) -> HttpResponse:
    values = {
        "form": form,
        "next": next_page((request.POST or request.GET).get("next", "")),
        "problem": problem or " ".join(map(str, form.non_field_errors())),
        "has_users": user.exists(),
    }
    return render(request, "logwatcher/login.html", values, status)


def _too_many(
    request: HttpRequest, wait_s: float, page: str = "login", form: forms.Form | None = None
) -> HttpResponse:
    """429, on the page that was sent."""
    audit.log(request, "tried too often as %s", request.POST.get("username", ""))
    seconds = math.ceil(wait_s)
    text = f"Too many attempts. Wait {seconds} s, then try again."
    if page == "login":
        response = _login_page(request, AuthenticationForm(request), text, 429)
    else:
        values: dict[str, Any] = {"form": form, "problem": text}  # Any: what templates read
        response = render(request, "logwatcher/password.html", values, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _wait_s(name: str, address: str) -> float:
    """How long to wait until another attempt; none: it is counted."""
    now = time.monotonic()
    wait_s = max(BY_NAME.wait_s(name, now), BY_ADDRESS.wait_s(address, now))
    if not wait_s:
        BY_NAME.count(name, now)
        BY_ADDRESS.count(address, now)
    return wait_s


def _name_key(name: str) -> str:
    return User.normalize_username(name[: user.MAX_NAME]).lower()


def _address_key(request: HttpRequest) -> str:
    """The address; of IPv6 the network that one customer has."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))
