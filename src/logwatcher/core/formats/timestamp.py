"""Times as logs write them → µs since 1970-01-01 UTC."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from logwatcher.core.event import ParseError
from logwatcher.core.formats.format import excerpt
from logwatcher.core.formats.zone import Wall

LATEST_YEAR = 2099
"""Times from 1971 to the end of this year are believed."""

_MIN_US = 365 * 86_400 * 1_000_000
_MAX_US = int(datetime(LATEST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
LONGEST = 40

MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}

CLF_TIME = r"\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}"
_is_clf = re.compile(CLF_TIME, re.ASCII).fullmatch


@lru_cache(maxsize=1024)
def clf_time(text: str) -> int:
    """``10/Oct/2000:13:55:36 -0700`` in µs since the epoch. Raises ParseError."""
    if not _is_clf(text):
        raise ParseError(f"no such time: {excerpt(text)}")
    second = int(text[18:20])
    if second > 60:
        raise ParseError(f"no such time: {text!r}")
    # A leap second has no time of its own in UNIX time.
    return (_clf_minute(text[:17], text[21:]) + min(second, 59)) * 1_000_000


@lru_cache(maxsize=1024)
def _clf_minute(minute: str, offset: str) -> int:
    """Apart from the seconds, since most lines share their minute with others."""
    hours, minutes = int(offset[1:3]), int(offset[3:5])
    try:
        month = MONTHS[minute[3:6]]
        hour = int(minute[12:14])
        local = datetime(
            int(minute[7:11]), month, int(minute[:2]), hour, int(minute[15:17]), tzinfo=UTC
        )
    except (KeyError, ValueError):
        raise ParseError(f"no such time: {minute!r}") from None
    if not 1970 < local.year <= LATEST_YEAR or hours > 14 or minutes > 59:
        raise ParseError(f"not a time from 1971 to {LATEST_YEAR}: '{minute} {offset}'")
    shift = hours * 3600 + minutes * 60
    return int(local.timestamp()) - (shift if offset[0] == "+" else -shift)


_CLF = re.compile(rf"\[?({CLF_TIME})\]?", re.ASCII)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::(\d\d)([.,]\d{1,9})?)? ?(Z|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)


def iso_time(text: str) -> int:
    """``2024-05-12T06:25:03.123Z`` and its variants; ``Wall`` without a ``Z`` or an offset."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ParseError(f"no such time: {excerpt(text)}")
    second, fraction, zone, sign, hours, minutes = match.groups()
    shift = 0
    if sign is not None:
        shift = int(hours) * 3600 + int(minutes or 0) * 60
        if int(hours) > 14 or int(minutes or 0) > 59:
            raise ParseError(f"no such time: {text!r}")
        if sign == "-":
            shift = -shift
    if second is not None and second > "60":
        raise ParseError(f"no such time: {text!r}")
    seconds = _iso_minute(text[:10], text[11:16]) - shift + min(int(second or 0), 59)
    time_us = bounded_time(
        seconds * 1_000_000 + (int(f"{fraction[1:]:0<6.6}") if fraction else 0), text
    )
    return time_us if zone else Wall(time_us)


@lru_cache(maxsize=1024)
def _iso_minute(date: str, minute: str) -> int:
    try:
        return int(datetime.fromisoformat(f"{date}T{minute}+00:00").timestamp())
    except ValueError:
        raise ParseError(f"no such time: '{date} {minute}'") from None


def epoch_time(number: float) -> int:
    """Seconds, ms, µs or ns since the epoch: no two of them overlap.

    Smaller units are believed from 1998 on, so that a second of a far year is none of them.
    """
    if 3e7 <= number < 5e9:
        return bounded_time(round(number * 1_000_000), number)
    if 9e11 <= number < 5e12:
        return bounded_time(round(number * 1000), number)
    if 9e14 <= number < 5e15:
        return bounded_time(int(number), number)
    if 9e17 <= number < 5e18:
        return bounded_time(int(number) // 1000, number)
    raise ParseError(f"not a time from 1971 to {LATEST_YEAR}: {excerpt(str(number))}")


def bounded_time(time_us: int, text: object) -> int:
    """The time, or ParseError if it is not one to believe."""
    if not _MIN_US <= time_us < _MAX_US:
        raise ParseError(f"not a time from 1971 to {LATEST_YEAR}: {str(text)!r}")
    return time_us


_EPOCH = re.compile(r"\d{8,20}(?:\.\d{1,12})?", re.ASCII)


def any_time(value: object) -> int:
    """A time in whichever of these ways it is written. Raises ParseError if in none."""
    if isinstance(value, str) and len(value) <= LONGEST:
        return text_time(value)
    if isinstance(value, float | int):
        return epoch_time(value)
    raise ParseError(f"not a time: {excerpt(str(value))}")


@lru_cache(maxsize=1024)
def text_time(text: str) -> int:
    """The same of a text of at most ``LONGEST``."""
    if match := _CLF.fullmatch(text):
        return clf_time(match[1])
    if _EPOCH.fullmatch(text):
        return epoch_time(float(text) if "." in text else int(text))
    return iso_time(text)
