"""Reads a log file and follows it, through rotation, truncation and restarts."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from logwatcher.core.event import Batch, Event, Position
from logwatcher.sources.lines import Tally, read_events
from logwatcher.sources.logfile import LogFile, Mark, Rewritten, check_regular, mark_of
from logwatcher.sources.lookout import POLL_S, Lookout
from logwatcher.sources.rotation import MAX_FILES, trace

GRACE_S = 1.0
"""How long a renamed file must be silent: not all of its writers let go of it at once."""
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
    """Knows which files stand behind a name, and how far each of them has been read.

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
        self._untold = Tally()  # goes with the next batch
        self._files: deque[LogFile] = deque()  # the oldest first; the last one has the name now
        self._last: Mark | None = None  # the end of what was read before the oldest
        self._told: set[str] = set()
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
            if self._files and not batches:
                try:
                    batches = self._read_oldest()
                except OSError as error:
                    fault = error.strerror or str(error)
                    self._begin_again()
            self._conclude(fault, batches)
            return batches

    def close(self) -> None:
        """Let go of the files; ``read`` returns nothing any more."""
        with self._lock:
            self._is_closed = True
            self._close_all()

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
        """Open what has the name now, if that is another file than before. Raises OSError."""
        if self._is_new:
            return self._go_on(self._mark) if self._mark else self._begin()
        status = self.path.stat()
        check_regular(status)
        now = status.st_dev, status.st_ino
        if self._files and not self._files[-1].is_same(*now) and len(self._files) < MAX_FILES:
            self._add_later()
        if not self._files or (not self._files[-1].is_same(*now) and len(self._files) < MAX_FILES):
            self._add_now()
        return []

    def _begin(self) -> list[Batch]:
        try:
            file = LogFile(self.path)
        except FileNotFoundError:
            self._is_new = False  # made later, it is new from its start
            raise
        self._is_new = False
        self._files.append(file)
        if self._from_end:
            file.skip_all()
        elif self._since_us is not None:
            self._old_end = file.size
            file.skip_to(self._since_us, self._parse)
        else:
            return []
        return [Batch(self._source, [], file.position(self.path))]

    def _go_on(self, mark: Mark) -> list[Batch]:
        """From a position; if its file is gone, from the start of what has the name now."""
        self._files.extend(self._trace(mark))
        if not self._files:
            self._add_now()
        self._is_new = False
        return []

    def _begin_again(self) -> None:
        """After a disk or a server has failed: as at the start, from where it was."""
        self._mark = self._files[0].mark
        self._is_new = True
        self._close_all()

    def _close_all(self) -> None:
        _close(self._files)
        self._files.clear()

    def _trace(self, mark: Mark) -> list[LogFile]:
        files, faults = trace(self.path, mark)
        for fault in faults:
            self._tell(fault)
        return files

    def _tell(self, fault: str) -> None:
        """Count a file whose lines can't be read, once, as a line that is no event."""
        if fault not in self._told and len(self._told) < MAX_FILES:
            self._told.add(fault)
            self._untold.reject(b"", fault)

    def _add_later(self) -> None:
        """Open those that have come after the oldest, also between it and the next one."""
        oldest = self._files[0]
        found = self._trace(oldest.mark)
        if oldest.is_rewritten():  # which reading it will tell
            _close(found)
            return
        self._files.popleft()
        self._files = _merge(self._files, found[1:])
        self._files.appendleft(oldest)
        _close(found[:1])

    def _add_now(self) -> None:
        file = LogFile(self.path)
        if self._files and self._files[-1].is_twin(file):
            file.close()
        else:
            self._files.append(file)

    def _read_oldest(self) -> list[Batch]:
        file = self._files[0]
        is_known = file.mark.offset > 0
        try:
            lines = file.read_lines()
        except Rewritten:
            self._find_rest(file)
            return []
        if not (is_known or file.is_unread) and self._comes_too_early(file):
            return []
        batches = list(self._batches(file, lines))
        if not batches and self._is_done(file):
            batches = self._finish(file)
        return batches

    def _finish(self, file: LogFile) -> list[Batch]:
        """Leave the oldest file."""
        batches = []
        if file.fault:
            self._tell(f"{file.name}: {file.fault}")
        else:
            batches = list(self._batches(file, file.flush()))
        if file.mark.offset or file.fault:
            self._last = file.mark
        self._files.popleft().close()
        self._old_end = 0
        self.pause_s = 0
        return batches

    def _comes_too_early(self, file: LogFile) -> bool:
        """Whether another file is to be read before it: a copy of what it was, unseen, before.

        Asked until a whole line of it is known, by which a later truncation is noticed.
        """
        found = self._trace(self._last) if self._last else []
        before = list(takewhile(lambda one: not one.is_twin(file), found[1:]))
        if len(before) == len(found[1:]) or not any(one.head for one in before):
            _close(found)
            return False
        _close(found[:1])
        file.restart()
        self._files = _merge(self._files, found[1:])
        self.pause_s = 0
        return True

    def _find_rest(self, file: LogFile) -> None:
        """What was not read of it before it was truncated is in its copy, if there is one."""
        rest = self._trace(file.mark)
        file.restart()
        self._old_end = 0
        self._files = _merge(self._files, rest)
        self.pause_s = 0

    def _is_done(self, file: LogFile) -> bool:
        """Whether its writer has gone on to the next one, and nothing came since."""
        written = sum(1 for later in list(self._files)[1:] if later.size)
        if not (written and file.is_at_end):
            return False
        return file.is_packed or written > 1 or file.is_silent(GRACE_S)

    def _batches(self, file: LogFile, lines: list[bytes]) -> Iterator[Batch]:
        behind = sum(map(len, lines))
        for first in range(0, len(lines), MAX_BATCH):
            part = lines[first : first + MAX_BATCH]
            before = file.position(self.path, behind).offset
            behind -= sum(map(len, part))
            tally, self._untold = self._untold, Tally()
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
        if self.pause_s is None and self._files:
            if not self._files[0].is_at_end:
                self.pause_s = 0
            elif fault or len(self._files) > 1:
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
            return sum(file.behind for file in self._files)
        except OSError:  # the next read meets it, too
            return self._progress.behind


def _close(files: Iterable[LogFile]) -> None:
    for file in files:
        file.close()


def _merge(files: Iterable[LogFile], traced: Iterable[LogFile]) -> deque[LogFile]:
    """Both in one order, each file once; of one that is not yet begun the newly opened.

    The last of ``traced`` stays the last: it has the name now. One that was truncated before
    it was begun is another file, and what it was is among ``traced``.
    """
    waiting = list(files)
    for file in waiting:
        if file.is_unread and file.is_rewritten():
            file.restart()
    merged: list[LogFile] = []
    for file in traced:
        twin = next((one for one in waiting if one.is_twin(file)), None)
        if twin:
            at = waiting.index(twin)
            merged += waiting[:at]
            waiting = waiting[at + 1 :]
            file, other = (file, twin) if twin.is_unread else (twin, file)
            other.close()
            merged.append(file)
        elif any(one.is_twin(file) for one in merged):
            file.close()
        else:
            merged.append(file)
    return deque(merged[:-1] + waiting + merged[-1:])
