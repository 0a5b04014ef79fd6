"""Old logs → the store: each file once, from where an earlier import was stopped."""

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from logwatcher.core.event import Position
from logwatcher.core.formats import detect, find_format
from logwatcher.core.formats.detection import MAX_LINES
from logwatcher.core.privacy import STRICT, Policy
from logwatcher.sources import logfile
from logwatcher.sources.archive import HEAD, Archive, Broken, Piece, digest, pieces
from logwatcher.sources.parsing import Job, Parsed, Parsers
from logwatcher.sources.zone import LOCAL, MACHINE
from logwatcher.store import progress, writer
from logwatcher.store.writer import Progress

OLD_S = 3600
"""For so long nobody wrote to a file whose last line is taken to be whole without an end."""

_NO_OFFSET = f"its times have no offset and are taken as {MACHINE}; if not, use --time-zone"
_MAX_HEADERS = 50
_HEADER = re.compile(rb"^(#[^\r\n:]{0,100})[^\r\n]{0,10000}", re.MULTILINE)
_COMPRESSION = re.compile(r"\.(?:gz|bz2|xz|zst|Z)$", re.IGNORECASE)
_ROTATION = re.compile(r"[.-]?(?:\d{4}-?\d\d-?\d\d(?:[-_T]?\d{1,10})?|(?<=\.)\d{1,4})$")


class Skipped(NamedTuple):
    """A file of which nothing was imported, or not all: why."""

    path: str
    reason: str
    is_fault: bool


@dataclass(slots=True)
class Summary:
    """What an import has done so far.

    Attributes:
        files: that were begun or looked at.
        matched: lines that became requests.
        rejected: lines that did not.
        reasons: of those.
        done: bytes on disk that are read, of all files.
        oldest: time of the oldest request, seconds, to 5 s; None: there is none yet.
        newest: likewise.
        skipped: what was not imported.
        doubts: about formats, with a file each.
    """

    files: int = 0
    matched: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    done: int = 0
    oldest: int | None = None
    newest: int | None = None
    skipped: list[Skipped] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """Lines that were read; empty ones and headers don't count."""
        return self.matched + self.rejected

    def add_times(self, starts: Iterable[int]) -> None:
        """Take note of when these requests were."""
        for start in starts:
            self.oldest = start if self.oldest is None else min(self.oldest, start)
            self.newest = start if self.newest is None else max(self.newest, start)


@dataclass(slots=True)
class _File:
    """One file on its way into the store.

    Attributes:
        source: that gets its requests.
        path: its name.
        format: of its lines, as ``find_format`` takes it.
        place: how far it is imported; None for what can't be known again.
        stored: what the store has of it; None if nothing.
        headers: those lines read so far that say how the next ones are to be read.
    """

    source: str
    path: str
    format: str
    place: Progress | None = None
    stored: Progress | None = None
    headers: dict[bytes, str] = field(default_factory=dict)

    def learn(self, lines: bytes) -> None:
        """Keep the headers in these lines, the last of each kind."""
        if not find_format(self.format).has_headers:
            return
        for match in _HEADER.finditer(lines):
            if match[1] in self.headers or len(self.headers) < _MAX_HEADERS:
                self.headers[match[1]] = match[0].decode("utf-8", "replace")


class Importer:
    """Imports file after file; what is committed stays, whenever it is stopped."""

    def __init__(
        self,
        parsers: Parsers,
        *,
        format_: str | None = None,
        name: str | None = None,
        zone: str = LOCAL,
        rejects: BinaryIO | None = None,
        policy: Policy = STRICT,
        with_requests: bool = True,
        tell: Callable[[Summary], None] = lambda summary: None,
    ) -> None:
        """Begin with nothing done.

        Args:
            parsers: do the work that can be done at the same time.
            format_: as ``find_format`` takes it; by default found for each file.
            name: of the source; by default the file's without its rotation.
            zone: of times that have no offset, as ``find_zone`` takes it.
            rejects: gets a line for each one that doesn't match: file, reason, line.
            policy: what is kept of a request.
            with_requests: False: requests are counted, and none is kept.
            tell: called after each commit.
        """
        writer.expect_blocks()
        self.summary = Summary()
        self._parsers = parsers
        self._format = format_
        self._name = name
        self._zone = zone
        self._rejects = rejects
        self._policy = policy
        self._with_requests = with_requests
        self._tell = tell

    def import_file(self, path: Path) -> None:
        """Import what isn't yet; the summary says what there is to say about the file."""
        self.summary.files += 1
        before = self.summary.done
        try:
            with Archive(path) as archive:
                self._import(path, archive)
                self.summary.done = before + archive.size
        except Broken as error:
            self._skip(str(path), f"can't be read: {error}", is_fault=True)
        except writer.Overtaken:
            self._skip(str(path), "another import is reading it", is_fault=True)
        self._tell(self.summary)

    def import_stream(self, stream: BinaryIO, name: str) -> None:
        """Import what comes, to its end; it can't be known again."""
        self.summary.files += 1
        head = stream.read(HEAD)
        if spec := self._format or self._detect(name, head):
            file = _File(self._name or name, name, spec)
            self._commit_all(file, pieces(stream.read, first=head))

    def _import(self, path: Path, archive: Archive) -> None:
        head = archive.read(HEAD)
        if not head:
            return
        if progress.is_followed(head):
            self._skip(str(path), "logwatcher watch reads it")
            return
        candidates = progress.find(head)
        stored = known = _known(archive, candidates)
        if known and not known.matched and self._format not in (None, known.format):
            known = known._replace(offset=0, tail_size=0, rejected=0, size=0)  # try another one
        if known and (known.size == archive.size or _tail_at(archive, known) is None):
            self._skip(str(path), f"imported before, as {known.source}")
            return
        spec = self._format or (known and known.format) or self._detect(str(path), head)
        if not spec:
            return
        source = self._name or source_name(path.name)
        place = Progress(
            key=known.key if known else digest(digest(head) + bytes([len(candidates)])).hex(),
            head=digest(head),
            head_size=len(head),
            tail=known.tail if known else b"",
            tail_size=known.tail_size if known else 0,
            offset=known.offset if known else 0,
            size=0,
            source=source,
            format=spec,
            path=str(path),
            matched=known.matched if known else 0,
            rejected=known.rejected if known else 0,
        )
        file = _File(source, str(path), spec, place, stored)
        archive.seek(0)
        if place.offset and find_format(spec).has_headers:
            self._reread(file, archive, place.offset)
        archive.seek(place.offset)
        is_final = archive.is_compressed or time.time() - path.stat().st_mtime > OLD_S
        self._commit_all(file, pieces(archive.read, place.offset), archive, is_final)

    def _detect(self, path: str, head: bytes) -> str:
        """The format's name; empty, and said in the summary, if there is none."""
        lines = [line.decode("utf-8", "replace") for line in head.splitlines()[: MAX_LINES + 1]]
        found = detect(lines[:-1] or lines)
        if found.format is None:
            reason = "no format fits its first lines; see: logwatcher explain FILE"
            self._skip(path, reason, is_fault=True)
            return ""
        if found.doubt:
            self.summary.doubts[found.doubt] = path
        if found.lacks_offset and self._zone == LOCAL:
            self.summary.doubts[_NO_OFFSET] = path
        return found.format.name

    @staticmethod
    def _reread(file: _File, archive: Archive, end: int) -> None:
        """Learn the headers before ``end``."""
        at = 0

        def read(size: int) -> bytes:
            nonlocal at
            data = archive.read(min(size, end - at))
            at += len(data)
            return data

        for piece in pieces(read):
            file.learn(piece.lines)

    def _commit_all(
        self,
        file: _File,
        parts: Iterator[Piece],
        archive: Archive | None = None,
        is_final: bool = True,
    ) -> None:
        """Parse ahead and commit in order, so that a place stands for all before it.

        What could be read of a file that is broken later is committed first.
        """
        waiting: deque[tuple[Piece, int, Future[Parsed]]] = deque()
        done_before, lines_before = self.summary.done, self.summary.lines
        is_complete = True

        def commit(left: int) -> None:
            while len(waiting) > left:
                piece, done, future = waiting.popleft()
                self._commit(file, piece, future.result())
                self.summary.done = done_before + done
                self._tell(self.summary)

        try:
            for piece in parts:
                is_complete = piece.is_whole or is_final
                if not is_complete:
                    self._skip(file.path, "its last line has no end yet: left for later")
                    break
                headers = tuple(file.headers.values())
                wants_rejects = self._rejects is not None
                job = Job(
                    piece.lines,
                    file.format,
                    headers,
                    wants_rejects,
                    self._policy,
                    self._zone,
                    self._with_requests,
                )
                done = archive.done if archive else piece.end
                waiting.append((piece, done, self._parsers.submit(job)))
                file.learn(piece.lines)
                commit(self._parsers.count)
        except Broken:
            commit(0)
            raise
        commit(0)
        if file.stored and is_complete and self.summary.lines == lines_before:
            self._skip(file.path, f"imported before, as {file.stored.source}")
        if archive and file.stored and file.place and is_complete:
            after = file.place._replace(size=archive.size)
            writer.save_progress(after, file.stored)

    def _commit(self, file: _File, piece: Piece, parsed: Parsed) -> None:
        if self._rejects:
            for reason, line in parsed.rejects:
                self._rejects.write(f"{file.path}\t{reason}\t".encode() + line + b"\n")
            self._rejects.flush()
        if file.place:
            file.place = file.place._replace(
                tail=digest(piece.tail),
                tail_size=len(piece.tail),
                offset=piece.end,
                matched=file.place.matched + parsed.matched,
                rejected=file.place.rejected + parsed.rejected,
            )
        writer.write_block(file.source, parsed.block, file.place, file.stored)
        file.stored = file.place
        self.summary.add_times(parsed.block.starts)
        self.summary.matched += parsed.matched
        self.summary.rejected += parsed.rejected
        self.summary.reasons += parsed.reasons

    def _skip(self, path: str, reason: str, *, is_fault: bool = False) -> None:
        self.summary.skipped.append(Skipped(path, reason, is_fault))


def source_name(file: str) -> str:
    """What ``access.log``, ``access.log.1`` and ``access.log-20240512.gz`` have in common."""
    name = _COMPRESSION.sub("", file)
    return _ROTATION.sub("", name) or name


def reached(path: Path) -> Position | None:
    """How far a plain file has been imported, for who goes on with it; None if it hasn't been."""
    try:
        with Archive(path) as archive:
            head = archive.read(HEAD)
            known = _known(archive, progress.find(head))
            status = path.stat()
    except (Broken, OSError):
        return None  # who follows it says why
    if known is None or not known.matched or archive.is_compressed:
        return None
    fingerprint = digest(head[: min(known.offset, logfile.HEAD)])
    return Position(str(path), status.st_dev, status.st_ino, known.offset, fingerprint)


def _known(archive: Archive, candidates: list[Progress]) -> Progress | None:
    """That of the candidates which this file is, as far as can be told."""
    for candidate in candidates:
        was_compressed = bool(_COMPRESSION.search(candidate.path))
        if candidate.size == archive.size and was_compressed == archive.is_compressed:
            return candidate
    matching = [one for one in candidates if _tail_at(archive, one) in (one.tail, None)]
    return matching[-1] if matching else None


def _tail_at(archive: Archive, known: Progress) -> bytes | None:
    """Digest of the bytes before the place; None if the file ends before it."""
    archive.seek(known.offset - known.tail_size)
    data = archive.read(known.tail_size)
    return digest(data) if len(data) == known.tail_size else None
