"""HTTP over one connection: Uvicorn's own, but nobody's head is waited for or kept without end."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_S = 20.0
"""So long a request line and its headers may take to come."""
BODY_S = 35.0
"""So long a body and its trailers may; who reads one answers before, if it can."""
MAX_HEAD = 64 * 1024
"""So many bytes may have come of them before they are complete."""


class Protocol(HttpToolsProtocol):
    """Closes what is half open, and knows that a trailer behind a chunked body is no header.

    It would be added to those of its request if it comes in the same packet, past a proxy that has
    removed or set the header of that name.
    """

    # With two more attributes than Uvicorn's, Python would no longer share the table of their
    # names among all connections, which is 1.5 kB for each.
    __slots__ = ("_head", "_timer")

    _timer: asyncio.TimerHandle | None
    _head: int | None
    """Bytes that have come of a head; None between its end and the begin of the next one."""

    def connection_made(self, transport: Any) -> None:  # Any: as narrow as Uvicorn's
        """Wait for the first request."""
        self._head = 0
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, of whatever part of a request."""
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > MAX_HEAD and not self.transport.is_closing():
                self.send_400_response("the request's head is too large")

    def on_message_begin(self) -> None:
        """From here on a head comes."""
        super().on_message_begin()
        self._head = 0
        if self._timer is None:
            self._start_timer()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of the head's, or a trailer."""
        if self._head is not None:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on a body comes, and trailers. Raises ValueError, which Uvicorn answers 400."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD:
            raise ValueError("the request's head is too large")
        self._head = None
        self._stop_timer()
        super().on_headers_complete()
        self._timer = self.loop.call_later(BODY_S, self.transport.close)

    def on_message_complete(self) -> None:
        """All of the request has come."""
        self._stop_timer()
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(HEAD_S, self._close)

    def _close(self) -> None:
        """Not while an earlier request is answered: a head behind it may have to wait for that."""
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if cycle is not None and not cycle.response_complete:
            self._start_timer()
        else:
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
