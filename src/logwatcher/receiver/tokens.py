"""The valid tokens, read from the store now and then, and how fast each has been used."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from logwatcher.core.limit import Allowance
from logwatcher.store import token
from logwatcher.store.token import Grant

EVENTS_PER_S = 100_000.0
"""Of one token, in one process."""
REFRESH_S, MISSED_S = 2.0, 0.2
"""Tokens are read again when they are this old; after an unknown one, sooner."""

Load = Callable[[], Awaitable[dict[int, Grant]]]


class Tokens:
    """All of them, and an allowance for each."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._lock = asyncio.Lock()
        self._grants: dict[int, Grant] = {}
        self._allowances: dict[int, Allowance] = {}
        self._read_at = -math.inf

    async def find(self, text: str) -> Grant | None:
        """What this token allows; None if it is not valid."""
        if (token_id := token.id_of(text)) is None:
            return None
        await self._refresh(REFRESH_S)
        if token_id not in self._grants:
            await self._refresh(MISSED_S)  # it may be new
        grant = self._grants.get(token_id)
        return grant if grant and token.is_valid(text, grant) else None

    def allowance(self, grant: Grant) -> Allowance:
        """The grant's own."""
        new = Allowance(EVENTS_PER_S, EVENTS_PER_S, time.monotonic())
        return self._allowances.setdefault(grant.id, new)

    async def _refresh(self, age_s: float) -> None:
        async with self._lock:
            if time.monotonic() - self._read_at < age_s:
                return
            self._grants = await self._load()
            self._allowances = {
                token_id: allowance
                for token_id, allowance in self._allowances.items()
                if token_id in self._grants
            }
            self._read_at = time.monotonic()
