"""Events as tests need them."""

import random
from collections.abc import Iterable, Sequence

from logwatcher.core.event import Event

NOON = 1_700_000_000 - 1_700_000_000 % 3600
"""A full hour, in seconds: 2023-11-14 22:00 UTC."""


def event(
    time_s: float = NOON,
    *,
    method: str = "GET",
    route: str = "/api/orders/{id}",
    status: int = 200,
    duration_s: float | None = 0.1,
    size: int | None = 512,
) -> Event:
    """One request; seconds become µs."""
    return Event(
        time_us=round(time_s * 1e6),
        method=method,
        path=route.replace("{id}", "7"),
        route=route,
        status=status,
        duration_us=None if duration_s is None else round(duration_s * 1e6),
        size=size,
        error_type="Boom" if status >= 500 else "",
        error_message="it broke" if status >= 500 else "",
        client="203.0.113.0/24",
        agent="Firefox",
    )


def events(
    n: int, *, seed: int = 1, start: float = NOON - 300, seconds: float = 300
) -> list[Event]:
    """``n`` requests of a few endpoints in ``[start, start + seconds)``, in no order."""
    rng = random.Random(seed)
    return [
        event(
            start + rng.random() * seconds,
            method=rng.choice(["GET", "GET", "POST"]),
            route=rng.choice(["/api/orders/{id}", "/api/users", "/"]),
            status=rng.choice([200, 200, 200, 201, 301, 404, 500, 503, 0]),
            duration_s=rng.choice([None, 0.0, rng.lognormvariate(-2, 1)]),
        )
        for _ in range(n)
    ]


def nearest_rank(values: Sequence[float], p: float) -> float:
    """The exact quantile that the sketch estimates."""
    ordered = sorted(values)
    return ordered[max(-int(-p * len(ordered) // 1), 1) - 1]


def durations(of: Iterable[Event]) -> list[float]:
    """The known durations, seconds."""
    return [event.duration_us / 1e6 for event in of if event.duration_us is not None]


PASSWORD = "seven-herons-wade"
"""Good enough for any user."""
