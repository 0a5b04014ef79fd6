"""Reads a log file and follows it, through rotation, truncation and restarts."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from logwatcher.core.event import Batch, Event, Position
from logwatcher.sources.chain import Chain
from logwatcher.sources.lines import Tally, read_events
from logwatcher.sources.logfile import LogFile, Mark, Rewritten, mark_of
from logwatcher.sources.lookout import POLL_S, Lookout

RETRY_S = 1.0
"""After so long a file that can't be read is tried again, though nothing seems to have changed."""
MAX_BATCH = 2000
"""Lines, and so events, in a batch."""


async def follow(follower: "Follower", lookout: Lookout) -> AsyncGenerator[Batch, None]:
    """The events of a file and, without end, those that are written to it.

    Each line is read once and in order, though the file is renamed and made again, copied
    and truncated, removed for a while, or its old ones are compressed; also when another
    process goes on from the position of the last batch, however often the file was renamed
    since. Lost is what was in a file that is gone, or truncated without a copy beside it.
    A file that isn't there, or can't be read, is waited for.

    Args:
        follower: gets closed.
        lookout: tells when to look; one does for all files of a process.
    """
    with lookout.watch(follower.path) as changed:
        try:
            while True:
                changed.clear()
                batches = await asyncio.to_thread(follower.read)
                for batch in batches:
                    yield batch
                if not batches:
                    await _wait(changed, follower.pause_s)
        finally:
            follower.close()


async def _wait(changed: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        pass


class Progress(NamedTuple):
    """How it stands with a followed log.

    Attributes:
        behind: bytes not read yet, in all files that are open for it; of compressed ones as
            they are on disk.
        fault: why the file can't be read now, as ``Permission denied``; empty if it can.
        fault_since: Unix time from which on that has been so; None if there is no fault.
        read_at: Unix time at which something was last read; None if nothing has been.
    """

    behind: int = 0
    fault: str = ""
    fault_since: float | None = None
    read_at: float | None = None


class Follower:
    """Reads the chain of files behind a name, batch after batch.

    Attributes:
        path: the name.
        pause_s: after how long to read again though nothing is known to have changed; None
            if that isn't needed.
    """

    def __init__(
        self,
        path: Path,
        source: str,
        parse: Callable[[str], Event],
        *,
        position: Position | None = None,
        from_end: bool = False,
        since_us: int | None = None,
    ) -> None:
        """Nothing is opened before the first ``read``.

        Args:
            path: of a regular file.
            source: name that the batches carry.
            parse: of a format.
            position: where to go on; wins over the next two.
            from_end: skip what is in the file at first.
            since_us: skip what is in the file at first and older than this; found without
                reading all of it, see ``find_since``.
        """
        self.path = path
        self.pause_s: float | None = None
        self._source = source
        self._parse = parse
        self._mark = mark_of(position) if position else None  # where to begin, until begun
        self._from_end = from_end
        self._since_us = since_us
        self._old_end = 0  # up to there lines may be older than that
        self._chain = Chain(path)
        self._progress = Progress()
        self._is_new = True
        self._is_closed = False
        self._lock = Lock()  # a cancelled task leaves its thread reading

    def read(self) -> list[Batch]:
        """What has been written since; empty if nothing, or no whole line. Blocks shortly."""
        with self._lock:
            if self._is_closed:
                return []
            self.pause_s = None
            fault = ""
            batches: list[Batch] = []
            try:
                batches = self._open()
            except OSError as error:
                fault = error.strerror or str(error)
            if self._chain and not batches:
                mark = self._chain.oldest.mark
                try:
                    batches = self._read_oldest()
                except OSError as error:
                    fault = error.strerror or str(error)
                    self._begin_again(mark)
            self._conclude(fault, batches)
            return batches

    def close(self) -> None:
        """Let go of the files; ``read`` returns nothing any more."""
        with self._lock:
            self._is_closed = True
            self._chain.close()

    @property
    def progress(self) -> Progress:
        """How it stands; while something is being read, how it stood before."""
        if self._lock.acquire(blocking=False):
            try:
                self._progress = self._progress._replace(behind=self._behind())
            finally:
                self._lock.release()
        return self._progress

    def _open(self) -> list[Batch]:
        """Open what has come under the name. Raises OSError."""
        if not self._is_new:
            self._chain.open()
        elif self._mark:
            self._chain.go_on(self._mark)
            self._is_new = False
        else:
            return self._begin()
        return []

    def _begin(self) -> list[Batch]:
        try:
            self._chain.open()
        except FileNotFoundError:
            self._is_new = False  # made later, it is new from its start
            raise
        self._is_new = False
        file = self._chain.oldest
        if self._from_end:
            file.skip_all()
        elif self._since_us is not None:
            self._old_end = file.size
            file.skip_to(self._since_us, self._parse)
        else:
            return []
        return [Batch(self._source, [], file.position(self.path))]

    def _begin_again(self, mark: Mark) -> None:
        """As at the start, from here: what was read since then may not have been given out.

        After a disk or a server has failed, or files were renamed too fast to be seen.
        """
        self._mark = mark
        self._is_new = True
        self._chain.close()

    def _read_oldest(self) -> list[Batch]:
        file = self._chain.oldest
        is_known = file.mark.offset > 0
        try:
            lines = file.read_lines()
        except Rewritten:
            self._chain.find_rest()
            self._old_end = 0
            self.pause_s = 0
            return []
        if not is_known and self._may_have_copies(file) and self._chain.put_before():
            self.pause_s = 0
            return []
        batches = list(self._batches(file, lines))
        if not batches and self._chain.is_done():
            batches = self._finish(file)
        return batches

    def _may_have_copies(self, file: LogFile) -> bool:
        """Of what it was before its first line."""
        return file.was_emptied() if file.is_unread else True

    def _finish(self, file: LogFile) -> list[Batch]:
        """Leave the oldest file."""
        batches = [] if file.fault else list(self._batches(file, file.flush()))
        if not file.fault and (finished := file.finished(self.path.parent)):
            place = file.position(self.path)
            batches.append(Batch(self._source, [], place, finished=finished))
        self._chain.leave()
        self._old_end = 0
        self.pause_s = 0
        return batches

    def _batches(self, file: LogFile, lines: list[bytes]) -> Iterator[Batch]:
        behind = sum(map(len, lines))
        for first in range(0, len(lines), MAX_BATCH):
            part = lines[first : first + MAX_BATCH]
            before = file.position(self.path, behind).offset
            behind -= sum(map(len, part))
            tally = Tally()
            for fault in self._chain.take_faults():
                tally.reject(b"", fault)  # as a line that is no event
            events = read_events(part, self._parse, tally)
            if self._since_us is not None and before < self._old_end:
                events = [event for event in events if event.time_us >= self._since_us]
            yield Batch(
                self._source,
                events,
                file.position(self.path, behind),
                unmatched=tally.unmatched,
                samples=tuple(tally.samples),
            )

    def _conclude(self, fault: str, batches: list[Batch]) -> None:
        """Say when to look again, and how it stands."""
        if self.pause_s is None and self._chain:
            if not self._chain.oldest.is_at_end:
                self.pause_s = 0
            elif fault or len(self._chain) > 1:
                self.pause_s = POLL_S  # an older one may get more
        elif fault:
            self.pause_s = RETRY_S
        now = time.time()
        last = self._progress
        since = (last.fault_since if last.fault else now) if fault else None
        read_at = now if batches else last.read_at
        self._progress = Progress(self._behind(), fault, since, read_at)

    def _behind(self) -> int:
        try:
            return self._chain.behind
        except OSError:  # the next read meets it, too
            return self._progress.behind
