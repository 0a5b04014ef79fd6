"""One input of lines, a file or what else is read line by line, in the format that it has."""

import logging
from collections.abc import Callable, Iterator, Sequence

from logwatcher.core.event import Batch
from logwatcher.core.formats import Detection, Parse, Reading
from logwatcher.core.health import Condition
from logwatcher.sources.lines import Tally, read_events

MAX_BATCH = 2000
"""Lines, and so events, in a batch."""

Tell = Callable[[str], None]
"""Says a line to whoever started the process."""

log = logging.getLogger(__name__)


class LineReader:
    """Reads the lines of one input in the format they have, and tells of what doesn't fit.

    Attributes:
        name: of the input.
        source: of its requests.
        format: the name of its format; empty: not known yet.
        tell: says a line to whoever started the process.
    """

    def __init__(self, name: str, source: str, reading: Reading, tell: Tell) -> None:
        self.name = name
        self.source = source
        self.format = reading.format.name if reading.format else ""
        self.tell = tell
        self._reading = reading
        self._tally = Tally()
        self._told = 0

    def parse(self, lines: list[str]) -> Parse:
        """What reads the lines that come after these first ones."""
        return self._reading.parser(lines, self._detected)

    def read(self, lines: Sequence[bytes], parse: Parse) -> Iterator[Batch]:
        """The events of these lines, in batches."""
        for first in range(0, len(lines), MAX_BATCH):
            tally = Tally()
            events = read_events(lines[first : first + MAX_BATCH], parse, tally)
            batch = Batch(self.source, events, unmatched=tally.unmatched)
            yield self.batch(batch._replace(samples=tuple(tally.samples)))

    def report(self, behind: int = 0, problem: str = "", problem_us: int = 0) -> Batch:
        """How it goes, as a batch without events; the arguments are ``Condition``'s."""
        condition = Condition(self.format, behind, problem, problem_us)
        return Batch(self.source, [], input=self.name, condition=condition)

    def batch(self, batch: Batch) -> Batch:
        """The batch as this input's; what didn't match is told."""
        self._tally.add(Tally(len(batch.events), batch.unmatched, list(batch.samples)))
        self._warn()
        return batch._replace(input=self.name, source=self.source)

    def _warn(self) -> None:
        """Say that lines don't match: at the first one, and each time there are ten times more."""
        unmatched = self._tally.unmatched
        if unmatched < max(10 * self._told, 1):
            return
        self._told = unmatched
        reason, line = self._tally.samples[0]
        log.warning(
            "%s: %d of %d lines don't match, the first one because of: %s; it begins %r",
            self.source,
            unmatched,
            unmatched + self._tally.matched,
            reason,
            line,
        )

    def _detected(self, found: Detection) -> None:
        if found.format:
            self.format = found.format.name
            doubt = f"; {found.doubt}" if found.doubt else ""
            self.tell(f"{self.source}: format {found.format.name}{doubt}")
        if found.lacks_offset:
            self.tell(
                f"{self.source}: its times have no offset and are taken as {self._reading.zone}"
            )
