"""Time zones by their names, and this machine's."""

from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

LOCAL = "local"
"""The name of this machine's zone."""

_HINT = "give one like Europe/Berlin, UTC or local"


class ZoneError(ValueError):
    """There is no such zone: says what to do."""


class Machine(tzinfo):
    """The zone of this machine, with all changes of its clock."""

    def utcoffset(self, time: datetime | None) -> timedelta | None:
        if time is None:
            return None
        wall = time.replace(tzinfo=None)
        return timedelta(seconds=wall.replace(tzinfo=UTC).timestamp() - wall.timestamp())

    def dst(self, time: datetime | None) -> None:
        return None

    def tzname(self, time: datetime | None) -> str | None:
        return None if time is None else time.replace(tzinfo=None).astimezone().tzname()

    def __str__(self) -> str:
        return "times of this machine's zone"


MACHINE = Machine()


def find_zone(name: str) -> tzinfo:
    """The zone of this name, ``Europe/Berlin``, or this machine's. Raises ZoneError."""
    if name == LOCAL:
        return MACHINE
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder, a path out of it, not there
        pass
    known = available_timezones()
    if not known:
        raise ZoneError(f"no zones are installed to find {name!r} in; run: pip install tzdata")
    by_name = {zone.rpartition("/")[2].lower(): zone for zone in sorted(known)}
    by_name |= {zone.lower(): zone for zone in known}
    close = get_close_matches(name.lower(), by_name, 1, 0.7)
    hint = f"did you mean {by_name[close[0]]!r}?" if close else _HINT
    raise ZoneError(f"unknown {name[:60]!r}; {hint}")
