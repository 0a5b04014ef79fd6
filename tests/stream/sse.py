"""A client of the stream over a real connection, as a browser's EventSource is one."""

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

JSON = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: JSON


class Stream:
    """A connection to ``/api/live``; read it event by event."""

    def __init__(
        self,
        url: str,
        *views: str,
        since: str = "",
        last_event_id: str = "",
        token: str = "",
        timeout: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        query = "&".join(f"view={quote(view)}&since={since}" for view in views or ("",))
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        address = urlsplit(url)
        host = address.hostname or "", address.port
        self._connection = (
            http.client.HTTPSConnection(*host, timeout=timeout, context=tls)
            if tls
            else http.client.HTTPConnection(*host, timeout=timeout)
        )
        self._connection.request("GET", f"/api/live?{query}", headers=headers)
        self.response = self._connection.getresponse()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self.response.close()
        self._connection.close()

    def block(self) -> dict[str, str] | None:
        """The fields of the next block; None at the end of the stream."""
        fields: dict[str, str] = {}
        while line := self.response.readline().decode():
            if line == "\n":
                return fields
            name, _, value = line.removesuffix("\n").partition(": ")
            fields[name] = value
        return None

    def next(self, name: str = "frame") -> Event:
        """The next event of this name; others are passed over.

        Raises:
            EOFError: the stream has ended.
        """
        while (fields := self.block()) is not None:
            if fields.get("event") == name:
                return Event(name, fields.get("id", ""), json.loads(fields["data"]))
        raise EOFError
