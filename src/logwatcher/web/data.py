"""What is stored of each kind: how much, how old, how it grows and what it will come to."""

from typing import Any, NamedTuple

from logwatcher.core.retention import DAY, HOUR, NAMES, Limits, age_text
from logwatcher.store import keeper, reader, stock
from logwatcher.store.database import READER
from logwatcher.store.stock import REQUESTS, Amount
from logwatcher.web import number
from logwatcher.web.source import iso

SHORTEST_S = HOUR
"""What is younger all in all says nothing about how it grows."""

Context = dict[str, Any]  # Any: what a template reads
JSON = dict[str, Any]  # Any: whatever JSON can hold


class Kind(NamedTuple):
    """One kind of data.

    Attributes:
        name: ``requests``, or the step's, ``5s``.
        age_s: how old it may get, seconds; None: without end.
        most: bytes that it may take; None: any.
        amount: when it was measured.
        growth: bytes per day, over all that is stored; None: not known.
        forecast: bytes once it is as old as it may get; None: not known, or without end.
    """

    name: str
    age_s: int | None
    most: int | None
    amount: Amount
    growth: float | None
    forecast: float | None


def kinds(limits: Limits, amounts: dict[int, Amount], measured_s: float) -> list[Kind]:
    """All of them, from what there was at that time."""
    ages = dict(zip(NAMES.values(), limits.figures_s, strict=True))
    names = {REQUESTS: "requests", **{step: name for name, step in NAMES.items()}}
    ages[REQUESTS] = limits.requests_s
    return [
        _kind(
            name,
            ages[kind],
            limits.requests_bytes if kind == REQUESTS else None,
            amounts.get(kind, Amount()),
            measured_s,
        )
        for kind, name in names.items()
    ]


def _kind(
    name: str, age_s: int | None, most: int | None, amount: Amount, measured_s: float
) -> Kind:
    span = 0.0 if amount.oldest is None else measured_s - amount.oldest
    growth = amount.size / span * DAY if span >= SHORTEST_S else None
    forecast = None
    if growth is not None and (age_s is not None or most is not None):
        by_age = growth * age_s / DAY if age_s is not None else float("inf")
        forecast = min(by_age, float("inf") if most is None else most)
    return Kind(name, age_s, most, amount, growth, forecast)


def table() -> Context:
    """The card: all kinds, and what they come to together."""
    found, measured_us = _read()
    forecasts = [of.forecast for of in found]
    known = [forecast for forecast in forecasts if forecast is not None]
    is_empty = not any(of.amount.number for of in found)
    return {
        "kinds": [_row(of) for of in found],
        "is_empty": is_empty,
        "is_counted": bool(measured_us) and not (is_empty and reader.head().last_request),
        "measured": iso(measured_us),
        "size": number.size(sum(of.amount.size for of in found)),
        "forecast": number.size(sum(known)) if len(known) == len(forecasts) else number.NOTHING,
    }


def as_json() -> JSON:
    """As the API tells it."""
    found, measured_us = _read()
    return {
        "measured": measured_us / 1e6 or None,
        "kinds": [
            {
                "name": of.name,
                "limit": {"age": of.age_s, "size": of.most},
                **of.amount._asdict(),
                "growth": of.growth,
                "forecast": of.forecast,
            }
            for of in found
        ],
    }


def _read() -> tuple[list[Kind], int]:
    found = stock.measured(READER)
    measured_us = max((when for _, when in found.values()), default=0)
    amounts = {kind: of for kind, (of, _) in found.items()}
    return kinds(keeper.wanted_limits(), amounts, measured_us / 1e6), measured_us


def _row(of: Kind) -> Context:
    limits = [age_text(of.age_s)] if of.age_s or not of.most else []
    limits += [f"at most {_round_size(of.most)}"] if of.most else []
    return {
        "name": "Requests" if of.name == "requests" else f"Figures per {_STEPS[of.name]}",
        "unit": "requests" if of.name == "requests" else "buckets",
        "limit": ", ".join(limits),
        "number": number.text("count", of.amount.number),
        "oldest": iso(of.amount.oldest and of.amount.oldest * 1_000_000),
        "size": number.size(of.amount.size),
        "growth": number.NOTHING if of.growth is None else number.size(of.growth),
        "forecast": number.NOTHING if of.forecast is None else number.size(of.forecast),
    }


_STEPS = {"5s": "5 s", "1m": "minute", "1h": "hour"}


def _round_size(most: int) -> str:
    """As it was written in the setting."""
    if most >= 10**9:
        return f"{most / 10**9:g}{number.THIN_SPACE}GB"
    return f"{most // 10**6}{number.THIN_SPACE}MB"
