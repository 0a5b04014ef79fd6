"""A logwatcher server somewhere else, to which records are sent by HTTP."""

import http.client
import os
from typing import NamedTuple
from urllib.parse import urlsplit

from logwatcher.middleware.record import Record, encode
from logwatcher.middleware.sender import TAKEN, Answer

TIMEOUT_S = 20.0

_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class _Address(NamedTuple):
    is_secure: bool
    host: str
    port: int | None
    path: str


class Server:
    """Takes batches as ``POST /api/events``."""

    def __init__(self, url: str, token: str) -> None:
        """
        Raises:
            ValueError: the URL is not one of a server, or there is no token.
        """
        self._address = _parse(url)
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("token: give the text that `logwatcher token create` printed")
        self._token = token
        self.name = self._address.host
        self._connection: http.client.HTTPConnection | None = None
        self._owner = 0
        self._key, self._body = "", b""

    def take(self, records: list[Record], key: str) -> Answer:
        """Whether the server has committed them."""
        if key != self._key:  # else it is the batch that was tried before
            self._key, self._body = key, encode(records)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        was_open = self._connection is not None and self._owner == os.getpid()
        answer = self._post(headers)
        if answer is None and was_open:  # it closes what is idle; the key makes this safe
            answer = self._post(headers)
        if answer is None:
            return Answer("it doesn't answer")
        if answer.status == 202:
            return TAKEN
        wait = answer.headers.get("Retry-After", "")
        return Answer(
            f"it answers {answer.status}",
            is_final=answer.status not in _AGAIN,
            wait_s=float(wait) if wait.isdecimal() else 0,
        )

    def _post(self, headers: dict[str, str]) -> http.client.HTTPResponse | None:
        """What it answers; None if it doesn't."""
        try:
            connection = self._connect()
            connection.request("POST", self._address.path, self._body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        return answer

    def close(self) -> None:
        """Close the connection; the next batch opens another."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        """The open connection, or a new one; a forked child leaves that of its parent alone."""
        if self._connection is None or self._owner != os.getpid():
            is_secure = self._address.is_secure
            of = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
            self._connection = of(self._address.host, self._address.port, timeout=TIMEOUT_S)
            self._owner = os.getpid()
        return self._connection


def _parse(url: str) -> _Address:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url: {url!r} is not like http://127.0.0.1:8000")
    path = f"{parts.path.rstrip('/')}/api/events"
    return _Address(parts.scheme == "https", parts.hostname, parts.port, path)
