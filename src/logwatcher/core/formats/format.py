"""What a log format is: how to recognise a request on a line and read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats.zone import all_in_zone, in_zone
from logwatcher.core.privacy import STRICT, Policy, mask
from logwatcher.core.text import clean

MAX_LINE = 64 * 1024
"""Longer lines are rejected: no server writes them, and they cost memory."""

_EXCERPT = 60

Parse = Callable[[str], Event]
"""A line without its end → its event. Raises ParseError; ``Header`` if that is no fault."""

Make = Callable[[Policy], Parse]
"""What is to be kept → what reads the lines of one file, and reads nothing else."""

ParseUsual = Callable[[Sequence[str]], list[Event | None]]
"""Many lines at once → what ``Parse`` makes of each; None where only ``Parse`` can tell."""
MakeUsual = Callable[[Policy], ParseUsual]
"""As ``Make``."""


class Header(ParseError):
    """A line that belongs to the format but is no request: names of columns, a comment."""


class FormatError(ValueError):
    """A definition that is no format: says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a request on one line.

    Attributes:
        name: what ``--format`` takes.
        about: for the list of formats.
        sample: a line with every field that is read.
        make: makes what reads the lines of one file.
        has_headers: lines of the file say how those after them are to be read.
        is_general: fits lines that another format may describe better.
        may_lack_offset: its times may be ``Wall``: without an offset from UTC.
        make_usual: makes what reads most lines as ``make``'s does, in less time; None if nothing.
    """

    name: str
    about: str
    sample: str
    make: Make
    has_headers: bool = False
    is_general: bool = False
    may_lack_offset: bool = False
    make_usual: MakeUsual | None = None

    @property
    def parse(self) -> Parse:
        """Reads a line that needs no other line to be understood."""
        return self.reader()

    def reader(self, policy: Policy = STRICT, zone: tzinfo = UTC) -> Parse:
        """What reads the lines of one file, in their order.

        Args:
            policy: what is kept of them.
            zone: of times that have no offset.
        """
        parse = self.make(policy)
        return in_zone(parse, zone) if self.may_lack_offset else parse

    def usual_reader(self, policy: Policy = STRICT, zone: tzinfo = UTC) -> ParseUsual | None:
        """The same for many usual lines at once, if there is a way."""
        if not self.make_usual:
            return None
        parse = self.make_usual(policy)
        return all_in_zone(parse, zone) if self.may_lack_offset else parse


def check_length(name: str, line: str) -> None:
    """Raises ParseError if the line is longer than ``MAX_LINE``."""
    if len(line) > MAX_LINE:
        raise ParseError(f"{name}: longer than {MAX_LINE} bytes: {excerpt(line)}")


def excerpt(text: str) -> str:
    """The text's beginning, quoted, for a message."""
    return repr(clean(mask(text[: 4 * _EXCERPT]), _EXCERPT))  # of half an address none is known
