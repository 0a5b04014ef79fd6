"""Made-up traffic: what would have been requested until now, the same for the same seed."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import pi, sin

import numpy as np
from numpy.typing import NDArray

from logwatcher.core.event import Event
from logwatcher.core.route import ID
from logwatcher.sources.endpoints import Outcome, outcomes
from logwatcher.sources.scenarios import SCENARIOS, Scenario

CELL_US = 100_000
"""Requests are drawn for this much time at once, at a constant rate."""
MAX_GAP_US = 5_000_000
"""What happened longer before ``until`` was called is left out: the caller was asleep."""
MAX_DURATION_US = 60_000_000

_DAY_S, _DAILY, _PEAK_S = 86_400, 0.25, 15 * 3600
_FAST_S, _FAST = 360, 0.15
_SLOW_SHARE, _SLOW_SHAPE, _SLOW_FACTOR = 0.01, 1.5, 2.0
_SIZE_SIGMA = 0.5
_FIRST_ID, _IDS = 1000, 9000

_Ints = NDArray[np.int64]


def wave(time_s: float) -> float:
    """Factor on the rate: a slow wave with its peak at 15:00 UTC and one of six minutes.

    Its mean over a day is 1.
    """
    daily = 1 + _DAILY * sin(2 * pi * ((time_s - _PEAK_S) / _DAY_S + 0.25))
    return daily * (1 + _FAST * sin(2 * pi * time_s / _FAST_S))


class MockTraffic:
    """Requests to a made-up shop, in order, arriving as a Poisson process.

    They depend on the seed, the start and the settings alone, not on when they are asked
    for: they are drawn per cell of time, each from a generator of its own.
    """

    def __init__(self, seed: int, start_us: int, rate: float, scenario: str = "normal") -> None:
        self._seed = seed
        self._start_us = start_us
        self._until_us = start_us - 1
        self._settings = [_Setting(0, start_us, rate, SCENARIOS[scenario], start_us)]
        self._cell: tuple[int, list[Event]] = (-1, [])

    def set(self, *, at_us: int, rate: float | None = None, scenario: str | None = None) -> None:
        """Change what is given from ``at_us`` on, or from the last ``until`` if that is later.

        A scenario that is already on goes on; it does not begin again.

        Args:
            at_us: when; not before an earlier change.
            rate: mean events per second in normal traffic; 0: none.
            scenario: a key of ``SCENARIOS``.
        """
        last = self._settings[-1]
        rate = last.rate if rate is None else rate
        chosen = last.scenario if scenario is None else SCENARIOS[scenario]
        if (rate, chosen) == (last.rate, last.scenario):
            return
        since_us = last.since_us if chosen == last.scenario else at_us
        from_us = max(at_us, last.from_us, self._until_us + 1)
        self._settings.append(_Setting(last.number + 1, from_us, rate, chosen, since_us))
        self._cell = (-1, [])

    def until(self, now_us: int) -> list[Event]:
        """The events since the last call, of the last ``MAX_GAP_US`` at most."""
        after_us = max(self._until_us, now_us - MAX_GAP_US)
        if now_us <= after_us:
            return []
        events: list[Event] = []
        for number in range(self._number(after_us + 1), self._number(now_us) + 1):
            cell = self._events(number)
            first = bisect_right(cell, after_us, key=_time)
            events += cell[first : bisect_right(cell, now_us, lo=first, key=_time)]
        self._until_us = now_us
        self._forget()
        return events

    def _number(self, time_us: int) -> int:
        return (time_us - self._start_us) // CELL_US

    def _forget(self) -> None:
        """Drop settings that are over."""
        begin_us = self._start_us + self._number(self._until_us) * CELL_US
        while len(self._settings) > 1 and self._settings[1].from_us <= begin_us:
            self._settings.pop(0)

    def _events(self, number: int) -> list[Event]:
        """All events of a cell; the last one is remembered, since calls end within it."""
        if self._cell[0] != number:
            begin_us = self._start_us + number * CELL_US
            events: list[Event] = []
            for setting, until_us in self._settings_within(begin_us, begin_us + CELL_US):
                rng = np.random.default_rng([self._seed, number, setting.number])
                drawn = _draw(rng, begin_us, setting)
                events += [event for event in drawn if setting.from_us <= event[0] < until_us]
            self._cell = (number, events)
        return self._cell[1]

    def _settings_within(self, begin_us: int, end_us: int) -> list[tuple["_Setting", int]]:
        """Settings that hold in this time, each with the time when it is over."""
        last = (self._settings[-1], end_us)
        until = [(setting, after.from_us) for setting, after in pairwise(self._settings)]
        return [
            (setting, until_us)
            for setting, until_us in [*until, last]
            if setting.from_us < end_us and begin_us < until_us
        ]


def _time(event: Event) -> int:
    return event.time_us


@dataclass(frozen=True, slots=True)
class _Setting:
    number: int
    from_us: int
    rate: float
    scenario: Scenario
    since_us: int


def _draw(rng: np.random.Generator, begin_us: int, setting: _Setting) -> list[Event]:
    """The events of a whole cell, as if nothing but this setting had ever held."""
    middle_us = begin_us + CELL_US // 2
    strength = setting.scenario.strength((middle_us - setting.since_us) / 1e6)
    affected = setting.scenario.rate * strength
    factor = affected + 1 - strength
    mean = setting.rate * wave(middle_us / 1e6) * factor * CELL_US / 1e6
    if not (count := int(rng.poisson(mean))):
        return []
    times_us = begin_us + np.sort(rng.integers(0, CELL_US, count))
    return _table(setting.scenario).events(rng, times_us, rng.random(count) < affected / factor)


class _Table:
    """Every outcome of a scenario, followed by every outcome of normal traffic."""

    def __init__(self, scenario: Scenario) -> None:
        affected, normal = _outcomes(scenario), _outcomes(SCENARIOS["normal"])
        self._bounds = _bounds(affected), _bounds(normal)
        self._first_normal = len(affected)
        self._rows = rows = affected + normal
        self._latency_us = np.array([row.latency_ms * 1000 for row in rows])
        self._sigma = np.array([row.endpoint.sigma for row in rows])
        self._size = np.array([row.size for row in rows])

    def events(
        self, rng: np.random.Generator, times_us: _Ints, is_affected: NDArray[np.bool_]
    ) -> list[Event]:
        """An event for each time."""
        rows = self._choose(rng, is_affected)
        count = len(rows)
        sizes = self._size[rows] * np.exp(_SIZE_SIGMA * rng.standard_normal(count))
        ids = _FIRST_ID + (_IDS * rng.random(count) ** 2).astype(np.int64)
        durations_us = self._durations_us(rng, rows)
        columns = (column.tolist() for column in (times_us, ids, durations_us, sizes))
        return [
            _event(self._rows[row], time_us, str(id_), duration_us, int(size))
            for row, time_us, id_, duration_us, size in zip(rows.tolist(), *columns, strict=True)
        ]

    def _choose(self, rng: np.random.Generator, is_affected: NDArray[np.bool_]) -> _Ints:
        chance = rng.random(len(is_affected))
        affected, normal = (np.searchsorted(bounds, chance, "right") for bounds in self._bounds)
        rows: _Ints = np.where(is_affected, affected, self._first_normal + normal)
        return rows

    def _durations_us(self, rng: np.random.Generator, rows: _Ints) -> _Ints:
        """Log-normal; a few are far slower than that, by a power law."""
        count = len(rows)
        latency_us = self._latency_us[rows] * np.exp(self._sigma[rows] * rng.standard_normal(count))
        slowness = _SLOW_FACTOR * (1 + rng.pareto(_SLOW_SHAPE, count))
        latency_us *= np.where(rng.random(count) < _SLOW_SHARE, slowness, 1.0)
        durations_us: _Ints = np.minimum(latency_us, MAX_DURATION_US).astype(np.int64)
        return durations_us


@lru_cache
def _table(scenario: Scenario) -> _Table:
    return _Table(scenario)


def _outcomes(scenario: Scenario) -> list[Outcome]:
    return [outcome for endpoint in scenario.endpoints() for outcome in outcomes(endpoint)]


def _bounds(rows: Sequence[Outcome]) -> NDArray[np.float64]:
    """Which chance in [0, 1) means which row: those up to its bound."""
    bounds: NDArray[np.float64] = np.cumsum([row.share for row in rows])
    bounds /= bounds[-1]
    return bounds


def _event(outcome: Outcome, time_us: int, id_: str, duration_us: int, size: int) -> Event:
    return Event(
        time_us,
        outcome.endpoint.method,
        outcome.endpoint.route.replace(ID, id_),
        outcome.endpoint.route,
        outcome.status,
        duration_us,
        size,
        outcome.error_type,
        outcome.error_message.replace(ID, id_),
    )
