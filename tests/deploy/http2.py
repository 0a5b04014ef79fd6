"""A client that has many streams of events over one HTTP/2 connection."""

import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from h2.connection import H2Connection
from h2.events import DataReceived, Event, StreamEnded, StreamReset


class Connection:
    """To an address; ``received`` has each stream's bytes so far."""

    def __init__(self, url: str, tls: ssl.SSLContext, timeout: float = 30) -> None:
        self.received: dict[int, bytes] = {}
        self._authority = urlsplit(url).netloc
        host, _, port = self._authority.partition(":")
        tls.set_alpn_protocols(["h2"])
        plain = socket.create_connection((host, int(port)), timeout)
        self._socket = tls.wrap_socket(plain, server_hostname=host)
        assert self._socket.selected_alpn_protocol() == "h2"
        self._connection = H2Connection()
        self._connection.initiate_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def get(self, path: str, headers: dict[str, str]) -> int:
        """Ask for it on another stream; returns its number."""
        number: int = self._connection.get_next_available_stream_id()
        sent = {
            ":method": "GET",
            ":scheme": "https",
            ":authority": self._authority,
            ":path": path,
            **headers,
        }
        self._connection.send_headers(number, list(sent.items()), end_stream=True)
        self.received[number] = b""
        return number

    def read_until(self, is_done: Callable[[], bool]) -> None:
        """Take what comes. Raises TimeoutError if nothing does for long."""
        while not is_done():
            self._socket.sendall(self._connection.data_to_send())
            for event in self._connection.receive_data(self._socket.recv(65_536)):
                self._take(event)

    def _take(self, event: Event) -> None:
        assert not isinstance(event, StreamEnded | StreamReset), f"{event}"
        if isinstance(event, DataReceived):
            number, length = event.stream_id, event.flow_controlled_length
            assert number is not None
            self.received[number] += event.data or b""
            self._connection.acknowledge_received_data(length or 0, number)
