"""One open file of a log: how far it has been read, and what tells it from another one."""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from logwatcher.core.event import MAX_PATH, Event, Finished, Position
from logwatcher.core.formats import MAX_LINE
from logwatcher.core.text import clean
from logwatcher.sources import archive
from logwatcher.sources.archive import Archive, Broken, digest
from logwatcher.sources.lines import Splitter
from logwatcher.sources.since import find_since

HEAD = 256
"""First bytes, by which a file is known though it is renamed, copied or compressed."""

_CHUNK = 256 * 1024
_CHUNKS_PER_READ = 64


class Rewritten(Exception):
    """The file no longer is what was read of it: it was truncated, and maybe written to again."""


class Unfit(OSError):
    """What has the name is no file that lines could be read from."""


class Mark(NamedTuple):
    """A place in a file, and what the file is known by.

    Attributes:
        device: with ``inode`` the file, as long as it isn't copied or compressed.
        inode: see ``device``.
        offset: bytes read of it, decompressed.
        head_size: how many first bytes ``fingerprint`` is of; 0 if none were there.
        fingerprint: their digest.
    """

    device: int
    inode: int
    offset: int
    head_size: int
    fingerprint: bytes


def mark_of(position: Position) -> Mark:
    """The place that a position means."""
    head_size = min(position.offset, HEAD)
    return Mark(position.device, position.inode, position.offset, head_size, position.fingerprint)


class LogFile:
    """A plain file, which may grow, be renamed, removed or truncated while it is read.

    Attributes:
        name: that it had when it was opened, without its folder.
        is_packed: whether it is compressed, and so written once and for all.
        is_at_end: whether the last read found nothing more.
        fault: why it can't be read to its end; empty if it can.
    """

    is_packed = False

    def __init__(self, path: Path, offset: int = 0) -> None:
        """Open it to be read from ``offset``, or its end if that comes before. Raises OSError."""
        self.name = path.name
        self.is_at_end = False
        self.fault = ""
        self._splitter = Splitter()
        self._read_at = time.monotonic()
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # of a pipe it would wait
        try:
            status = os.fstat(self._fd)
            check_regular(status)
            self._device, self._inode = status.st_dev, status.st_ino
            self._modified_ns = status.st_mtime_ns
            self._offset = min(offset, status.st_size)
            self._head = self._first()
        except OSError:
            os.close(self._fd)
            raise

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return os.fstat(self._fd).st_size

    @property
    def behind(self) -> int:
        """Bytes on disk that are not read yet."""
        return max(self.size - self._offset, 0)

    @property
    def head(self) -> bytes:
        """Its first bytes, as far as they are known."""
        return self._head

    @property
    def is_unread(self) -> bool:
        """Whether nothing of it has been read yet."""
        return self._offset == 0

    @property
    def mark(self) -> Mark:
        """The place behind the last whole line."""
        offset = self._offset - self._splitter.pending
        return Mark(self._device, self._inode, offset, len(self._head), digest(self._head))

    def is_same(self, device: int, inode: int) -> bool:
        """Whether it is the file with these numbers."""
        return (device, inode) == (self._device, self._inode)

    def is_twin(self, other: "LogFile") -> bool:
        """Whether both are the same file, or one is a copy of the other."""
        if not self.is_rewritten():
            self._head = self._first()
        is_same = other.is_same(self._device, self._inode)
        return is_same or (self._head == other.head and bool(self._head))

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing has come for so long."""
        return time.monotonic() - self._read_at >= seconds

    def is_intact(self) -> bool:
        """Whether its first bytes are those that are known, and no more."""
        return self._first() == self._head

    def is_rewritten(self) -> bool:
        """Whether it was truncated, or begins with something else than before."""
        return self.size < self._offset or not self._first().startswith(self._head)

    def was_emptied(self) -> bool:
        """Whether it was written to and truncated again since it was opened, or last asked."""
        status = os.fstat(self._fd)
        before, self._modified_ns = self._modified_ns, status.st_mtime_ns
        return status.st_size == 0 and status.st_mtime_ns != before

    def go_to(self, offset: int) -> None:
        """Read on from there."""
        self._offset = offset

    def skip_all(self) -> None:
        """Go to the end of the last complete line, if it isn't far from the end."""
        start = max(0, self.size - MAX_LINE)
        self._offset = start + os.pread(self._fd, MAX_LINE, start).rfind(b"\n") + 1

    def skip_to(self, since_us: int, parse: Callable[[str], Event]) -> None:
        """Go to where lines of that time begin, as ``find_since`` does."""
        self._offset = find_since(
            lambda size, offset: os.pread(self._fd, size, offset), self.size, parse, since_us
        )

    def restart(self) -> None:
        """Read it from its start, as another file."""
        self._offset, self._head, self._splitter = 0, b"", Splitter()

    def read_lines(self) -> list[bytes]:
        """The next whole lines; empty at the end of the file, or in an endless line.

        Raises:
            Rewritten: ``mark`` is the place that had been reached before.
        """
        for _ in range(_CHUNKS_PER_READ):
            chunk = self._read()
            lines = self._splitter.feed(chunk)
            if lines or self.is_at_end:
                return lines
        return []

    def flush(self) -> list[bytes]:
        """The last line, though its end never came."""
        return self._splitter.flush()

    def position(self, path: Path, behind: int = 0) -> Position:
        """The place ``behind`` bytes before the end of the last complete line."""
        offset = self._offset - self._splitter.pending - behind
        fingerprint = digest(self._head[:offset])
        return Position(clean(str(path), MAX_PATH), self._device, self._inode, offset, fingerprint)

    def finished(self, folder: Path) -> Finished | None:
        """What it is known by, read to here; None if that can't be told, or it is empty."""
        end = self._offset
        head, tail_size = self._at(0, min(archive.HEAD, end)), min(archive.TAIL, end)
        tail = self._at(end - tail_size, tail_size)
        if not head or len(tail) < tail_size or self.is_rewritten():
            return None
        path = clean(str(folder / self.name), MAX_PATH)
        return Finished(digest(head), len(head), digest(tail), tail_size, end, self.size, path)

    def _at(self, offset: int, size: int) -> bytes:
        return os.pread(self._fd, size, offset)

    def _read(self) -> bytes:
        chunk = os.pread(self._fd, _CHUNK, self._offset)
        self._head = self._head or chunk[:HEAD]
        self._check(self._offset + len(chunk))
        self._offset += len(chunk)
        self.is_at_end = not chunk
        if chunk:
            self._read_at = time.monotonic()
        return chunk

    def _first(self) -> bytes:
        return os.pread(self._fd, HEAD, 0)

    def _check(self, end: int) -> None:
        """Whether all before ``end`` is what it was; asked after each read, to believe it."""
        head = self._first()
        if self.size < end or not head.startswith(self._head):
            raise Rewritten
        self._head = head


class PackedFile(LogFile):
    """A compressed file, read decompressed; what can't be read of it is left out."""

    is_packed = True

    def __init__(self, path: Path, offset: int = 0) -> None:
        """Open it to be read from ``offset``. Raises OSError, Broken."""
        self._archive = Archive(path)
        try:
            self._head = self._ahead = self._archive.read(HEAD)
            super().__init__(path)
        except BaseException:
            self._archive.__exit__(None, None, None)
            raise
        self._offset = 0
        self._skip = offset

    def close(self) -> None:
        """Let go of it."""
        self._archive.__exit__(None, None, None)
        super().close()

    @property
    def behind(self) -> int:
        """Bytes on disk that are not read yet."""
        return 0 if self.is_at_end else self._archive.size - self._archive.done

    @property
    def is_unread(self) -> bool:
        """Whether nothing of it has been read yet."""
        return self._offset == self._skip == 0

    def _first(self) -> bytes:
        return self._head

    def _at(self, offset: int, size: int) -> bytes:
        try:
            self._archive.seek(offset)
            return self._archive.read(size)
        except Broken:
            return b""

    def is_rewritten(self) -> bool:
        """Nobody does that."""
        return False

    def _read(self) -> bytes:
        try:
            chunk = self._ahead or self._archive.read(_CHUNK)
        except Broken as error:
            chunk, self.fault = b"", str(error)
        self._ahead = b""
        self.is_at_end = not chunk
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        self._offset += len(chunk)
        return chunk[skipped:]


def check_regular(status: os.stat_result) -> None:
    """Raises Unfit for what is no regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise Unfit("is a directory, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise Unfit("is not a regular file")
