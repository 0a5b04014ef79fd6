"""What has been taken in, by source, since the process began."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from logwatcher.core.event import Batch
from logwatcher.core.metric import Metric, by

MAX_SOURCES = 500
OTHER = "(other)"
"""What is counted of further sources."""


@dataclass(slots=True)
class Taken:
    """Of one source.

    Attributes:
        events: that were committed.
        unmatched: lines between them that were none.
        lag: seconds from when the newest batch's last event was to its commit.
        behind: bytes that are there and not read yet, by input.
    """

    events: int = 0
    unmatched: int = 0
    lag: float = 0.0
    behind: dict[str, int] = field(default_factory=dict)


class Intake:
    """Counts committed batches, once each; it costs the same however many events they have."""

    def __init__(self) -> None:
        self._sources: dict[str, Taken] = {}

    def add(self, batches: Iterable[Batch], now: float) -> None:
        """These were committed at this Unix time."""
        for batch in batches:
            taken = self._of(batch.source)
            taken.events += len(batch.events)
            taken.unmatched += batch.unmatched
            if batch.events:
                taken.lag = max(0.0, now - batch.events[-1].time_us / 1e6)
            if batch.condition:
                taken.behind[batch.input] = batch.condition.behind

    def metrics(self) -> list[Metric]:
        """Of each source."""
        of = self._sources
        behind = {key: sum(taken.behind.values()) for key, taken in of.items() if taken.behind}
        return [
            by(
                "source",
                "logwatcher_events_total",
                "counter",
                "Requests committed; a batch sent again counts again.",
                {key: taken.events for key, taken in of.items()},
            ),
            by(
                "source",
                "logwatcher_rejected_lines_total",
                "counter",
                "Lines that were no request.",
                {key: taken.unmatched for key, taken in of.items()},
            ),
            by(
                "source",
                "logwatcher_lag_seconds",
                "gauge",
                "From a request to its commit, for the last one committed.",
                {key: taken.lag for key, taken in of.items() if taken.events},
            ),
            by(
                "source",
                "logwatcher_behind_bytes",
                "gauge",
                "Bytes in logs that are not read yet.",
                behind,
            ),
        ]

    def _of(self, source: str) -> Taken:
        if source not in self._sources and len(self._sources) >= MAX_SOURCES:
            source = OTHER
        return self._sources.setdefault(source, Taken())
