"""What one check found."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One line of the report.

    Attributes:
        level: fail: it doesn't work; warn: it does, but not for long, or for too many.
        name: of what was looked at.
        text: what was found, and what to do if it isn't ok.
    """

    level: Literal["ok", "warn", "fail"]
    name: str
    text: str
