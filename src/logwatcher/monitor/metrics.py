"""``/metrics``: figures about all workers, for Prometheus, to who may look inside."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from logwatcher.core.metric import MEDIA_TYPE, Figures, by, merge, metric, render
from logwatcher.monitor.answer import answer
from logwatcher.stream.gate import Credentials, Read
from logwatcher.stream.hub import Message, Send

TIMEOUT_S = 2.0
"""A database that takes longer to say who may have them counts as one that is away."""


class Inquiry(NamedTuple):
    """What the database says: whether the figures may be had, and at which revision it is."""

    is_allowed: bool
    revision: int


NOBODY = object()
"""Whom no request is from."""

Ask = Callable[[Credentials], Awaitable[Inquiry]]
Collect = Callable[[], Awaitable[Mapping[str, Figures | None]]]


class Metrics:
    """The ASGI app. While the database is away, who was let in last still is."""

    def __init__(self, read: Read, ask: Ask, collect: Collect) -> None:
        """``ask`` looks into the store, off the event loop; ``collect``: each worker's figures."""
        self._read = read
        self._ask = ask
        self._collect = collect
        self._let_in: Credentials = NOBODY

    async def __call__(self, scope: Message, send: Send) -> None:
        credentials = self._read(dict(scope["headers"]))
        inquiry = await self._inquire(credentials)
        if inquiry is None and credentials != self._let_in:
            body = b'{"error":"the database doesn\'t answer"}'
            await answer(send, scope, 503, body, headers=[(b"retry-after", b"5")])
        elif inquiry is not None and not inquiry.is_allowed:
            if credentials == self._let_in:
                self._let_in = NOBODY
            body = b'{"error":"log in, or send a token that may read"}'
            await answer(send, scope, 401, body, headers=[(b"www-authenticate", b"Bearer")])
        else:
            self._let_in = credentials
            text = _text(await self._collect(), inquiry)
            await answer(send, scope, 200, text.encode(), MEDIA_TYPE)

    async def _inquire(self, credentials: Credentials) -> Inquiry | None:
        """None: the database doesn't answer."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._ask(credentials)
        except (OperationalError, InterfaceError, TimeoutError):
            return None


def _text(workers: Mapping[str, Figures | None], inquiry: Inquiry | None) -> str:
    """What holds for all has no label."""
    answers = {number: of is not None for number, of in workers.items()}
    metrics = [
        *merge("worker", {number: of for number, of in workers.items() if of is not None}),
        by("worker", "logwatcher_worker_up", "gauge", "Whether it says its figures.", answers),
        metric("logwatcher_database_up", "gauge", "Whether the database answers.", bool(inquiry)),
    ]
    if inquiry:
        revision = "Of the data; grows by one with each commit of any process."
        metrics.append(metric("logwatcher_revision", "gauge", revision, inquiry.revision))
    return render(metrics)
