"""Whom a proxy has signed in: its word comes in a header, and is taken from its own address alone.

Whatever else the header says, and whoever else sends one, never gets further than this: what is
behind it reads another header, which only this writes.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote

from django.http import HttpRequest

from logwatcher.store.user import MAX_NAME

OURS = b"x-logwatcher-user"
META = "HTTP_X_LOGWATCHER_USER"

_NAME = re.compile(rf'[^\s,;"]{{1,{MAX_NAME}}}')

log = logging.getLogger(__name__)

Scope = Any  # Any: ASGI's own
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class Forwarded:
    """ASGI middleware. It stands before all that changes who the request seems to come from."""

    def __init__(self, app: Application, header: str, proxies: Sequence[str]) -> None:
        """Believe ``header`` (empty: none) of these addresses and networks."""
        self._app = app
        self._header = header.lower().encode()
        networks = [ip_network(proxy) for proxy in proxies]

        @lru_cache(maxsize=1024)
        def is_proxy(address: str) -> bool:
            try:
                of = ip_address(address)
            except ValueError:
                return False
            of = getattr(of, "ipv4_mapped", None) or of
            return any(of in network for network in networks if network.version == of.version)

        self._is_proxy = is_proxy
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass it on."""
        if scope["type"] == "http":
            scope = self._believed(scope)
        await self._app(scope, receive, send)

    def _believed(self, scope: Scope) -> Scope:
        """The same one, where there is nothing to change: a stream keeps it as long as it lasts."""
        headers = self._headers(scope)
        return scope if headers == scope["headers"] else {**scope, "headers": headers}

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Without any that could be taken for one of the two; then with ours, if it is true."""
        headers = list(scope["headers"])
        told = [value for name, value in headers if name.lower() == self._header]
        hidden = (OURS, self._header)
        headers = [pair for pair in headers if pair[0].lower().replace(b"_", b"-") not in hidden]
        address = (scope.get("client") or ("",))[0]
        if not any(value.strip() for value in told):
            return headers
        if not self._is_proxy(address):
            self._warn("is not believed, since it isn't in LOGWATCHER_TRUSTED_PROXIES", address)
        elif len(told) > 1 or not (name := _name(told[0])):
            self._warn("is not believed, since it is no single name that a user can have", address)
        else:
            headers.append((OURS, quote(name).encode()))
        return headers

    def _warn(self, why: str, address: str) -> None:
        """Once: whoever sends it may do so as often as they like."""
        if why not in self._warned:
            self._warned.add(why)
            log.warning("the %s that %s sends %s", self._header.decode(), address, why)


def user_of(request: HttpRequest) -> str:
    """The name of whom the proxy has signed in; empty: nobody."""
    return unquote(request.META.get(META, ""))


def _name(value: bytes) -> str:
    """Empty if it can't be one: then nobody is signed in, rather than somebody else."""
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return ""
    is_plain = (
        normalize("NFKC", text) == text
    )  # else it would be taken for somebody's who looks alike
    return text if is_plain and text.isprintable() and _NAME.fullmatch(text) else ""
