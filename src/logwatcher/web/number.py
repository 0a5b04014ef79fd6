"""Numbers as text: three significant digits, a thin space and the unit.

``frontend/src/numberFormat.js`` writes the same; both are held to tests/data/numbers.json.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

THIN_SPACE = "\u2009"
NOTHING = "–"
PER_SECOND_FROM = 10
"""From this many requests a second on, a rate is given per second; below it per minute."""

_SUFFIXES = ("", "k", "M", "G", "T")


def digits(value: float) -> str:
    """Three significant digits, at most two decimals, of a number that is not negative."""
    if value == 0:
        return "0"
    if value < 0.005:
        return "<0.01"
    exact, power = Decimal(value), 0
    while power < len(_SUFFIXES) - 1 and _rounded(exact, 0) >= 1000:
        exact /= 1000
        power += 1
    places = next((n for n in (2, 1) if _rounded(exact, n) < 10 ** (3 - n)), 0)
    return f"{_rounded(exact, places)}{_SUFFIXES[power]}"


def parts(kind: str, value: float | None) -> tuple[str, str]:
    """Figure and unit of a ``count``, ``percent`` (a ratio), ``seconds`` or ``rate`` (per s)."""
    return (NOTHING, "") if value is None else _KINDS[kind](value)


def text(kind: str, value: float | None) -> str:
    """Figure, thin space and unit."""
    figure, unit = parts(kind, value)
    return f"{figure}{THIN_SPACE}{unit}" if unit else figure


def size(count: float) -> str:
    """So many bytes, with a decimal prefix."""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{digits(count / least)}{THIN_SPACE}{unit}"
    return f"{round(count)}{THIN_SPACE}B" if count else "0"


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _count(value: float) -> tuple[str, str]:
    return (str(int(value)) if value < 1000 else digits(value)), ""


def _percent(value: float) -> tuple[str, str]:
    return digits(value * 100), "%"


def _seconds(value: float) -> tuple[str, str]:
    in_ms = value * 1000
    if _rounded(Decimal(in_ms), 0) < 1000:
        return digits(in_ms), "ms"
    return digits(value), "s"


def _rate(value: float) -> tuple[str, str]:
    if value >= PER_SECOND_FROM:
        return digits(value), "req/s"
    return digits(value * 60), "req/min"


_KINDS: dict[str, Callable[[float], tuple[str, str]]] = {
    "count": _count,
    "percent": _percent,
    "seconds": _seconds,
    "rate": _rate,
}
