"""Makes the mock traffic that is wanted, in whichever process holds the lease for it."""

import asyncio
import logging
import secrets
import time
from contextlib import suppress

from django.db import InterfaceError, OperationalError

from logwatcher.core.event import Batch, Event
from logwatcher.pipeline import Put
from logwatcher.sources.mock import MockTraffic
from logwatcher.store import lease, traffic
from logwatcher.store.models import Traffic
from logwatcher.store.thread import StoreThread
from logwatcher.store.traffic import StaleVersion

SOURCE = "mock"
TICK_S = 0.1
RENEW_S = 2.0
"""How often the lease is renewed."""
RETRY_S = 1.0
SET_BACK_US = 1_000_000
"""A clock that is set back by more begins anew; one that is a little too fast makes a pause."""

log = logging.getLogger(__name__)


class Generator:
    """A source: follows the wanted state until cancelled, pages open or not."""

    def __init__(self) -> None:
        self._holder = secrets.token_hex(8)
        self._renew_at = 0.0
        self._mock: MockTraffic | None = None
        self._seed = self._version = self._now_us = 0

    async def __call__(self, put: Put) -> None:
        """Put the events of each tick."""
        thread = StoreThread("generator")
        try:
            while True:
                try:
                    wanted = await thread.call(self._wanted)
                except (OperationalError, InterfaceError) as error:
                    log.warning("mock traffic waits for the database: %s", error)
                    await asyncio.sleep(RETRY_S)
                    continue
                if events := self._events(wanted):
                    await put(Batch(SOURCE, events))
                await asyncio.sleep(TICK_S)
        finally:
            with suppress(OperationalError, InterfaceError):
                await thread.call(lease.release, SOURCE, self._holder)
            await thread.close()

    def _wanted(self) -> Traffic | None:
        """What is to be made here; None if nothing is wanted or another process makes it."""
        wanted = traffic.wanted()
        now_us = time.time_ns() // 1000
        if not wanted.is_running:
            return None
        if wanted.stop_at_us is not None and now_us >= wanted.stop_at_us:
            with suppress(StaleVersion):  # somebody has started it anew in this moment
                traffic.change(wanted.version, is_running=False, stop_at_us=None)
            return None
        if self._mock and time.monotonic() < self._renew_at:
            return wanted
        self._renew_at = time.monotonic() + RENEW_S
        return wanted if lease.acquire(SOURCE, self._holder) else None

    def _events(self, wanted: Traffic | None) -> list[Event]:
        """The events since the last tick."""
        if wanted is None:
            self._mock = None
            return []
        now_us = time.time_ns() // 1000
        was_set_back = now_us < self._now_us - SET_BACK_US
        if self._mock is None or self._seed != wanted.seed or was_set_back:
            self._mock = MockTraffic(wanted.seed, now_us, wanted.rate, wanted.scenario)
        elif self._version != wanted.version:
            self._mock.set(rate=wanted.rate, scenario=wanted.scenario, at_us=now_us)
        self._seed, self._version, self._now_us = wanted.seed, wanted.version, now_us
        return self._mock.until(now_us)
