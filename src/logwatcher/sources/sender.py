"""Syslog messages → events, by who has sent them."""

import logging
from collections.abc import Iterable, Iterator

from logwatcher.core.event import MAX_SOURCE, Batch, Event, ParseError
from logwatcher.core.formats import BY_ITSELF, Parse, Reading, detect
from logwatcher.core.health import Sample
from logwatcher.core.route import OTHER
from logwatcher.core.syslog import read_message
from logwatcher.core.text import clean
from logwatcher.sources.line_reader import LineReader, Tell
from logwatcher.sources.lines import Tally, read_events

MAX_SENDERS = 50
"""All further ones are one more together: anybody can make up names."""
NAMELESS = "syslog"

log = logging.getLogger(__name__)


class Senders:
    """All senders by what they call themselves: the tag, else the host.

    Each is known, and an input of its own, from its first request on. Who has sent none, as
    the other programs of a host that forwards all it has, takes no place; what those say is
    counted together.
    """

    def __init__(
        self,
        name: str = "",
        reading: Reading = BY_ITSELF,
        tell: Tell = lambda text: None,
    ) -> None:
        """Begin without any.

        Args:
            name: of the source that all messages belong to; empty: each sender's own.
            reading: of all lines; a format that isn't given is found out for each sender.
            tell: told what was found.
        """
        self._name = name
        self._reading = reading
        self._tell = tell
        self._strangers = LineReader(NAMELESS, name or NAMELESS, BY_ITSELF, tell)
        self._senders: dict[str, tuple[LineReader, Parse]] = {}

    def read(self, messages: Iterable[bytes]) -> list[Batch]:
        """The events of these messages, and what else there was, in batches of one sender each."""
        lines: dict[str, list[bytes]] = {}
        for data in messages:
            tag, host, line = read_message(data)
            if line.strip(b"\0\r\n"):
                lines.setdefault(tag or host or NAMELESS, []).append(line)
        return [batch for name, some in lines.items() for batch in self._read(name, some)]

    def reports(self) -> list[Batch]:
        """How it goes with each, as batches without events."""
        return [reader.report() for reader, _ in self._senders.values()] + [
            self._strangers.report()
        ]

    def _read(self, name: str, lines: list[bytes]) -> Iterator[Batch]:
        if name not in self._senders and len(self._senders) >= MAX_SENDERS:
            name = OTHER
        if name not in self._senders:
            tally = Tally()
            first = next((at for at, of in enumerate(lines) if self._fits(of, tally)), len(lines))
            if first:
                yield self._strange(name, tally)
            lines = lines[first:]
            if not lines:
                return
            self._add(name, lines[0])
        reader, parse = self._senders[name]
        yield from reader.read(lines, parse)

    def _fits(self, line: bytes, tally: Tally) -> bool:
        """Whether the line belongs to a log that can be read; if not, it is counted."""
        before = tally.unmatched
        read_events([line], self._try, tally)
        return tally.unmatched == before

    def _try(self, line: str) -> Event:
        format_ = self._reading.format or detect([line]).format
        if format_ is None:
            raise ParseError("the format is not known yet; see: logwatcher formats")
        return format_.reader()(line)

    def _strange(self, name: str, tally: Tally) -> Batch:
        """What somebody said who is not known, and whose it was."""
        samples = (Sample(reason, f"{clean(name, 64)}: {of}") for reason, of in tally.samples)
        batch = Batch("", [], unmatched=tally.unmatched, samples=tuple(samples))
        return self._strangers.batch(batch)

    def _add(self, name: str, line: bytes) -> None:
        if len(self._senders) >= MAX_SENDERS:
            log.warning("syslog: more than %d senders; further ones are %s", MAX_SENDERS, OTHER)
        shown = clean(name, MAX_SOURCE)
        reader = LineReader(f"{NAMELESS}: {shown}", self._name or shown, self._reading, self._tell)
        first = [] if self._reading.format else [line.decode("utf-8", "replace")]
        self._senders[name] = reader, reader.parse(first)
