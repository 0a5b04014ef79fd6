"""Times that a log tells without an offset, and the zone that makes them UTC."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from logwatcher.core.event import Event

_MINUTE_US = 60_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # on a wall


class Wall(int):
    """µs since 1970 as a clock on a wall shows them, somewhere."""

    __slots__ = ()


def to_utc(time: Wall, zone: tzinfo) -> int:
    """µs since 1970-01-01 UTC.

    Of a time that is there twice, when clocks are set back, it is the first one; of one
    that is not there, when they are set forward, it is as if they had not been yet.
    """
    return int(time) - _offset_us(time // _MINUTE_US, zone)


@lru_cache(maxsize=1024)
def _offset_us(minute: int, zone: tzinfo) -> int:
    wall = _EPOCH + timedelta(minutes=minute)
    return (wall.replace(tzinfo=zone).utcoffset() or timedelta()) // _MICROSECOND


def in_zone(parse: Callable[[str], Event], zone: tzinfo) -> Callable[[str], Event]:
    """Reads what ``parse`` does, with its times in UTC."""

    def read(line: str) -> Event:
        event = parse(line)
        time = event.time_us
        return event._replace(time_us=to_utc(time, zone)) if type(time) is Wall else event

    return read


def all_in_zone(
    parse: Callable[[Sequence[str]], list[Event | None]], zone: tzinfo
) -> Callable[[Sequence[str]], list[Event | None]]:
    """The same of many lines."""

    def read(lines: Sequence[str]) -> list[Event | None]:
        events = parse(lines)
        for index, event in enumerate(events):
            if event is not None and type(time := event.time_us) is Wall:
                events[index] = event._replace(time_us=to_utc(time, zone))
        return events

    return read
