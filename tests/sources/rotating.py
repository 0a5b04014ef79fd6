"""Writes numbered lines to a log and rotates it in every way: a process of its own.

``python -m tests.sources.rotating LOG DATABASE LINES SEED numbers|dates``. How many lines are
stored is looked up in the database, so that the reader is never far behind, and no file is removed
before it was read.
"""

import bz2
import gzip
import lzma
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from backports import zstd

from tests.database import query

MAX_AHEAD = 40_000
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, 1),
    ".bz2": lambda data: bz2.compress(data, 1),
    ".xz": lambda data: lzma.compress(data, preset=0),
    ".zst": zstd.compress,
}


def line(number: int) -> str:
    minutes, seconds = divmod(number // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    time_ = f"12/May/2024:{hours:02}:{minutes:02}:{seconds:02} +0000"
    return f'::1 - - [{time_}] "GET /{number} HTTP/1.1" 200 2 "-" "-"\n'


class Writer:
    """A server, and logrotate in all its configurations at once."""

    def __init__(
        self, path: Path, read: Callable[[], int], total: int, seed: int, *, has_dates: bool
    ) -> None:
        self.path = path
        self.written = 0
        self._total = total
        self._read = read
        self._random = random.Random(seed)
        self._has_dates = has_dates
        self._rotations = 0
        self._file = self._open()

    def run(self) -> None:
        """Write all lines, rotating all the time."""
        self.write(1)
        self.wait_until_read(1)  # a reader begins with the file that it finds
        ways = [self.rename, self.copy_and_truncate, self.compress, self.rename_often]
        while self.written < self._total:
            self.write(self._random.choice([1, 300, 3000, 10_000]))
            if self._random.random() < 0.02:
                self.remove()
            else:
                self._random.choice(ways)()
            self.wait_until_read(self.written - MAX_AHEAD)

    def write(self, count: int) -> None:
        """Lines, cut anywhere; not more than there are to be."""
        count = min(count, self._total - self.written)
        data = "".join(map(line, range(self.written, self.written + count))).encode()
        while data:
            cut = self._random.choice([100, 10_000, 100_000])
            os.write(self._file, data[:cut])
            data = data[cut:]
        self.written += count

    def wait_until_read(self, count: int) -> None:
        """Wait for the reader to have committed so many lines."""
        while self._read() < count:
            time.sleep(0.005)

    def rename(self) -> None:
        """The writer gets to know of it a little later."""
        self.path.rename(self._make_room())
        self.write(self._random.choice([0, 0, 5]))
        time.sleep(self._random.choice([0, 0, 0.02]))
        self._reopen()

    def rename_often(self) -> None:
        """More than once between two looks."""
        for _ in range(self._random.randint(2, 4)):
            self.write(self._random.choice([0, 1, 200]))
            self.rename()

    def copy_and_truncate(self) -> None:
        """Between two writes: what comes between copying and truncating is lost to everybody."""
        shutil.copyfile(self.path, self._make_room())
        os.truncate(self._file, 0)

    def compress(self) -> None:
        """One of the old files; it is there twice for a moment."""
        plain = [path for path in self._rotated() if path.suffix not in COMPRESS]
        if not plain:
            return
        path = self._random.choice(plain)
        suffix, compress = self._random.choice(list(COMPRESS.items()))
        packed = path.with_name(path.name + suffix)
        with packed.open("wb") as file:
            file.write(compress(path.read_bytes()))
        shutil.copystat(path, packed)
        path.unlink()

    def remove(self) -> None:
        """Only when all of it has been read; else that would be lost. Likewise when it is back."""
        self.wait_until_read(self.written)
        self.path.unlink()
        time.sleep(self._random.choice([0, 0.05]))
        self._reopen()
        self.write(10)
        self.wait_until_read(self.written)

    def _open(self) -> int:
        return os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)

    def _reopen(self) -> None:
        os.close(self._file)
        self._file = self._open()

    def _rotated(self) -> list[Path]:
        return [path for path in self.path.parent.iterdir() if path.name != self.path.name]

    def _make_room(self) -> Path:
        """The name for the next old file."""
        self._rotations += 1
        if self._has_dates:
            return self.path.with_name(f"{self.path.name}-20240512{self._rotations:04}")
        stem = self.path.name + "."
        numbered = [path.name.removeprefix(stem).partition(".") for path in self._rotated()]
        for number, dot, suffix in sorted(numbered, key=lambda name: -int(name[0])):
            old = self.path.with_name(f"{stem}{number}{dot}{suffix}")
            old.rename(self.path.with_name(f"{stem}{int(number) + 1}{dot}{suffix}"))
        return self.path.with_name(f"{stem}1")


def count_stored(database: str) -> int:
    """How many requests the database has taken so far."""
    ((count,),) = query(database, "SELECT last_request FROM logwatcher_head")
    number: int = count
    return number


def main(log: str, database: str, lines: str, seed: str, names: str) -> None:
    """As the command line says."""
    writer = Writer(
        Path(log),
        lambda: count_stored(database),
        int(lines),
        int(seed),
        has_dates=names == "dates",
    )
    writer.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
