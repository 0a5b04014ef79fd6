"""What a log format is: how to recognise a request on a line and read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logwatcher.core.event import Event, ParseError
from logwatcher.core.text import clean

MAX_LINE = 64 * 1024
"""Longer lines are rejected: no server writes them, and they cost memory."""

_EXCERPT = 60

Parse = Callable[[str], Event]
"""A line without its end → its event. Raises ParseError; ``Header`` if that is no fault."""

ParseUsual = Callable[[Sequence[str]], list[Event | None]]
"""Many lines at once → what ``Parse`` makes of each; None where only ``Parse`` can tell."""


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
        parse: reads a line that needs no other line to be understood.
        start: makes a ``parse`` for one file, where its header lines say what follows.
        is_general: fits lines that another format may describe better.
        parse_usual: reads most lines as ``parse`` does, in less time; None if there is no way.
    """

    name: str
    about: str
    sample: str
    parse: Parse
    start: Callable[[], Parse] | None = None
    is_general: bool = False
    parse_usual: ParseUsual | None = None

    def reader(self) -> Parse:
        """What reads the lines of one file, in their order."""
        return self.start() if self.start else self.parse


def check_length(name: str, line: str) -> None:
    """Raises ParseError if the line is longer than ``MAX_LINE``."""
    if len(line) > MAX_LINE:
        raise ParseError(f"{name}: longer than {MAX_LINE} bytes: {excerpt(line)}")


def excerpt(text: str) -> str:
    """The text's beginning, quoted, for a message."""
    return repr(clean(text[: 2 * _EXCERPT], _EXCERPT))
