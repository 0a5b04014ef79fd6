"""Finds the format that lines have, and says so where it can't be certain."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from math import log10
from statistics import median

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats.format import Format, Header, Parse
from logwatcher.core.formats.table import FORMATS
from logwatcher.core.formats.zone import Wall
from logwatcher.core.privacy import STRICT, Policy

MAX_LINES = 200
"""Lines that are looked at."""

_USUAL_MEDIAN_US = 3_000
_USUAL_LONGEST_US = 10_000_000
_PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a format describes some lines.

    Attributes:
        format: of them.
        matched: lines that are events.
        headers: lines that belong to the format and are no requests.
        median_us: of the latencies; None if there is none.
        longest_us: of the latencies.
        lacks_offset: whether there are times without one.
    """

    format: Format
    matched: int
    headers: int
    median_us: float | None
    longest_us: int
    lacks_offset: bool

    @property
    def lines(self) -> int:
        """Lines that belong to the format."""
        return self.matched + self.headers


@dataclass(frozen=True, slots=True)
class Detection:
    """Which formats some lines fit.

    Attributes:
        lines: how many there were; empty ones don't count.
        fits: the formats that fit at least one of them, the best first.
        doubt: why the first one may be wrong and what to do then; empty if it can't be.
    """

    lines: int
    fits: tuple[Fit, ...]
    doubt: str

    @property
    def format(self) -> Format | None:
        """The best one, if at least half of the lines fit it."""
        is_likely = self.fits and 2 * self.fits[0].lines >= self.lines
        return self.fits[0].format if is_likely else None

    @property
    def lacks_offset(self) -> bool:
        """Whether its times need a zone."""
        return self.format is not None and self.fits[0].lacks_offset


def detect(lines: Iterable[str], formats: Iterable[Format] = FORMATS.values()) -> Detection:
    """Which of the formats fit the first ``MAX_LINES`` of these lines, and how many of them.

    Of those that fit equally many the more specific one is the best, then one with
    latency, then one whose latencies are more usual; the choice among the last is in doubt.
    """
    sample = [line for line in lines if line.strip()][:MAX_LINES]
    found = [fit for format_ in formats if (fit := _fit(format_, sample)).matched]
    fits = tuple(sorted(found, key=_rank))
    return Detection(len(sample), fits, _doubt(fits))


def _fit(format_: Format, lines: Sequence[str]) -> Fit:
    parse = format_.make(STRICT)
    events: list[Event] = []
    headers = 0
    for line in lines:
        try:
            events.append(parse(line))
        except Header:
            headers += 1
        except ParseError:
            pass
    durations = [event.duration_us for event in events if event.duration_us is not None]
    middle = median(durations) if durations else None
    lacks_offset = any(type(event.time_us) is Wall for event in events)
    return Fit(format_, len(events), headers, middle, max(durations, default=0), lacks_offset)


def _rank(fit: Fit) -> tuple[int, bool, bool, float]:
    return -fit.lines, fit.format.is_general, fit.median_us is None, _oddity(fit)


def _oddity(fit: Fit) -> float:
    """How many powers of ten the latencies are away from usual ones."""
    if fit.median_us:
        return abs(log10(fit.median_us / _USUAL_MEDIAN_US))
    return abs(log10(fit.longest_us / _USUAL_LONGEST_US)) if fit.longest_us else 0.0


def _doubt(fits: Sequence[Fit]) -> str:
    """Formats as specific as the best one, which fit as many lines."""
    if not fits:
        return ""
    best = fits[0]
    rivals = [
        fit.format.name
        for fit in fits[1:]
        if (fit.lines, fit.format.is_general) == (best.lines, best.format.is_general)
    ]
    if not rivals:
        return ""
    name = best.format.name
    why = "its latencies are the most usual" if best.median_us is not None else "it comes first"
    options = " or ".join(f"--format {rival}" for rival in rivals)
    return (
        f"the lines fit {name} and {' and '.join(rivals)} alike; {name} is taken, since {why};"
        + (f" if that is wrong, use {options}")
    )


def read_after(
    lines: Iterable[str], format_: Format, policy: Policy = STRICT, zone: tzinfo = UTC
) -> Parse:
    """What reads the lines of a file after these first ones, whose headers may say how."""
    parse = format_.reader(policy, zone)
    if format_.has_headers:
        for line in lines:
            with suppress(ParseError):
                parse(line)
    return parse


class AutoParse:
    """Reads the lines of one file in the format that they have, and in the next one they get.

    The first lines decide, and again while there are few of them; later ones only if none
    of the last lines match, as after a change of the server's configuration.
    """

    def __init__(
        self,
        lines: Iterable[str] = (),
        found: Callable[[Detection], None] = lambda detection: None,
        policy: Policy = STRICT,
        zone: tzinfo = UTC,
    ) -> None:
        """Begin with lines that were read before, from the same file.

        Args:
            lines: the first of the file; they make no events.
            found: told when another format is found.
            policy: what the events keep.
            zone: of times that have no offset.
        """
        self._zone = zone
        self._found = found
        self._policy = policy
        self._format: Format | None = None
        self._parse: Parse | None = None
        self._sample = [line for line in lines if line.strip()][:MAX_LINES]
        self._misses = 0
        self._decide(self._sample)

    def __call__(self, line: str) -> Event:
        """The line's event. Raises ParseError, also as long as no format is found."""
        if len(self._sample) < _PATIENCE or self._parse is None:
            self._learn(line)
        if self._parse is None:
            if line.startswith("#"):
                raise Header("a header of a format that is not known yet")
            raise ParseError("the format is not known yet; see: logwatcher formats")
        try:
            event = self._parse(line)
        except Header:
            raise
        except ParseError:
            self._misses += 1
            if self._misses < _PATIENCE:
                raise
            self._misses = 0
            self._sample = []  # what comes now decides
            raise
        self._misses = 0
        return event

    def _learn(self, line: str) -> None:
        if len(self._sample) >= _PATIENCE:
            self._sample = []
        self._sample.append(line)
        count = len(self._sample)
        if self._parse is None:
            is_time = self._is_promising(line)
        else:
            is_time = count & (count - 1) == 0 or count == _PATIENCE
        if is_time:
            self._decide(self._sample[:-1])

    def _is_promising(self, line: str) -> bool:
        """Whether to look at all lines again; those of what is no access log cost little."""
        has_headers = any(before.startswith("#") for before in self._sample)
        return has_headers or bool(detect([line]).fits)

    def _decide(self, before: Sequence[str]) -> None:
        """Take the format of the sample; ``before`` it were these lines, headers maybe."""
        detection = detect(self._sample)
        if detection.format is None or detection.format is self._format:
            return
        self._format = detection.format
        self._parse = read_after(before, self._format, self._policy, self._zone)
        self._found(detection)
