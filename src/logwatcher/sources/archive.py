"""Logs on disk, compressed or not, as pieces of whole lines."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, cast

from logwatcher.core.formats import MAX_LINE

PIECE = 3 * 1024 * 1024
"""Bytes that are read at once, decompressed: 15,000 to 30,000 lines."""
HEAD = 64 * 1024
"""Bytes at the beginning by which a file is known."""
TAIL = 4096
"""Bytes before the place where reading stopped, by which that place is known."""

_MAGIC_SIZE = 6


class Broken(Exception):
    """A file that can't be read, or not to its end: says why."""


def _zstd_module() -> Any:  # Any: it is not there everywhere
    for name in ("compression.zstd", "backports.zstd"):  # Python 3.14's own; the same for older
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


_ZSTD = _zstd_module()


def _zstd(file: BinaryIO) -> BinaryIO:
    if _ZSTD is None:
        raise Broken("compressed by zstd, which needs Python 3.14 or: pip install backports.zstd")
    return cast(BinaryIO, _ZSTD.ZstdFile(file))


_READERS: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": lambda file: cast(BinaryIO, gzip.GzipFile(fileobj=file)),
    b"BZh": lambda file: cast(BinaryIO, bz2.BZ2File(file)),
    b"\xfd7zXZ\0": lambda file: cast(BinaryIO, lzma.LZMAFile(file)),  # noqa: SIM115  # closed with it
    b"\x28\xb5\x2f\xfd": _zstd,
}
_ERRORS: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error, lzma.LZMAError)
if _ZSTD:
    _ERRORS += (_ZSTD.ZstdError,)


class Archive(AbstractContextManager["Archive"]):
    """An open log; its first bytes, not its name, tell whether it is compressed.

    Attributes:
        is_compressed: whether it is.
    """

    def __init__(self, path: Path) -> None:
        """Raises Broken if it can't be opened."""
        try:
            self._raw = path.open("rb")
            self._size = path.stat().st_size
        except OSError as error:
            raise Broken(error.strerror or str(error)) from None
        magic = self._raw.peek(_MAGIC_SIZE)
        reader = next((make for start, make in _READERS.items() if magic.startswith(start)), None)
        self.is_compressed = reader is not None
        self._stream = reader(self._raw) if reader else cast(BinaryIO, self._raw)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._raw.close()

    @property
    def size(self) -> int:
        """Bytes on disk when it was opened."""
        return self._size

    @property
    def done(self) -> int:
        """Bytes on disk that have been read."""
        return min(self._raw.tell(), self._size)

    def read(self, size: int) -> bytes:
        """So many bytes, decompressed; less only at the end. Raises Broken."""
        try:
            return self._stream.read(size)
        except _ERRORS as error:
            raise Broken(str(error) or type(error).__name__) from None

    def seek(self, offset: int) -> None:
        """Go there, or to the end if that comes before; in a compressed file by reading."""
        try:
            self._stream.seek(offset)
        except _ERRORS as error:
            raise Broken(str(error) or type(error).__name__) from None


class Piece(NamedTuple):
    """Whole lines.

    Attributes:
        lines: with their ends; of a line longer than ``MAX_LINE`` maybe only the beginning.
        end: the place in the file behind them.
        tail: at most ``TAIL`` bytes before ``end``.
        is_whole: False for the last line of a file, if its end is missing.
    """

    lines: bytes
    end: int
    tail: bytes
    is_whole: bool = True


def pieces(read: Callable[[int], bytes], offset: int = 0, first: bytes = b"") -> Iterator[Piece]:
    r"""The lines of a file, in pieces of about ``PIECE`` bytes, with bounded memory.

    Where a file is cut into pieces doesn't show in its lines: they end with ``\n``,
    ``\r\n`` or ``\r``.

    Args:
        read: returns so many bytes, less only at the end.
        offset: the place in the file where reading begins.
        first: bytes that have been read there.
    """
    rest, tail = b"", b""
    while chunk := first + read(PIECE - len(first)):
        first = b""
        offset += len(chunk)
        rest += chunk
        if cut := _last_end(rest):
            behind = len(rest) - cut
            kept = len(chunk) - behind  # none if the end of the line was the last byte before
            yield Piece(rest[:cut], offset - behind, chunk[:kept][-TAIL:] if kept else tail)
            rest = rest[cut:]
        tail = chunk[-TAIL:]
        if len(rest) > MAX_LINE:
            end = b"\r" if rest.endswith(b"\r") else b""
            rest = rest.lstrip(b"\0")[: MAX_LINE + 1] + end
    if rest:
        yield Piece(rest, offset, tail, rest.endswith(b"\r"))


def _last_end(data: bytes) -> int:
    r"""Behind the last line's end; 0 if there is none. A ``\r`` at the end may get its ``\n``."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(len(data) - 1, 0))) + 1


def digest(data: bytes) -> bytes:
    """By which bytes are known again."""
    return blake2b(data, digest_size=16).digest()
