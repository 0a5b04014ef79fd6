"""A receiver, a store behind it that remembers, and somebody who sends: all in this process."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from logwatcher.core.event import Batch
from logwatcher.receiver import Receiver
from logwatcher.receiver.receiver import Message
from logwatcher.store.token import Grant

TOKEN = "lw.7.secret"
GRANT = Grant(7, "shop", "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b")
RIGHT = b'{"method": "GET", "path": "/", "status": 200}'
HEADERS = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}


@dataclass
class Store:
    """Takes batches, unless told to fail, and knows tokens."""

    grants: dict[int, Grant] = field(default_factory=lambda: {7: GRANT})
    batches: list[Batch] = field(default_factory=list)
    error: Exception | None = None
    loads: int = 0

    async def commit(self, batches: Sequence[Batch]) -> None:
        """Keep them."""
        if self.error:
            raise self.error
        self.batches.extend(batches)

    async def load(self) -> dict[int, Grant]:
        """The tokens."""
        self.loads += 1
        return dict(self.grants)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:  # Any: JSON
        """Decoded."""
        return json.loads(self.content)


@dataclass
class Sender:
    """Speaks ASGI to a receiver."""

    receiver: Receiver
    path: str = "/api/events"

    async def post(
        self,
        *chunks: bytes,
        method: str = "POST",
        is_whole: bool = True,
        **headers: str | None,
    ) -> Answer:
        """Send a body; headers replace the usual ones, or with None take them away."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        pairs = [
            (name.encode(), value.encode("latin-1"))
            for name, value in {**HEADERS, **given}.items()
            if value is not None
        ]
        messages: Iterator[Message] = iter(
            [
                *({"type": "http.request", "body": c, "more_body": True} for c in chunks),
                {"type": "http.request"} if is_whole else {"type": "http.disconnect"},
            ]
        )
        sent: list[Message] = []

        async def receive() -> Message:
            return next(messages)

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"path": self.path, "method": method, "headers": pairs}
        await self.receiver(scope, receive, send)
        start, body = sent
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            body["body"],
        )


Scenario = Callable[[Sender, Store], Awaitable[None]]


def run(scenario: Scenario, path: str = "/api/events") -> Store:
    """Play it with a receiver of its own; returns what was committed."""

    async def body() -> Store:
        store = Store()
        with closing(Receiver(store.commit, store.load)) as receiver:
            async with asyncio.timeout(10):
                await scenario(Sender(receiver, path), store)
        return store

    return asyncio.run(body())


def answer(
    *chunks: bytes, path: str = "/api/events", **options: Any
) -> Answer:  # Any: as post takes them
    """To one request."""
    answers: list[Answer] = []

    async def scenario(sender: Sender, store: Store) -> None:
        answers.append(await sender.post(*chunks, **options))

    run(scenario, path)
    return answers[0]
