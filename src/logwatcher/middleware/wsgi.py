"""Watches a WSGI app: Flask, or any other."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from logwatcher.middleware.record import MAX_PATH, Record, to_route
from logwatcher.middleware.sender import Sender
from logwatcher.middleware.server import Server

Environ = dict[str, Any]  # Any: WSGI's own
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

_ERROR = "logwatcher.error"


class WSGIMiddleware:
    """``app.wsgi_app = WSGIMiddleware(app.wsgi_app, url="http://…", token="lw.…")``."""

    def __init__(self, app: App, *, url: str, token: str) -> None:
        self.app = app
        self.sender = Sender(Server(url, token))
        if "flask" in sys.modules:
            _listen_to_flask()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let the app answer, and record how."""
        answer = _Answer(self.sender, environ, start_response)
        try:
            answer.body = self.app(environ, answer.start)
        except BaseException as raised:
            answer.end(raised)
            raise
        return answer


class _Answer:
    """What the app answers, passed on; recorded when the server closes it, as WSGI says it does."""

    __slots__ = ("_began", "_environ", "_has_ended", "_route", "_sender", "_size",
                 "_start_response", "_status", "body")  # fmt: skip

    def __init__(self, sender: Sender, environ: Environ, start_response: StartResponse) -> None:
        self.body: Iterable[bytes] = ()
        self._sender = sender
        self._environ = environ
        self._start_response = start_response
        self._began = time.perf_counter()
        self._status = 0
        self._size = 0
        self._route = ""
        self._has_ended = False

    def start(self, status: str, *rest: Any, **more: Any) -> Callable[[bytes], object]:
        """WSGI's start_response."""
        self._status = int(status[:3]) if status[:3].isdecimal() else 0
        self._route = _route(self._environ)  # Flask takes it away before the end
        write = self._start_response(status, *rest, **more)

        def counted(data: bytes) -> object:
            self._size += len(data)
            return write(data)

        return counted

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self.body:
                self._size += len(part)
                yield part
        except GeneratorExit:
            raise
        except BaseException as raised:
            self.end(raised)
            raise

    def close(self) -> None:
        try:
            if close := getattr(self.body, "close", None):
                close()
        finally:
            self.end()

    def end(self, raised: BaseException | None = None) -> None:
        """Record, once."""
        if self._has_ended:
            return
        self._has_ended = True
        environ = self._environ
        try:
            path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
            if not path.isascii():
                path = path.encode("latin-1").decode("utf-8", "replace")
            record = Record(
                time.time(),
                environ["REQUEST_METHOD"],
                path[:MAX_PATH] or "/",
                self._route,
                self._status or 500,
                time.perf_counter() - self._began,
                self._size,
                type(raised).__name__ if raised else environ.get(_ERROR, ""),
            )
        except Exception:  # whatever a server puts into its environ, the request goes on
            self._sender.drop(1)
            return
        self._sender.add(record)


def _route(environ: Environ) -> str:
    """The rule of Flask's request; empty if there is none."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    template = getattr(rule, "rule", None)
    return to_route(environ.get("SCRIPT_NAME", "") + template) if template else ""


def _note_exception(_app: object, exception: BaseException, **_: object) -> None:
    from flask import request

    request.environ[_ERROR] = type(exception).__name__


def _listen_to_flask() -> None:
    """Flask answers 500 by itself and tells the exception only to who listens."""
    from flask import got_request_exception

    got_request_exception.connect(_note_exception, weak=False)
