"""The files that are still to be read of a log, the oldest first: rotation makes them several."""

import os
from collections import deque
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from logwatcher.sources.logfile import LogFile, Mark, check_regular
from logwatcher.sources.rotation import MAX_FILES, trace

GRACE_S = 1.0
"""How long a renamed file must be silent: not all of its writers let go of it at once."""


class Chain:
    """Open files: the oldest is being read, the last one has the name now.

    Attributes:
        path: the name.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._files: deque[LogFile] = deque()
        self._last: Mark | None = None  # the end of what was read before the oldest
        self._faults: list[str] = []
        self._told: set[str] = set()

    def __len__(self) -> int:
        return len(self._files)

    @property
    def oldest(self) -> LogFile:
        """The one to read; there must be one."""
        return self._files[0]

    @property
    def behind(self) -> int:
        """Bytes that are not read yet. Raises OSError."""
        return sum(file.behind for file in self._files)

    def open(self) -> None:
        """Add what has the name now, if that is another file than before, and what came between.

        Raises:
            OSError: it can't be read, or is no regular file.
        """
        status = self.path.stat()
        check_regular(status)
        if self._files and (self._is_cut() or not self._is_full(status)):
            self._add_later()
        if not self._is_full(status):
            self._add_now()

    def go_on(self, mark: Mark) -> None:
        """Open a place and what comes after it; if it is gone, the start of what has the name.

        Raises:
            OSError: that can't be read.
        """
        self._files.extend(self._trace(mark))
        if not self._files:
            self._add_now()

    def put_before(self) -> bool:
        """Whether others are to be read before the oldest: copies of what it was, unseen, before.

        Then they are there, and it begins anew. To be asked until a whole line of it is
        known, by which a later truncation is noticed.
        """
        file = self.oldest
        found = self._trace(self._last) if self._last else []
        before = list(takewhile(lambda one: not one.is_twin(file), found[1:]))
        if len(before) == len(found[1:]) or not any(one.head for one in before):
            _close(found)
            return False
        _close(found[:1])
        file.restart()
        self._files = _merge(self._files, found[1:])
        return True

    def find_rest(self) -> None:
        """What was not read of the oldest before it was truncated: in its copy, if there is one."""
        rest = self._trace(self.oldest.mark)
        self.oldest.restart()
        self._files = _merge(self._files, rest)

    def is_done(self) -> bool:
        """Whether the oldest's writer has gone on to the next one, and nothing came since."""
        file, *later = self._files
        written = sum(1 for one in later if one.size)
        if not (written and file.is_at_end):
            return False
        return file.is_packed or written > 1 or file.is_silent(GRACE_S)

    def leave(self) -> None:
        """Let go of the oldest."""
        file = self._files.popleft()
        if file.fault:
            self._tell(f"{file.name}: {file.fault}")
        if file.mark.offset or file.fault:
            self._last = file.mark
        file.close()

    def close(self) -> None:
        """Let go of all."""
        _close(self._files)
        self._files.clear()

    def take_faults(self) -> list[str]:
        """Which files can't be read, and why: each once."""
        faults, self._faults = self._faults, []
        return faults

    def _is_full(self, now: os.stat_result) -> bool:
        """Whether it has what has the name now, or as many files as it may."""
        if not self._files:
            return False
        return self._files[-1].is_same(now.st_dev, now.st_ino) or len(self._files) >= MAX_FILES

    def _is_cut(self) -> bool:
        """Whether what has the name was truncated before it was begun: it has a copy now."""
        newest = self._files[-1]
        if len(self._files) == 1 or not newest.is_unread:
            return False
        return newest.is_rewritten() or newest.was_emptied()

    def _trace(self, mark: Mark) -> list[LogFile]:
        files, faults = trace(self.path, mark)
        for fault in faults:
            self._tell(fault)
        return files

    def _tell(self, fault: str) -> None:
        if fault not in self._told and len(self._told) < MAX_FILES:
            self._told.add(fault)
            self._faults.append(fault)

    def _add_later(self) -> None:
        """Open those that have come after the oldest, also between it and the next one.

        An empty file is known by nothing once it was renamed and compressed: there they are
        looked for after the one that was read before it.
        """
        oldest = self._files[0]
        if not oldest.head and self._last:
            found = self._trace(self._last)
            self._files = _merge(self._files, found[1:])
            _close(found[:1])
            return
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
