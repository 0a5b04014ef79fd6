"""Linux's inotify: which of some files have changed, without looking at them."""

import ctypes
import os
import struct
import sys
from pathlib import Path
from threading import Lock

MODIFIED = 0x2
METADATA = 0x4
DELETED = 0x400
MOVED = 0x800
IGNORED = 0x8000

_MASK = MODIFIED | METADATA | DELETED | MOVED
_EVENT = struct.Struct("iIII")
_BUFFER = 64 * 1024


class Inotify:
    """Watches files, whatever their names become. May be used from several threads.

    Raises:
        OSError: there is none here, or no more of them are allowed.
    """

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError("only Linux has inotify")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._lock = Lock()
        self._is_closed = False
        self.fd = self._call("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self) -> None:
        """Watch no more."""
        with self._lock:
            self._is_closed = True
            os.close(self.fd)

    def add(self, path: Path) -> int:
        """Watch the file that has this name; its number, the same for the same file.

        Raises OSError: there is no such file, or no more are allowed.
        """
        with self._lock:
            if self._is_closed:
                raise OSError("closed")
            return self._call("inotify_add_watch", self.fd, os.fsencode(path), _MASK)

    def remove(self, number: int) -> None:
        """Watch a file no more. Raises OSError if it is gone anyway."""
        with self._lock:
            if not self._is_closed:
                self._call("inotify_rm_watch", self.fd, number)

    def read(self) -> dict[int, int]:
        """By file's number what happened to it, as a mask; by -1 that something was forgotten."""
        try:
            data = os.read(self.fd, _BUFFER)
        except BlockingIOError:
            return {}
        masks: dict[int, int] = {}
        at = 0
        while at < len(data):
            number, mask, _, length = _EVENT.unpack_from(data, at)
            masks[number] = masks.get(number, 0) | mask
            at += _EVENT.size + length
        return masks

    def _call(self, name: str, *arguments: int | bytes) -> int:
        result: int = getattr(self._libc, name)(*arguments)
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
