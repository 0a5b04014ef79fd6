"""Somebody who sends requests to a real server."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.server import Server


def create_token(server: Server, source: str) -> str:
    """By the command line, as a user does."""
    return server.command("token", "create", source).strip()


@dataclass
class Source:
    """A server and a token for it."""

    server: Server
    token: str

    def post(
        self, events: object, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send; returns the status and the answer's JSON."""
        address = urlsplit(self.server.url).netloc
        connection = http.client.HTTPConnection(address, timeout=20)
        try:
            connection.request(
                "POST",
                "/api/events",
                json.dumps(events).encode(),
                {
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self.token}",
                    **(headers or {}),
                },
            )
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()
