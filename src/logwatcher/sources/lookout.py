"""Tells when files change: inotify where there is one, and looking at them."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from logwatcher.sources.inotify import DELETED, IGNORED, METADATA, MOVED, Inotify

POLL_S = 0.1
"""Between two looks at a file of which nothing is reported."""
SLOW_POLL_S = 1.0
"""Between two looks at one that is: of what another machine writes nothing is reported."""
PAUSE_S = 0.01
"""After changes were told: what comes in such a time is told at once."""

_RENAMED = METADATA | DELETED | MOVED | IGNORED  # the number of its links is metadata
_Status = tuple[int, ...]


@dataclass(slots=True, eq=False)
class _Watch:
    """A name and what is known of the file behind it.

    Attributes:
        number: inotify's; None if it does not watch it.
        has_told: whether inotify has reported a change since the last look.
        is_trusted: whether it reports every change, as far as is known.
        status: what a look found; a change of it is a change of the file.
    """

    path: Path
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    number: int | None = None
    has_told: bool = False
    is_trusted: bool = True
    status: _Status = ()

    @property
    def is_reported(self) -> bool:
        """Whether inotify is enough."""
        return self.number is not None and self.is_trusted and bool(self.status)


class Lookout:
    """One for all files of an event loop: nothing runs per file, and while idle hardly anything."""

    def __init__(self, poll_s: float = POLL_S) -> None:
        """``poll_s``: between two looks at a file of which nothing is reported."""
        self._poll_s = poll_s
        self._watches: dict[_Watch, None] = {}
        self._by_number: dict[int, set[_Watch]] = {}
        self._inotify: Inotify | None = None
        self._polling: asyncio.Task[None] | None = None
        self._resuming: asyncio.TimerHandle | None = None

    @contextmanager
    def watch(self, path: Path) -> Iterator[asyncio.Event]:
        """An event that is set whenever the file behind the name has changed, or is another."""
        watch = _Watch(path)
        self._watches[watch] = None
        if len(self._watches) == 1:
            self._start()
        try:
            yield watch.changed
        finally:
            del self._watches[watch]
            if not self._watches:
                self._stop()
            else:
                self._let_go(watch)

    def _start(self) -> None:
        with suppress(OSError):  # then all are looked at
            self._inotify = Inotify()
            asyncio.get_running_loop().add_reader(self._inotify.fd, self._hear)
        self._polling = asyncio.create_task(self._poll())

    def _stop(self) -> None:
        if self._polling:
            self._polling.cancel()
        if self._resuming:
            self._resuming.cancel()
        if self._inotify:
            asyncio.get_running_loop().remove_reader(self._inotify.fd)
            self._inotify.close()
        self._inotify = self._polling = self._resuming = None
        self._by_number = {}

    def _hear(self) -> None:
        """Tell what inotify reports, and be deaf for ``PAUSE_S``: it puts together what comes."""
        if not self._inotify:
            return
        for number, mask in self._inotify.read().items():
            for watch in self._by_number.get(number, self._watches if number < 0 else ()):
                watch.has_told = watch.is_trusted = True
                watch.changed.set()
                if mask & _RENAMED:
                    watch.status = ()  # another file has the name, or will
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._inotify.fd)
        self._resuming = loop.call_later(PAUSE_S, self._resume)

    def _resume(self) -> None:
        if self._inotify:
            asyncio.get_running_loop().add_reader(self._inotify.fd, self._hear)

    async def _poll(self) -> None:
        """Look often at those of which nothing is reported, and at times at all."""
        elapsed = SLOW_POLL_S
        while True:
            is_slow = elapsed >= SLOW_POLL_S
            due = [watch for watch in self._watches if is_slow or not watch.is_reported]
            elapsed = self._poll_s if is_slow else elapsed + self._poll_s
            if due:
                paths = [watch.path for watch in due]
                looks = await asyncio.to_thread(_look, paths, self._inotify)
                for watch, (number, status) in zip(due, looks, strict=True):
                    if watch in self._watches:
                        self._learn(watch, number, status)
            await asyncio.sleep(self._poll_s)

    def _learn(self, watch: _Watch, number: int | None, status: _Status) -> None:
        if (number, status) != (watch.number, watch.status):
            watch.changed.set()
            is_expected = watch.has_told or number != watch.number or not watch.status
            watch.is_trusted = watch.is_trusted and is_expected
        watch.has_told = False
        watch.status = status
        if number != watch.number:
            self._let_go(watch)
            watch.number = number
            if number is not None:
                self._by_number.setdefault(number, set()).add(watch)

    def _let_go(self, watch: _Watch) -> None:
        """Let inotify report its file no more, unless another name needs that."""
        others = self._by_number.get(watch.number or 0, set())
        others.discard(watch)
        if watch.number and not others:
            del self._by_number[watch.number]
            if self._inotify:
                with suppress(OSError):  # the file is gone, and its number with it
                    self._inotify.remove(watch.number)


def _look(paths: Iterable[Path], inotify: Inotify | None) -> list[tuple[int | None, _Status]]:
    """Of each file inotify's number, if it can be watched, and its status. Blocks."""
    return [(_number(path, inotify), _status(path)) for path in paths]


def _number(path: Path, inotify: Inotify | None) -> int | None:
    try:
        return inotify.add(path) if inotify else None
    except OSError:  # no file, no right to read it, or too many are watched
        return None


def _status(path: Path) -> _Status:
    try:
        status = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    times = status.st_mtime_ns, status.st_ctime_ns
    return (status.st_dev, status.st_ino, status.st_size, *times)
