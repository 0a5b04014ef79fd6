"""Which files a log has become by being rotated, and in which order they were written."""

import errno
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from logwatcher.sources.archive import Archive, Broken, digest
from logwatcher.sources.logfile import LogFile, Mark, PackedFile

MAX_FILES = 100
"""So many are open at once."""

_TRIES = 20
_PACKED = r"(?P<packed>\.(?:gz|bz2|xz|zst))?"
_ROTATION = r"(?:\.(?P<number>\d{1,4})|[.-](?P<date>\d{4}-?\d\d-?\d\d(?:[-_T.]?\d{1,10})?|\d{10}))"


class Sibling(NamedTuple):
    """A file beside the log that was the log once, or is a copy of it.

    Attributes:
        path: its name now.
        device: with ``inode`` which file it is.
        inode: see ``device``.
        modified_ns: when it was last written to.
        number: in its name, rising with age; None if there is none.
        is_packed: whether its name says that it is compressed.
        date: the digits in its name, if they are a date; else empty.
    """

    path: Path
    device: int
    inode: int
    modified_ns: int
    number: int | None
    date: str
    is_packed: bool


class Trace(NamedTuple):
    """What has become of a log since a place in it.

    Attributes:
        files: the one with the place, open there, and those after it, open at their start;
            the last one has the name now. None are there if the place is gone.
        faults: which files can't be read, and why.
    """

    files: list[LogFile]
    faults: list[str]


def siblings(path: Path, mark: Mark | None = None) -> list[Sibling]:
    """The rotated files of a log, the oldest first: ``.2.gz``, ``.1``; or those with dates.

    Names of one kind tell the order, else the times of the last writing do. A file and its
    compressed form, which is there while that is being made, are one. The file of ``mark``
    is among them, whatever comes behind the log's name in its own.
    """
    found: dict[str, Sibling] = {}
    for entry in sorted(_entries(path), key=lambda entry: entry.name, reverse=True):
        try:
            status = entry.stat()
        except FileNotFoundError:
            continue  # renamed just now
        number, date, name = _read_name(path, entry.name)
        is_meant = mark and (status.st_dev, status.st_ino) == (mark.device, mark.inode)
        if number is not None or date or is_meant:
            found[name] = Sibling(  # the plain one comes after the compressed one, and wins
                Path(entry.path),
                status.st_dev,
                status.st_ino,
                status.st_mtime_ns,
                number,
                date,
                name != entry.name,
            )
    return _in_order(list(found.values()))


def _entries(path: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(path.parent) as entries:
            return [
                entry
                for entry in entries
                if entry.name.startswith(path.stem) and entry.name != path.name and entry.is_file()
            ]
    except (FileNotFoundError, PermissionError):
        return []  # a log can be read in a directory that can't


def _read_name(path: Path, name: str) -> tuple[int | None, str, str]:
    """Number, date and the name without its compression."""
    stem, end = re.escape(path.stem), re.escape(path.suffix)
    for pattern in (f"{stem}{end}{_ROTATION}{_PACKED}", f"{stem}{_ROTATION}{end}{_PACKED}"):
        if match := re.fullmatch(pattern, name):
            number = int(match["number"]) if match["number"] else None
            date = re.sub(r"\D", "", match["date"] or "")
            return number, date, name.removesuffix(match["packed"] or "")
    return None, "", name


def _in_order(files: list[Sibling]) -> list[Sibling]:
    files.sort(key=lambda file: file.modified_ns)
    if all(file.date for file in files):
        files.sort(key=lambda file: file.date)
    elif all(file.number is not None for file in files):
        sign = 1 if _is_rising(files) else -1
        files.sort(key=lambda file: sign * (file.number or 0))
    return files


def _is_rising(files: list[Sibling]) -> bool:
    """Whether higher numbers are newer: not logrotate's way, but some have it.

    Plain files tell, else compressed ones; not both, since some compress without keeping times.
    """
    for is_packed in (False, True):
        some = [file for file in files if file.is_packed == is_packed]
        times = [file.modified_ns for file in sorted(some, key=lambda file: file.number or 0)]
        if len(times) > 1:
            return all(one < next_ for one, next_ in pairwise(times))
    return False


def trace(path: Path, mark: Mark) -> Trace:
    """Find the file that ``mark`` is in, and open it and those after it, ``MAX_FILES`` at most.

    It is found by its number or, when it was copied or compressed, by its first bytes. A
    copy of the file that has the name now is left out: what is copied gets truncated next.

    Raises:
        OSError: the files are being renamed all the time.
    """
    for _ in range(_TRIES):
        tracer = _Tracer(path, mark)
        try:
            tracer.open()
            if tracer.is_current():
                return tracer.take()
        except FileNotFoundError:
            continue  # renamed just now
        finally:
            tracer.close()
    raise OSError(errno.EAGAIN, "its files are being renamed all the time")


class _Tracer:
    """One try to see a log's files all at the same time."""

    def __init__(self, path: Path, mark: Mark) -> None:
        self._path = path
        self._mark = mark
        self._files: list[LogFile] = []
        self._faults: list[str] = []
        self._now = _open_now(path)  # before the others, so that a copy of it is known as such
        self._siblings = siblings(path, mark)

    def open(self) -> None:
        """Open the files from the place on."""
        first = self._find()
        if first is None:
            return
        self._faults.clear()
        rest = self._siblings[first : first + MAX_FILES]
        for index, sibling in enumerate(rest):
            file = self._open(sibling, self._mark.offset if index == 0 else 0)
            if file is None:
                continue
            self._files.append(file)
            if index and self._is_copy(file, is_newest=sibling is self._siblings[-1]):
                self._files.pop().close()
                break
        if self._now and len(rest) < MAX_FILES:
            if not rest:
                self._now.go_to(self._mark.offset)
            self._files.append(self._now)

    def is_current(self) -> bool:
        """Whether no file was renamed or truncated since the first look."""
        names = [sibling[:3] for sibling in siblings(self._path, self._mark)]
        is_intact = self._now is None or self._now.is_intact()
        return is_intact and names == [sibling[:3] for sibling in self._siblings]

    def take(self) -> Trace:
        """What was found; it is the caller's to close."""
        trace = Trace(self._files, self._faults)
        if self._now in self._files:
            self._now = None
        self._files = []
        return trace

    def close(self) -> None:
        """Close what was not taken."""
        if self._now and self._now not in self._files:
            self._files.append(self._now)
        for file in self._files:
            file.close()

    def _find(self) -> int | None:
        """Which of the siblings the place is in; their count if it is the one with the name."""
        mark, now = self._mark, self._now
        count = len(self._siblings)
        numbers = [(sibling.device, sibling.inode) for sibling in self._siblings]
        by_number = [i for i in range(count) if numbers[i] == (mark.device, mark.inode)]
        if any(self._begins_so(self._siblings[index]) for index in by_number):
            return by_number[0]
        if now and now.size >= mark.offset and self._is_meant(now):
            return count
        if not mark.head_size:
            return None
        for index in reversed(range(count)):
            if self._begins_so(self._siblings[index]):
                return index
        return None

    def _is_meant(self, now: LogFile) -> bool:
        if not self._mark.head_size:
            return now.is_same(self._mark.device, self._mark.inode)
        return digest(now.head[: self._mark.head_size]) == self._mark.fingerprint

    def _begins_so(self, sibling: Sibling) -> bool:
        try:
            with Archive(sibling.path) as archive:
                head = archive.read(self._mark.head_size)
        except Broken as error:
            self._faults.append(f"{sibling.path.name}: {error}")
            return False
        return digest(head) == self._mark.fingerprint

    def _is_copy(self, file: LogFile, *, is_newest: bool) -> bool:
        """Whether it is a copy of the file that has the name, or is just becoming one."""
        if not self._now or not (file.head or is_newest):
            return False
        return self._now.head.startswith(file.head)

    def _open(self, sibling: Sibling, offset: int) -> LogFile | None:
        try:
            file = open_rotated(sibling.path, offset)
        except (PermissionError, Broken) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._faults.append(f"{sibling.path.name}: {reason}")
            return None
        if not file.is_same(sibling.device, sibling.inode):
            file.close()
            raise FileNotFoundError(sibling.path)
        return file


def open_rotated(path: Path, offset: int) -> LogFile:
    """A plain or compressed file, to be read from ``offset``. Raises OSError, Broken."""
    with Archive(path) as archive:
        is_packed = archive.is_compressed
    return PackedFile(path, offset) if is_packed else LogFile(path, offset)


def _open_now(path: Path) -> LogFile | None:
    try:
        return LogFile(path)
    except OSError:
        return None  # who follows it says why
