"""How well what is read line by line is read: what is stored of it, and what that means."""

from dataclasses import dataclass, replace
from typing import NamedTuple

MAX_SAMPLES = 5
MINUTES = 10
"""So many minutes back is recent."""

UNSEEN_US = 15_000_000
"""Who reads an input says so every ``REPORT_S``; after this it isn't read any more."""
REPORT_S = 5.0
BAD_SHARE = 0.02
"""From this share of recent lines that don't match on, something is wrong."""
BEHIND_BYTES = 8 * 1024 * 1024
SILENT_US = 60_000_000
MISSED_REQUESTS = 30
"""So many requests were to be expected: by chance none comes once in 10^13 times."""

_MINUTE_US = 60_000_000


class Sample(NamedTuple):
    """Why a line was no event, and the line or its beginning; both masked, to be shown."""

    reason: str
    line: str


class Condition(NamedTuple):
    """What the reader of an input says of it now and then.

    Attributes:
        format: name of its format; empty: not known yet.
        behind: bytes that are there and not read yet.
        problem: why nothing can be read; empty: nothing is wrong.
        problem_us: since when, µs; 0 without a problem.
    """

    format: str = ""
    behind: int = 0
    problem: str = ""
    problem_us: int = 0


UNKNOWN = Condition()
"""Nothing has been said yet."""


class Minute(NamedTuple):
    """What was read in one minute.

    Attributes:
        number: minutes since the epoch.
        lines: matched or not.
        unmatched: lines that were no event.
    """

    number: int
    lines: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class Health:
    """All that is known of an input: a file, a syslog sender, standard input.

    Attributes:
        name: the file's path, or what else it is.
        source: what its requests are stored under.
        condition: as its reader has said it last.
        seen_us: when that was.
        lines: read so far; empty ones and headers don't count.
        unmatched: those that were no event.
        last_us: the time of its newest request; 0: none yet.
        samples: of the newest lines that didn't match, each different, the newest first.
        minutes: the newest ones in which something was read, ascending.
    """

    name: str
    source: str
    condition: Condition = UNKNOWN
    seen_us: int = 0
    lines: int = 0
    unmatched: int = 0
    last_us: int = 0
    samples: tuple[Sample, ...] = ()
    minutes: tuple[Minute, ...] = ()

    def read(
        self, now_us: int, lines: int, unmatched: int, last_us: int, samples: tuple[Sample, ...]
    ) -> "Health":
        """This and so many lines more; a newest request later than now counts as now."""
        if not lines:
            return replace(self, seen_us=now_us)
        number = now_us // _MINUTE_US
        minutes = {minute.number: minute for minute in self.minutes}
        of = minutes.get(number, Minute(number, 0, 0))
        minutes[number] = Minute(number, of.lines + lines, of.unmatched + unmatched)
        return replace(
            self,
            seen_us=now_us,
            lines=self.lines + lines,
            unmatched=self.unmatched + unmatched,
            last_us=max(self.last_us, min(last_us, now_us)),
            samples=tuple(dict.fromkeys((*samples[::-1], *self.samples)))[:MAX_SAMPLES],
            minutes=tuple(minutes[key] for key in sorted(minutes)[-MINUTES:]),
        )

    def recent(self, now_us: int) -> tuple[int, int]:
        """Lines, and those of them that didn't match, of the last ``MINUTES``."""
        first = now_us // _MINUTE_US - MINUTES
        recent = [minute for minute in self.minutes if minute.number > first]
        return sum(of.lines for of in recent), sum(of.unmatched for of in recent)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a health means for who looks at it.

    Attributes:
        state: one of ``STATES``.
        is_bad: whether something should be done.
        text: the state in words, with figures; times are the page's to say.
        since_us: what the state counts from, µs; 0: nothing.
    """

    state: str
    is_bad: bool
    text: str
    since_us: int = 0


STATES = ("unread", "missing", "unmatched", "silent", "behind", "quiet", "following")
"""Not read by any process, not there, lines don't match, stopped, late, idle, all is well."""


def diagnose(of: Health, now_us: int, usual_per_s: float = 0.0) -> Diagnosis:
    """The worst that is wrong.

    Args:
        of: the input.
        now_us: µs.
        usual_per_s: requests per second in the hour that ended with the newest one: a log
            that stopped is told from one that is quiet by how many should have come since.
    """
    if now_us - of.seen_us > UNSEEN_US:
        return Diagnosis("unread", False, "not read by any process", of.seen_us)
    if of.condition.problem:
        return Diagnosis("missing", True, of.condition.problem, of.condition.problem_us)
    lines, unmatched = of.recent(now_us)
    if unmatched >= max(BAD_SHARE * lines, 1):
        share = f"{unmatched:,} of the last {lines:,} lines don't match"
        return Diagnosis("unmatched", True, share)
    if of.condition.behind > BEHIND_BYTES:
        return Diagnosis("behind", False, f"{of.condition.behind / 1e6:,.0f} MB behind")
    silent_us = now_us - of.last_us
    if not of.last_us:
        return Diagnosis("quiet", False, "no request yet")
    if silent_us < SILENT_US:
        return Diagnosis("following", False, "following")
    if usual_per_s * silent_us / 1e6 >= MISSED_REQUESTS:
        text = f"silent, where {60 * usual_per_s:,.0f} requests a minute were usual"
        return Diagnosis("silent", True, text, of.last_us)
    return Diagnosis("quiet", False, "quiet", of.last_us)
