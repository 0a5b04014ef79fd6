"""Reads a log file and follows it, through rotation, truncation and restarts."""

import asyncio
import glob
import os
import stat
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from logwatcher.core.event import MAX_PATH, Batch, Event, Position
from logwatcher.core.formats import MAX_LINE
from logwatcher.core.text import clean
from logwatcher.sources.lines import Splitter, Tally, read_events

POLL_S = 0.1
GRACE_S = 1.0
"""How long a renamed file must be silent: not all of its writers let go of it at once."""
MAX_BATCH = 2000
"""Lines, and so events, in a batch."""

_CHUNK = 256 * 1024
_CHUNKS_PER_READ = 64
_HEAD = 256
_MAX_FILES = 100


async def tail(
    path: Path,
    source: str,
    parse: Callable[[str], Event],
    *,
    position: Position | None = None,
    from_end: bool = False,
    tally: Tally | None = None,
    poll_s: float = POLL_S,
) -> AsyncGenerator[Batch, None]:
    """The events of a file and, without end, those that are written to it.

    Each line is read once, though the file is renamed and made again (the old one is read
    to its end first), removed for a while or truncated, or another process goes on from
    the position of the last batch; then one renaming since is followed, too. What is
    written between the last look and a truncation is lost. A file that is not there is
    waited for.

    Args:
        path: of a regular file.
        source: name that the batches carry.
        parse: of a format.
        position: where to go on; wins over ``from_end``.
        from_end: skip what is in the file now.
        tally: counts lines.
        poll_s: seconds between looks at the file.
    """
    follower = Follower(path, source, parse, position=position, from_end=from_end, tally=tally)
    try:
        while True:
            batches = await asyncio.to_thread(follower.read)
            for batch in batches:
                yield batch
            if not batches:
                await asyncio.sleep(poll_s)
    finally:
        follower.close()


class Follower:
    """Knows which files stand behind a name, and how far each of them has been read."""

    def __init__(
        self,
        path: Path,
        source: str,
        parse: Callable[[str], Event],
        *,
        position: Position | None = None,
        from_end: bool = False,
        tally: Tally | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        self._path = path
        self._source = source
        self._parse = parse
        self._position = position
        self._from_end = from_end
        self._tally = tally or Tally()
        self._grace_s = grace_s
        self._files: deque[_File] = deque()  # the oldest first; the last one has the name now
        self._is_new = True
        self._is_closed = False
        self._lock = Lock()  # a cancelled task leaves its thread reading

    def read(self) -> list[Batch]:
        """What has been written since; empty if nothing, or no whole line. Blocks shortly."""
        with self._lock:
            if self._is_closed:
                return []
            started = self._start() if self._is_new else []
            self._open_new()
            return started or (self._read_oldest() if self._files else [])

    def close(self) -> None:
        """Let go of the files; ``read`` returns nothing any more."""
        with self._lock:
            self._is_closed = True
            while self._files:
                self._files.popleft().close()

    def _start(self) -> list[Batch]:
        self._is_new = False
        if self._position:
            if file := _find(self._path, self._position):
                self._files.append(file)
            return []
        self._open_new()
        if not (self._from_end and self._files):
            return []
        file = self._files[0]
        file.skip()
        return [Batch(self._source, [], file.position(self._path))]

    def _open_new(self) -> None:
        """Open what has the name now, if that is another file than before."""
        try:
            now = self._path.stat()
            if len(self._files) < _MAX_FILES and not (self._files and self._files[-1].is_same(now)):
                self._files.append(_File(self._path))
        except FileNotFoundError:
            pass  # renamed and not yet made again, or not made yet

    def _read_oldest(self) -> list[Batch]:
        file = self._files[0]
        batches = list(self._batches(file, file.read_lines()))
        if not batches and self._is_done(file):
            batches = list(self._batches(file, file.splitter.flush()))
            file.close()
            self._files.popleft()
        return batches

    def _is_done(self, file: "_File") -> bool:
        """Whether its writer has gone on to the next one, and nothing came since."""
        later = list(self._files)[1:]
        return any(next_.size for next_ in later) and file.is_silent(self._grace_s)

    def _batches(self, file: "_File", lines: list[bytes]) -> Iterator[Batch]:
        behind = sum(map(len, lines))
        for first in range(0, len(lines), MAX_BATCH):
            part = lines[first : first + MAX_BATCH]
            behind -= sum(map(len, part))
            tally = Tally()
            events = read_events(part, self._parse, tally)
            self._tally.add(tally)
            yield Batch(
                self._source,
                events,
                file.position(self._path, behind),
                unmatched=tally.unmatched,
                samples=tuple(tally.samples),
            )


class _File:
    """An open file, how far it has been read, and its first bytes to tell it from another."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait
            raise ValueError(f"{path}: not a regular file")
        self._raw = path.open("rb", buffering=0)
        self._fd = self._raw.fileno()
        status = os.fstat(self._fd)
        self._device, self._inode = status.st_dev, status.st_ino
        self._offset = offset
        self._head = os.pread(self._fd, min(offset, _HEAD), 0)
        self._read_at = time.monotonic()
        self.splitter = Splitter()

    def close(self) -> None:
        self._raw.close()

    @property
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def is_same(self, status: os.stat_result) -> bool:
        return (status.st_dev, status.st_ino) == (self._device, self._inode)

    def is_silent(self, seconds: float) -> bool:
        return time.monotonic() - self._read_at >= seconds

    def skip(self) -> None:
        """Go to the end of the last complete line, if it isn't far from the end."""
        start = max(0, self.size - MAX_LINE)
        self._offset = start + os.pread(self._fd, MAX_LINE, start).rfind(b"\n") + 1
        self._head = os.pread(self._fd, min(self._offset, _HEAD), 0)

    def continues(self, position: Position) -> bool:
        """Whether this was opened at ``position``, and still is the file meant by it."""
        return not self._is_rewritten() and _fingerprint(self._head) == position.fingerprint

    def read_lines(self) -> list[bytes]:
        """The next whole lines; empty at the end of the file, or in an endless line."""
        for _ in range(_CHUNKS_PER_READ):
            chunk = self._read()
            lines = self.splitter.feed(chunk)
            if lines or not chunk:
                return lines
        return []

    def position(self, path: Path, behind: int = 0) -> Position:
        """The place ``behind`` bytes before the end of the last complete line."""
        offset = self._offset - self.splitter.pending - behind
        fingerprint = _fingerprint(self._head[:offset])
        return Position(clean(str(path), MAX_PATH), self._device, self._inode, offset, fingerprint)

    def _read(self) -> bytes:
        if self._is_rewritten():
            self._offset, self._head, self.splitter = 0, b"", Splitter()
        chunk = os.pread(self._fd, _CHUNK, self._offset)
        if chunk:
            self._offset += len(chunk)
            self._head = (self._head + chunk[:_HEAD])[:_HEAD]
            self._read_at = time.monotonic()
        return chunk

    def _is_rewritten(self) -> bool:
        """Whether it is shorter than what was read of it, or begins with something else."""
        if self.size < self._offset:
            return True
        return os.pread(self._fd, len(self._head), 0) != self._head


def _find(path: Path, position: Position) -> _File | None:
    """The file that was read up to ``position``, under its name or renamed beside it."""
    for candidate in [path, *sorted(path.parent.glob(f"{glob.escape(path.name)}?*"))]:
        try:
            status = candidate.stat()
            if (status.st_dev, status.st_ino) != (position.device, position.inode):
                continue
            file = _File(candidate, position.offset)
        except FileNotFoundError:
            continue
        if file.continues(position):
            return file
        file.close()
    return None


def _fingerprint(head: bytes) -> bytes:
    return blake2b(head, digest_size=16).digest()
