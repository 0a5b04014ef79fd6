"""``/healthz`` and ``/readyz``: whether the process answers, and whether it can do its work."""

import asyncio
import json
import logging
import math
from collections.abc import Callable, Coroutine
from typing import Any

from django.db import DatabaseError, InterfaceError

from logwatcher.monitor.answer import answer
from logwatcher.stream.hub import Message, Send

HEALTH, READY = PATHS = ("/healthz", "/readyz")
KEPT_S = 1.0
"""The database is asked at most this often, however many ask here."""
TIMEOUT_S = 2.0
"""A database that takes longer to answer counts as one that is away."""

log = logging.getLogger(__name__)

Ask = Callable[[], Coroutine[Any, Any, bool]]  # Any: as create_task has it
"""Whether all migrations are applied; asks the database, off the event loop."""
Check = Callable[[], bool]


class Probe:
    """The ASGI app of both. It asks for no login and any host's name, and tells no secret."""

    def __init__(self, ask: Ask, is_working: Check, is_stopping: Check) -> None:
        """``is_working``: the sources and the writer; ``is_stopping``: this process."""
        self._ask = ask
        self._checks: dict[str, Check] = {
            "running": lambda: not is_stopping(),
            "work": is_working,
        }
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = -math.inf

    async def __call__(self, scope: Message, send: Send) -> None:
        if scope["path"] == HEALTH:
            await answer(send, scope, 200, b'{"status":"ok"}')
            return
        checks = await self.checks()
        is_ready = all(checks.values())
        body = {
            "status": "ok" if is_ready else "fail",
            "checks": {name: "ok" if is_ok else "fail" for name, is_ok in checks.items()},
        }
        await answer(send, scope, 200 if is_ready else 503, json.dumps(body).encode())

    async def checks(self) -> dict[str, bool]:
        """Each check by name. Without the database nobody knows of migrations, so both fail."""
        checks = {name: check() for name, check in self._checks.items()}
        migrated = await self._is_migrated()
        return {"database": migrated is not None, "migrations": bool(migrated), **checks}

    def close(self) -> None:
        """Wait for no answer any more."""
        if self._asking:
            self._asking.cancel()

    async def _is_migrated(self) -> bool | None:
        """None: the database doesn't answer. All who ask meanwhile wait for the same answer."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now >= self._asked_at + KEPT_S):
            self._asking, self._asked_at = asyncio.create_task(self._ask()), now
        await asyncio.wait({self._asking}, timeout=self._asked_at + TIMEOUT_S - now)
        if not self._asking.done() or self._asking.cancelled():
            return None
        try:
            return self._asking.result()
        except (DatabaseError, InterfaceError) as error:
            log.debug("not ready: %s", error)
            return None
