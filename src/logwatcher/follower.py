"""Follows one access log from where the store says it was read to, and says how that goes."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

from logwatcher.core.event import Batch, Position
from logwatcher.core.formats.detection import MAX_LINES
from logwatcher.pipeline import Put
from logwatcher.sources import tail
from logwatcher.sources.line_reader import LineReader
from logwatcher.sources.lines import first_lines
from logwatcher.sources.lookout import Lookout

PATIENCE_S = 3.0
"""A log may be gone for so long while it is rotated."""


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

    def __init__(
        self, path: Path, reader: LineReader, start: Start, lookout: Lookout, holder: str = ""
    ) -> None:
        """``holder``: of the claim to follow it, see ``Batch``."""
        self.holder = holder
        self._path = path
        self._reader = reader
        self._start = start
        self._lookout = lookout
        self._file: tail.Follower | None = None

    async def __call__(self, put: Put, position: Position | None) -> None:
        """Put batch after batch, from ``position`` on."""
        lines = await asyncio.to_thread(_first_lines, self._path)
        self._file = tail.Follower(
            self._path,
            self._reader.source,
            self._reader.parse(lines),
            position=position,
            from_end=self._start.from_end,
            since_us=self._start.since_us,
        )
        async with aclosing(tail.follow(self._file, self._lookout)) as batches:
            async for batch in batches:
                await put(self._of_input(self._reader.batch(batch)))

    def report(self, now: float) -> Batch:
        """How it goes at this Unix time, as a batch without events."""
        progress = self._file.progress if self._file else tail.Progress()
        since = progress.fault_since
        if since is None or now - since < PATIENCE_S:
            return self._of_input(self._reader.report(behind=progress.behind))
        fault = progress.fault[:1].lower() + progress.fault[1:]
        return self._of_input(self._reader.report(progress.behind, fault, int(since * 1e6)))

    def _of_input(self, batch: Batch) -> Batch:
        """The batch under the name and the claim that the log is followed by."""
        position = batch.position and batch.position._replace(path=self._reader.name)
        return batch._replace(position=position, holder=self.holder)


def _first_lines(path: Path) -> list[str]:
    """By which the format is found; none if the file can't be read, which is told later."""
    try:
        return first_lines(path, MAX_LINES)
    except OSError:
        return []
