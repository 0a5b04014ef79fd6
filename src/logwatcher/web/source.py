"""Where requests come from, and how well what is read line by line is read."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from logwatcher.core.formats import likely_cause
from logwatcher.core.health import Diagnosis, Health, diagnose
from logwatcher.core.view import View
from logwatcher.store import inputs, reader
from logwatcher.web import number

Context = dict[str, Any]  # Any: what a template reads
JSON = dict[str, Any]  # Any: whatever JSON can hold


class Input(NamedTuple):
    """What is known of an input, and what it means now."""

    health: Health
    diagnosis: Diagnosis


def read_inputs(now: float) -> list[Input]:
    """All inputs, by source and name."""
    return [Input(of, _diagnose(of, now)) for of in inputs.health()]


def menu(view: View) -> Context:
    """The sources to choose from, those that need attention marked."""
    bad = {of.health.source: of for of in read_inputs(time.time()) if of.diagnosis.is_bad}
    return {
        "view": view,
        "sources": [
            {"name": name, "problem": bad[name].diagnosis.text if name in bad else ""}
            for name in reader.sources()
        ],
    }


def alerts(view: View) -> Context:
    """What is wrong with the inputs of the view's sources."""
    return {
        "alerts": [
            {
                "source": of.health.source,
                "name": _short(of.health.name),
                "text": of.diagnosis.text,
                "since": iso(of.diagnosis.since_us),
            }
            for of in read_inputs(time.time())
            if of.diagnosis.is_bad and view.source in ("", of.health.source)
        ]
    }


def table() -> Context:
    """Every input with its figures, and every source that has none."""
    now = time.time()
    found = read_inputs(now)
    with_input = {of.health.source for of in found}
    return {
        "inputs": [_row(of, now) for of in found],
        "others": [name for name in reader.sources() if name not in with_input],
    }


def as_json() -> list[JSON]:
    """As the API tells it."""
    now = time.time()
    found = read_inputs(now)
    return [
        {"name": name, "inputs": [_json(of, now) for of in found if of.health.source == name]}
        for name in reader.sources()
    ]


def _diagnose(of: Health, now: float) -> Diagnosis:
    now_us = int(now * 1e6)
    found = diagnose(of, now_us)
    if found.state != "quiet" or not of.last_us:
        return found
    return diagnose(of, now_us, reader.usual_rate(of.source, of.last_us / 1e6))


def _row(of: Input, now: float) -> Context:
    health, diagnosis = of
    lines, unmatched = health.recent(int(now * 1e6))
    return {
        "name": health.name,
        "source": health.source,
        "format": health.condition.format,
        "state": diagnosis.state,
        "is_bad": diagnosis.is_bad,
        "text": diagnosis.text,
        "since": iso(diagnosis.since_us),
        "lines": number.text("count", health.lines),
        "matched": number.text("count", health.lines - health.unmatched),
        "unmatched": number.text("count", health.unmatched),
        "unmatched_share": number.text("percent", _share(health.unmatched, health.lines)),
        "recent_share": number.text("percent", _share(unmatched, lines)),
        "has_recent": bool(lines),
        "last": iso(health.last_us),
        "behind": number.size(health.condition.behind),
        "samples": health.samples,
        "cause": likely_cause([sample.line for sample in health.samples]),
    }


def _json(of: Input, now: float) -> JSON:
    health, diagnosis = of
    lines, unmatched = health.recent(int(now * 1e6))
    return {
        "name": health.name,
        "format": health.condition.format,
        "state": diagnosis.state,
        "text": diagnosis.text,
        "since": diagnosis.since_us / 1e6 or None,
        "lines": health.lines,
        "unmatched": health.unmatched,
        "recent": {"lines": lines, "unmatched": unmatched},
        "last": health.last_us / 1e6 or None,
        "behind": health.condition.behind,
        "samples": [sample._asdict() for sample in health.samples],
        "cause": likely_cause([sample.line for sample in health.samples]),
    }


def _short(name: str) -> str:
    return Path(name).name or name


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def iso(time_us: int | None) -> str | None:
    """As HTML writes a time; None where there is none."""
    if not time_us:
        return None
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="milliseconds")
