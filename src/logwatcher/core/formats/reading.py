"""How the lines of a log are to be read, as whoever starts that has chosen."""

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from typing import NamedTuple

from logwatcher.core.formats.detection import AutoParse, Detection, read_after
from logwatcher.core.formats.format import Format, Parse
from logwatcher.core.privacy import STRICT, Policy


class Reading(NamedTuple):
    """The same for all lines of an input.

    Attributes:
        format: what they have; None: it is found out.
        policy: what is kept of a request.
        zone: of times that have no offset.
    """

    format: Format | None = None
    policy: Policy = STRICT
    zone: tzinfo = UTC

    def parser(self, lines: Iterable[str], found: Callable[[Detection], None]) -> Parse:
        """What reads the lines that come after these; ``found`` is told of a format found out."""
        if self.format:
            return read_after(lines, self.format, self.policy, self.zone)
        return AutoParse(lines, found, self.policy, self.zone)


BY_ITSELF = Reading()
"""The format is found out, and nothing of a client is kept."""
