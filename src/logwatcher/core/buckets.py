"""What buckets are of: an endpoint and a time step."""

from typing import NamedTuple

STEPS = (5, 60, 3600)
"""The steps that are stored, in seconds; each divides the next."""


class Endpoint(NamedTuple):
    """Method and route at one source; both empty: all of the source's endpoints together."""

    source: str
    method: str = ""
    route: str = ""

    @property
    def is_total(self) -> bool:
        """Whether this stands for all endpoints of the source."""
        return not self.route


def align(time_s: int, step: int) -> int:
    """The start of the bucket that holds this time, before 1970 too."""
    return time_s - time_s % step
