"""Who may do what on a server of its own: by its users, its tokens and how it was started."""

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, parse_cookie

from logwatcher.store import token, user
from logwatcher.store.user import Role
from logwatcher.web.forwarded import META, OURS, user_of
from logwatcher.web.page import is_htmx, problem
from logwatcher.web.place import below_page, way_to_page
from logwatcher.web.visitor import OWNER, Right, Visitor, remember

LIVE, METRICS = "/api/live", "/metrics"
USERS = "settings/users"
_METRICS = METRICS.removeprefix("/")
_INSIDE = ("api/data", "api/sources", _METRICS)

RIGHTS = {Role.VIEWER: Right.INSPECT, Role.OPERATOR: Right.CONTROL, Role.ADMIN: Right.MANAGE}
_SAFE = ("GET", "HEAD", "OPTIONS")
_BEARER = "bearer"


class Credentials(NamedTuple):
    """What a request says of who sent it.

    Attributes:
        session: its session's key.
        authorization: its header of that name.
        forwarded: what ``Forwarded`` says.
    """

    session: str = ""
    authorization: str = ""
    forwarded: str = ""


def refusal(request: HttpRequest) -> HttpResponse | None:
    """What the request is answered if it may not have what it asks for; asked at each one."""
    visitor = identify(request)
    remember(request, visitor)
    if visitor.right >= (needed := needed_right(request)):
        return None
    if visitor.name or (_token_of(request) is not None and visitor.right):
        return problem(request, 403, "You may not do that", _advice(visitor, needed))
    is_page = request.method in _SAFE and not is_htmx(request)
    if is_page and not below_page(request).startswith("api/"):
        return _to_login(request)
    response = problem(request, 401, "This needs a login", "Log in, or send a token that may read.")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def identify(request: HttpRequest) -> Visitor:
    """Who sent it. Needs Django's session and user on the request.

    While there are no users, whoever reaches a server that listens on this machine only may do
    all. A proxy's word counts more than a session, that more than a token, and a token more than
    that anybody may view.
    """
    if settings.USER_HEADER and (name := user_of(request)):
        role = user.forwarded_role(name)
        return Visitor(RIGHTS[role] if role else Right.NOTHING, name, is_forwarded=True)
    can_log_in = user.exists()
    if not (can_log_in or settings.USER_HEADER or settings.IS_PUBLIC) and settings.IS_LOCAL:
        return OWNER
    of = request.user
    if of.is_authenticated:
        return Visitor(RIGHTS[user.role(of)], of.get_username(), can_log_in=True)
    if (text := _token_of(request)) is not None:
        return Visitor(Right.INSPECT if token.may_read(text) else Right.NOTHING)
    return Visitor(Right.LOOK if settings.IS_PUBLIC else Right.NOTHING, can_log_in=can_log_in)


def needed_right(request: HttpRequest) -> Right:
    """What an address takes: whatever changes something takes control, if not more."""
    below = below_page(request)
    if below == USERS:
        return Right.MANAGE
    if request.method not in _SAFE:
        return Right.CONTROL
    is_inside = below in _INSIDE or below.partition("/")[0] == "settings"
    return Right.INSPECT if is_inside else Right.LOOK


def credentials(headers: Mapping[bytes, bytes]) -> Credentials:
    """Of a request that doesn't pass through Django."""
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    forwarded = headers.get(OURS, b"").decode("latin-1")
    return Credentials(cookies.get(settings.SESSION_COOKIE_NAME, ""), authorization, forwarded)


def who_may_stream(all_: Collection[Credentials]) -> set[Credentials]:
    """Those with which a request may have the stream now."""
    return {credentials for credentials in all_ if _may_have(LIVE, credentials)}


def may_have_metrics(of: Credentials) -> bool:
    """Whether a request with these may have the figures about the process."""
    return _may_have(METRICS, of)


def _may_have(path: str, of: Credentials) -> bool:
    request = HttpRequest()
    request.method, request.path_info = "GET", path
    request.META |= {"HTTP_AUTHORIZATION": of.authorization, META: of.forwarded}
    engine: Any = import_module(settings.SESSION_ENGINE)  # Any: Django names no type for it
    request.session = engine.SessionStore(of.session or None)
    request.user = get_user(request)
    return identify(request).right >= needed_right(request)


def _token_of(request: HttpRequest) -> str | None:
    """The token sent with a request for the API; None if there is none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    below = below_page(request)
    is_token = scheme.lower() == _BEARER and (below == _METRICS or below.startswith("api/"))
    return text.strip() if is_token else None


def _advice(visitor: Visitor, needed: Right) -> str:
    if not visitor.name:
        return "A token only reads; log in for the rest."
    role = next(role for role, right in RIGHTS.items() if right >= needed)
    return f"It takes the role {role}; an admin can give it to you."


def _to_login(request: HttpRequest) -> HttpResponse:
    here = below_page(request)
    if query := request.META.get("QUERY_STRING", ""):
        here += f"?{query}"
    following = f"?next={quote(here, safe='')}" if here else ""
    return HttpResponseRedirect(f"{way_to_page(request)}login{following}")
