"""Clients of the stream as ASGI sees them: one that reads, one that never does."""

import asyncio
from dataclasses import dataclass, field

from logwatcher.stream.hub import Message


@dataclass
class Client:
    """Takes all that is sent at once, unless it is stuck."""

    sent: list[Message] = field(default_factory=list)
    is_stuck: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> None:
        """ASGI's send: waits for ever where a real one waits for the client to read."""
        if self.is_stuck:
            await asyncio.Event().wait()
        self.sent.append(message)

    async def receive(self) -> Message:
        """ASGI's receive: the disconnect, once it has gone."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def body(self) -> bytes:
        """All that was sent."""
        return b"".join(message.get("body", b"") for message in self.sent)
