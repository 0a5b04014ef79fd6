"""Blocking calls of the store, made from the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """One thread for blocking calls of the store: they keep their order and one connection."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it there. A connection that failed is closed, so that the next call gets another."""

        def run() -> T:
            try:
                return function(*args, **kwargs)
            except (OperationalError, InterfaceError):
                close_old_connections()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    async def close(self) -> None:
        """Close the thread's connections and end it."""
        await self.call(connections.close_all)
        self._executor.shutdown()
