"""Keeps the store within its limits: at each call a little, in one process at a time."""

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from logwatcher.core.retention import FIGURES, REQUESTS, Limits, limits
from logwatcher.store import lease, stock
from logwatcher.store.condense import condense
from logwatcher.store.sweep import sweep

JOB = "retention"
PASS_S = 60.0
"""How long to wait after everything was looked through."""
REST = 9
"""Writers have the store for so many times as long as they were kept waiting."""
LEAST_REST_S = 0.02
RENEW_S = 2.0
RETRY_S = 5.0
MEASURED_SHARE = 0.01
"""Counting everything takes at most this share of the time."""

log = logging.getLogger(__name__)


def wanted_limits() -> Limits:
    """What the settings say, in a project LOGWATCHER's. Raises RetentionError."""
    options: dict[str, str] = getattr(settings, "LOGWATCHER", {})
    return limits(options.get("KEEP_REQUESTS", REQUESTS), options.get("KEEP_FIGURES", FIGURES))


class Keeper:
    """Use from one thread; a failing database is told of, and tried again later."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._holder = secrets.token_hex(8)
        self._sweep: Iterator[float] | None = None
        self._renew_at = self._measure_at = 0.0

    def step(self) -> float:
        """Delete a little, if there is anything to delete; returns when to call again, seconds."""
        try:
            return self._step()
        except (DatabaseError, InterfaceError) as error:
            log.warning("old data is not deleted, trying again in %g s: %s", RETRY_S, error)
            self._sweep = None
            close_old_connections()
            return RETRY_S

    def close(self) -> None:
        """Let another process go on."""
        if self._sweep:
            self._sweep = None
            with suppress(DatabaseError, InterfaceError):
                lease.release(JOB, self._holder)

    def _step(self) -> float:
        if not self._is_holder():
            self._sweep = None
            return PASS_S
        now = int(time.time())
        self._sweep = self._sweep or chain(sweep(self._limits, now), condense(now))
        held = next(self._sweep, None)
        if held is not None:
            return max(held * REST, LEAST_REST_S)
        self._measure()
        self.close()
        return PASS_S

    def _is_holder(self) -> bool:
        now = time.monotonic()
        if self._sweep and now < self._renew_at:
            return True
        self._renew_at = now + RENEW_S
        return lease.acquire(JOB, self._holder)

    def _measure(self) -> None:
        began = time.monotonic()
        if began < self._measure_at:
            return
        stock.measure()
        ended = time.monotonic()
        self._measure_at = ended + (ended - began) / MEASURED_SHARE
