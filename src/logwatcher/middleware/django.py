"""Watches a Django project, under WSGI and ASGI: one line in ``MIDDLEWARE``."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from logwatcher.middleware.record import MAX_PATH, Record, to_route
from logwatcher.middleware.sender import Destination, Sender
from logwatcher.middleware.server import Server

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

GetResponse = Callable[["HttpRequest"], Any]  # Any: a response, or one to be awaited

PAGE = "logwatcher"
"""The page itself, where the project has it, isn't watched; also the app's label."""
_ERROR = "_logwatcher_error"


class DjangoMiddleware:
    """First in ``MIDDLEWARE``; with ``LOGWATCHER = {"URL": …, "TOKEN": …}`` in the settings.

    Without a URL the requests go into the project's own store, which the page in it shows.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction

        self.get_response = get_response
        self.sender = Sender(_destination())
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: "HttpRequest") -> "HttpResponseBase | Awaitable[HttpResponseBase]":
        """Let the project answer, and record how once the response is closed."""
        began = time.perf_counter()
        if self._is_async:
            return self._answer(request, began)
        response: HttpResponseBase = self.get_response(request)
        return self._watch(request, response, began)

    def process_exception(self, request: "HttpRequest", exception: Exception) -> None:
        """Django answers by itself and tells the exception only here."""
        setattr(request, _ERROR, type(exception).__name__)

    async def _answer(self, request: "HttpRequest", began: float) -> "HttpResponseBase":
        response: HttpResponseBase = await self.get_response(request)
        return self._watch(request, response, began)

    def _watch(
        self, request: "HttpRequest", response: "HttpResponseBase", began: float
    ) -> "HttpResponseBase":
        count = _Count()
        if response.streaming and "Content-Length" not in response.headers:
            count.follow(response)
        close = response.close
        has_ended = False

        def end() -> None:
            nonlocal has_ended
            close()
            if not has_ended:
                has_ended = True
                self._record(request, response, began, count)

        # The server closes a response when its last byte is written; there is no other hook.
        response.close = end  # type: ignore[method-assign]
        return response

    def _record(
        self,
        request: "HttpRequest",
        response: "HttpResponseBase",
        began: float,
        count: "_Count",
    ) -> None:
        try:
            match = request.resolver_match
            if match and PAGE in match.app_names:
                return
            record = Record(
                time.time(),
                request.method or "",
                request.path[:MAX_PATH],
                to_route(match.route) if match and match.route is not None else "",
                response.status_code,
                time.perf_counter() - began,
                _size(response, count),
                count.error_type or getattr(request, _ERROR, ""),
            )
        except Exception:  # whatever a project puts into its response, the request goes on
            self.sender.drop(1)
            return
        self.sender.add(record)


def _destination() -> Destination:
    """
    Raises:
        ImproperlyConfigured: the settings name none; says what to do.
    """
    from django.apps import apps
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    options: dict[str, str] = getattr(settings, "LOGWATCHER", {})
    if "URL" in options or "TOKEN" in options:
        return Server(options.get("URL", ""), options.get("TOKEN", ""))
    if apps.is_installed("logwatcher.store"):
        store: Any = apps.get_app_config(PAGE)  # Any: store.apps.StoreConfig, not to be imported
        destination: Destination = store.destination()
        return destination
    raise ImproperlyConfigured(
        "LOGWATCHER: give the URL and TOKEN of a logwatcher server,"
        ' or add "logwatcher" to INSTALLED_APPS'
    )


class _Count:
    """How much a streaming response has sent, and what broke it."""

    def __init__(self) -> None:
        self.size = 0
        self.error_type = ""

    def follow(self, response: Any) -> None:  # Any: a StreamingHttpResponse
        """Count what it sends from now on."""
        content = response.streaming_content
        response.streaming_content = (
            self._each_async(content) if response.is_async else self._each(content)
        )

    def _each(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        try:
            for part in parts:
                self.size += len(part)
                yield part
        except Exception as raised:
            self.error_type = type(raised).__name__
            raise

    async def _each_async(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for part in parts:
                self.size += len(part)
                yield part
        except Exception as raised:
            self.error_type = type(raised).__name__
            raise


def _size(response: "HttpResponseBase", count: _Count) -> int:
    if (length := response.headers.get("Content-Length", "")).isdecimal():
        return int(length)
    return count.size if response.streaming else len(getattr(response, "content", b""))
