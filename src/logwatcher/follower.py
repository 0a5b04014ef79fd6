"""A source that follows one access log, from where the store says it was read to."""

import logging
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from logwatcher.core.event import Event
from logwatcher.pipeline import Put
from logwatcher.sources.lines import Tally
from logwatcher.sources.tail import tail
from logwatcher.store import reader
from logwatcher.store.thread import StoreThread

log = logging.getLogger(__name__)


class Follower:
    """Puts what the log holds and what is written to it, until cancelled.

    The position is committed with the events before it: a restart loses and repeats nothing.
    """

    def __init__(self, path: Path, source: str, parse: Callable[[str], Event]) -> None:
        self._path = path
        self._source = source
        self._parse = parse
        self._tally = Tally()
        self._told = 0

    async def __call__(self, put: Put) -> None:
        """Put batch after batch."""
        thread = StoreThread("follower")
        try:
            position = await thread.call(reader.position, self._source)
        finally:
            await thread.close()
        batches = tail(self._path, self._source, self._parse, position=position, tally=self._tally)
        async with aclosing(batches):
            async for batch in batches:
                await put(batch)
                self._tell()

    def _tell(self) -> None:
        """Say that lines don't match: at the first one, and each time there are ten times more."""
        unmatched = self._tally.unmatched
        if unmatched < max(10 * self._told, 1):
            return
        self._told = unmatched
        reason, line = self._tally.samples[0]
        log.warning(
            "%s: %d of %d lines don't match, the first one because of: %s; it begins %r",
            self._source,
            unmatched,
            unmatched + self._tally.matched,
            reason,
            line,
        )
