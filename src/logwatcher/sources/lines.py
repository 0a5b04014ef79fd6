"""Chunks of bytes → whole lines → events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import MAX_LINE, Header, ParseUsual
from logwatcher.core.health import MAX_SAMPLES, Sample
from logwatcher.core.privacy import mask
from logwatcher.core.text import clean

MAX_SAMPLE = 500
MAX_HEAD = 64 * 1024 * 1024

_AT_ONCE = 1000  # lines, so that they stay in the processor's cache


class Splitter:
    r"""Puts together the lines that were cut into chunks of bytes.

    A line ends with ``\n``, ``\r\n`` or ``\r``; the last one is kept back until its end
    arrives. Of a line longer than ``MAX_LINE`` only the beginning is kept, and nothing of
    a hole (the NUL bytes at the start of a log that was truncated while its writer kept
    its place), so no input needs more memory than ``MAX_LINE`` and a chunk.
    """

    def __init__(self) -> None:
        self._start = b""
        self._dropped = 0

    @property
    def pending(self) -> int:
        """Bytes fed since the end of the last complete line."""
        return self._dropped + len(self._start)

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk, with their ends.

        Only the first one can be shorter than it was, and is too long even so or had
        NUL bytes in front.
        """
        lines = (self._start + chunk).splitlines(keepends=True)
        is_whole = not lines or lines[-1].endswith((b"\n", b"\r"))
        rest = b"" if is_whole else lines.pop()
        if lines:
            self._dropped = 0
        self._start = rest.lstrip(b"\0")[: MAX_LINE + 1]
        self._dropped += len(rest) - len(self._start)
        return lines

    def flush(self) -> list[bytes]:
        """The last line, though its end never came."""
        line, self._start, self._dropped = self._start, b"", 0
        return [line] if line else []


def first_lines(path: Path, count: int) -> list[str]:
    """The first lines of a file, at most ``count`` and those in its first ``MAX_HEAD`` bytes."""
    splitter = Splitter()
    lines: list[bytes] = []
    with path.open("rb") as file:
        while len(lines) < count and (chunk := file.read(MAX_LINE)) and file.tell() <= MAX_HEAD:
            lines += splitter.feed(chunk)
    if len(lines) < count:
        lines += splitter.flush()
    return [line.strip(b"\0\r\n").decode("utf-8", "replace") for line in lines[:count]]


@dataclass(slots=True)
class Tally:
    """What became of the lines of a source so far.

    Attributes:
        matched: lines that were events.
        unmatched: lines that were not; empty ones and headers don't count.
        samples: the first ``MAX_SAMPLES`` unmatched ones.
    """

    matched: int = 0
    unmatched: int = 0
    samples: list[Sample] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count what another one has counted."""
        self.matched += other.matched
        self.unmatched += other.unmatched
        self.samples += other.samples[: MAX_SAMPLES - len(self.samples)]

    def reject(self, line: bytes, reason: str) -> None:
        """Count a line that was no event."""
        self.unmatched += 1
        if len(self.samples) < MAX_SAMPLES:
            text = line[: 4 * MAX_SAMPLE].decode("utf-8", "replace")
            self.samples.append(Sample(mask(reason), clean(mask(text), MAX_SAMPLE)))


def read_events(
    lines: Iterable[bytes],
    parse: Callable[[str], Event],
    tally: Tally,
    usual: ParseUsual | None = None,
) -> list[Event]:
    """The events of these lines; ``tally`` counts them and what else there was.

    Args:
        lines: with or without their ends.
        parse: of a format.
        tally: see above.
        usual: the format's ``parse_usual``, for many lines.
    """
    events: list[Event] = []
    lines = iter(lines)
    while some := list(islice(lines, _AT_ONCE)):
        whole = [line for raw in some if (line := raw.strip(b"\0\r\n"))]
        texts = [line.decode("utf-8", "replace") for line in whole]
        found = usual(texts) if usual else [None] * len(texts)
        if all(found) and all(len(line) <= MAX_LINE for line in whole):
            events += filter(None, found)  # all of them
            continue
        for line, text, event in zip(whole, texts, found, strict=True):
            if event is None or len(line) > MAX_LINE:
                event = _read(line, text, parse, tally)
            if event is not None:
                events.append(event)
    tally.matched += len(events)
    return events


def _read(line: bytes, text: str, parse: Callable[[str], Event], tally: Tally) -> Event | None:
    if len(line) > MAX_LINE:
        tally.reject(line, f"longer than {MAX_LINE} bytes")
        return None
    try:
        return parse(text)
    except Header:
        return None
    except ParseError as error:
        tally.reject(line, str(error))
        return None
