"""How long each kind of data is kept: as it is written in a setting, and since when that is."""

import re
from itertools import accumulate
from typing import NamedTuple

from logwatcher.core.buckets import STEPS, align
from logwatcher.core.kept import ALWAYS, Kept

REQUESTS = "7d 2GB"
FIGURES = "5s:2d 1m:35d 1h:400d"
FOREVER = "forever"

HOUR, DAY = 3600, 86_400
NAMES = {"5s": 5, "1m": 60, "1h": 3600}
"""What is written for each of ``STEPS``."""
LEAST_REQUESTS_S = HOUR
LEAST_BYTES = 10_000_000
LEAST_S = {5: DAY, 60: 8 * DAY, 3600: 31 * DAY}
"""The ranges up to now that may be drawn with these steps are shorter: 6 h, 7 d, 30 d."""

_UNITS = {"h": HOUR, "d": DAY}
_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_ALIGNED = (60, 3600, 12 * HOUR)
"""Seconds that the time since when each of ``STEPS`` is kept is a multiple of; see ``Kept``."""


class RetentionError(ValueError):
    """A limit that can't be used: which part of it, and what to write."""


class Limits(NamedTuple):
    """What is kept; None: without a limit.

    Attributes:
        requests_s: how old a raw request may get, seconds.
        requests_bytes: how much room raw requests may take.
        figures_s: how old a bucket of each of ``STEPS`` may get, seconds.
    """

    requests_s: int | None
    requests_bytes: int | None
    figures_s: tuple[int | None, ...]


def limits(requests: str = REQUESTS, figures: str = FIGURES) -> Limits:
    """The limits written so. Raises RetentionError."""
    return Limits(*requests_limits(requests), figures_limits(figures))


def requests_limits(text: str) -> tuple[int | None, int | None]:
    """Age in seconds and size in bytes of ``7d 2GB``, of one of them, or ``forever``.

    Raises:
        RetentionError: it is none of these.
    """
    age = size = None
    for word in _words(text):
        if word == FOREVER and len(_words(text)) == 1:
            continue
        if age is None and re.fullmatch(r"\d{1,6}[hd]", word, re.ASCII):
            age = _age(word)
        elif size is None and re.fullmatch(r"\d{1,6}[MGT]B", word, re.ASCII):
            size = int(word[:-2]) * _SIZES[word[-2:]]
        else:
            raise RetentionError(
                f"{word!r} is no limit; give an age, a size or both, like {REQUESTS}, or {FOREVER}"
            )
    if age is not None and age < LEAST_REQUESTS_S:
        raise RetentionError(f"{text!r} is too short; keep requests for at least 1h")
    if size is not None and size < LEAST_BYTES:
        raise RetentionError(f"{text!r} is too small; give requests at least 10MB")
    return age, size


def figures_limits(text: str) -> tuple[int | None, ...]:
    """Age in seconds per step of ``5s:2d 1m:35d 1h:400d``; steps left out keep their default.

    Raises:
        RetentionError: it is not written so, or a step is kept too short.
    """
    ages: dict[int, int | None] = {}
    for word in [*_words(FIGURES), *_words(text)]:
        match = re.fullmatch(rf"({'|'.join(NAMES)}):(\d{{1,6}}[hd]|{FOREVER})", word, re.ASCII)
        if not match:
            raise RetentionError(
                f"{word!r} is no step with an age; give some of {FIGURES}, or 1h:{FOREVER}"
            )
        ages[NAMES[match[1]]] = None if match[2] == FOREVER else _age(match[2])
    for name, step in NAMES.items():
        if (ages[step] or LEAST_S[step]) < LEAST_S[step]:
            least = LEAST_S[step] // DAY
            raise RetentionError(f"{name} is kept too short; the page needs at least {least}d")
    for (finer, fine), (coarser, coarse) in zip(
        list(NAMES.items())[:-1], list(NAMES.items())[1:], strict=True
    ):
        if (ages[coarse] or 1 << 40) < (ages[fine] or 1 << 40):
            raise RetentionError(
                f"{coarser} is kept shorter than {finer}; keep it at least as long"
            )
    return tuple(ages[step] for step in STEPS)


def kept(limits: Limits, requests: int, before: Kept, now: int) -> Kept:
    """Since when each kind is kept from now on.

    What was deleted doesn't come back when a limit is raised: no time goes back, but for those
    ahead of the clock, which must have been wrong then.

    Args:
        limits: see there.
        requests: since when raw requests take no more room than they may, seconds.
        before: what is so far.
        now: seconds.
    """
    since = (
        _advance(old, age, now, unit)
        for old, age, unit in zip(before.steps, limits.figures_s, _ALIGNED, strict=True)
    )
    steps = tuple(accumulate(reversed(list(since)), max))[::-1]
    return Kept(max(requests, _advance(before.requests, limits.requests_s, now, 1)), steps)


def age_text(age_s: int | None) -> str:
    """``7 days``, ``36 hours``, ``forever``."""
    if age_s is None:
        return "forever"
    unit, name = (DAY, "day") if age_s % DAY == 0 else (HOUR, "hour")
    count = age_s // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def exceeded(limits: Limits, age_s: float) -> list[str]:
    """What of requests as old as that is not kept, each with its limit."""
    names = ("requests", "figures per 5 s", "figures per minute", "figures per hour")
    ages = (limits.requests_s, *limits.figures_s)
    return [
        f"{name} after {age_text(limit)}"
        for name, limit in zip(names, ages, strict=True)
        if limit is not None and age_s > limit
    ]


def _advance(old: int, age: int | None, now: int, unit: int) -> int:
    next_start = align(now + unit - 1, unit)
    wanted = ALWAYS if age is None else align(now - age, unit)
    return max(min(old, next_start), wanted)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _age(word: str) -> int:
    return int(word[:-1]) * _UNITS[word[-1]]
