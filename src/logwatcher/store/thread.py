"""Blocking calls of the store, made from the event loop."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from logwatcher.core.metric import Sample

P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """One thread for blocking calls of the store: they keep their order and one connection."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._calls, self._seconds = 0, 0.0

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it there. A connection that failed is closed, so that the next call gets another."""

        def run() -> T:
            began = time.monotonic()
            try:
                return function(*args, **kwargs)
            except (OperationalError, InterfaceError):
                close_old_connections()
                raise
            finally:
                self._calls += 1
                self._seconds += time.monotonic() - began

        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    def samples(self) -> list[Sample]:
        """How long its calls took, together, and how many they were."""
        labels = {"thread": self.name}
        return [Sample(self._seconds, labels, "_sum"), Sample(self._calls, labels, "_count")]

    async def close(self) -> None:
        """Close the thread's connections and end it."""
        await self.call(connections.close_all)
        self._executor.shutdown()
