"""How long a request took, as logs write it → µs."""

import re

MAX_DURATION_US = 10**13
"""About 115 days: no request takes longer, so what is longer is not known."""

SCALES = {"us": 1.0, "ms": 1000.0, "s": 1_000_000.0, "ns": 0.001}
"""µs per unit."""

_MAX_VALUE = 10**18
_MAX_TEXT = 1000
_is_number = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,2})?", re.ASCII).fullmatch
_WITH_ONE_UNIT = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)(h|ms|us|µs|μs|ns|m|s)", re.ASCII)
_WITH_UNITS = re.compile(r"(?:\d{1,18}(?:\.\d{1,18})?(?:h|ms|us|µs|μs|ns|m|s)){1,6}", re.ASCII)
_WITH_UNIT = re.compile(r"([\d.]+)(\D+)", re.ASCII)
_UNITS = SCALES | {"µs": 1.0, "μs": 1.0, "m": 60e6, "h": 3600e6}
_SEPARATOR = re.compile(r"\s*[,:]\s*")


def number_duration(value: float, scale: float) -> int | None:
    """A number of units of ``scale`` µs; None if it is negative, infinite or no number."""
    if not 0 <= value < _MAX_VALUE:
        return None
    duration = value * scale
    return int(duration + 0.5) if duration < MAX_DURATION_US else None


def text_duration(text: str, scale: float) -> int | None:
    """``0.142``, or the sum of a list ``0.01, 0.2 : 0.3``; None where there is no number.

    With a unit, ``22ms`` or ``1m2.5s``, that one holds instead of ``scale``.
    """
    if len(text) > _MAX_TEXT:
        return None
    if _is_number(text):
        return number_duration(float(text), scale)
    if "," in text or ":" in text:
        numbers = [part for part in _SEPARATOR.split(text) if _is_number(part)]
        return number_duration(sum(map(float, numbers)), scale) if numbers else None
    return unit_duration(text)


def unit_duration(text: str) -> int | None:
    """``22ms``, ``1.5s`` or ``1m2.5s``; None if it is written in another way."""
    if len(text) > _MAX_TEXT:
        return None
    if simple := _WITH_ONE_UNIT.fullmatch(text):
        return number_duration(float(simple[1]) * _UNITS[simple[2]], 1.0)
    if not _WITH_UNITS.fullmatch(text):
        return None
    parts = _WITH_UNIT.findall(text)
    return number_duration(sum(float(number) * _UNITS[unit] for number, unit in parts), 1.0)


def any_duration(value: object, scale: float) -> int | None:
    """A number or a text; None if it is neither, or says nothing."""
    if isinstance(value, str):
        return text_duration(value, scale)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return number_duration(value, scale)
    return None
