"""Who looks at a page, and what they may do: what templates ask before they offer something."""

from dataclasses import dataclass
from enum import IntEnum

from django.http import HttpRequest

_KEY = "logwatcher.visitor"


class Right(IntEnum):
    """What somebody may do; each includes those before it."""

    NOTHING = 0
    LOOK = 1  # at the page, its data and its stream
    INSPECT = 2  # also at the settings, where sources show lines that don't match
    CONTROL = 3  # also the mock traffic and tokens
    MANAGE = 4  # also users


@dataclass(frozen=True, slots=True)
class Visitor:
    """One of them.

    Attributes:
        name: of the user; empty: nobody who has logged in.
        can_log_in: there is somewhere to log in.
        is_forwarded: a proxy has signed in the user, who has neither session nor password here.
    """

    right: Right
    name: str = ""
    can_log_in: bool = False
    is_forwarded: bool = False

    @property
    def can_inspect(self) -> bool:
        """Whether the settings may be seen."""
        return self.right >= Right.INSPECT

    @property
    def can_control(self) -> bool:
        """Whether traffic and tokens may be changed."""
        return self.right >= Right.CONTROL

    @property
    def can_manage(self) -> bool:
        """Whether users may be changed."""
        return self.right >= Right.MANAGE


OWNER = Visitor(Right.CONTROL)
"""Who is let in where there are no users of ours: in a project, and on this machine alone."""


def remember(request: HttpRequest, visitor: Visitor) -> None:
    """For the templates of the answer."""
    request.META[_KEY] = visitor


def visitor_of(request: HttpRequest) -> Visitor:
    """Whom the request was let in as."""
    found: Visitor = request.META.get(_KEY, OWNER)
    return found
