"""Follows one access log from where the store says it was read to, and says how that goes."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

from logwatcher.core.event import Batch, Position
from logwatcher.core.formats.detection import MAX_LINES
from logwatcher.pipeline import Put
from logwatcher.sources.line_reader import LineReader
from logwatcher.sources.lines import first_lines
from logwatcher.sources.tail import tail


class Start(NamedTuple):
    """Where to begin in a file that was never read: with what is newer, or at its end.

    Attributes:
        since_us: requests before this are left out; None: all are taken.
        from_end: only what is written from now on.
    """

    since_us: int | None = None
    from_end: bool = False


ALL = Start()
"""Everything that is there."""


class Follower:
    """Puts what one log holds and what is written to it, until cancelled.

    The position is committed with the events before it: a restart loses and repeats nothing.
    """

    def __init__(self, path: Path, reader: LineReader, start: Start) -> None:
        self._path = path
        self._reader = reader
        self._start = start

    async def __call__(self, put: Put, position: Position | None) -> None:
        """Put batch after batch, from ``position`` on."""
        reader = self._reader
        lines = await asyncio.to_thread(first_lines, self._path, MAX_LINES)
        batches = tail(
            self._path,
            reader.source,
            reader.parse(lines),
            position=position,
            from_end=self._start.from_end,
            since_us=self._start.since_us,
        )
        async with aclosing(batches):
            async for batch in batches:
                await put(reader.batch(batch))

    def report(self) -> Batch:
        """How it goes, as a batch without events."""
        return self._reader.report()
