"""What is read line by line, and how well: saved with each commit, read for the page."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from django.db.backends.utils import CursorWrapper

from logwatcher.core.event import Batch
from logwatcher.core.health import Condition, Health, Minute, Sample
from logwatcher.store.models import Input

Row = tuple[str, str, str, int, str, int, int, int, int, int, str, str]

COLUMNS = (
    "name",
    "source",
    "format",
    "behind",
    "problem",
    "problem_us",
    "seen_us",
    "lines",
    "unmatched",
    "last_us",
    "samples",
    "minutes",
)
_SAVE = (
    f"INSERT INTO logwatcher_input ({', '.join(COLUMNS)})"
    f" VALUES ({', '.join(['%s'] * len(COLUMNS))}) ON CONFLICT (name) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
)


def save(cursor: CursorWrapper, batches: Iterable[Batch]) -> None:
    """Add what these batches say of their inputs; call it under the writers' lock."""
    read = sorted((batch for batch in batches if batch.input), key=attrgetter("input"))
    if not read:
        return
    now_us = time.time_ns() // 1000
    names = sorted({batch.input for batch in read})
    stored = {of.name: of for of in _health(Input.objects.filter(name__in=names))}
    rows = []
    for name, group in groupby(read, attrgetter("input")):
        some = list(group)
        before = stored.get(name, Health(name, some[-1].source))
        rows.append(_row(_add(before, some, now_us)))
    cursor.executemany(_SAVE, rows)


def health() -> list[Health]:
    """All inputs, by source and name; from the reader's connection."""
    return _health(Input.objects.using("reader").order_by("source", "name"))


def sources(names: Sequence[str]) -> dict[str, str]:
    """The source that each of these inputs was stored under, as far as it is known."""
    rows = Input.objects.using("reader").filter(name__in=names)
    return dict(rows.values_list("name", "source"))


def _add(before: Health, batches: Sequence[Batch], now_us: int) -> Health:
    conditions = [batch.condition for batch in batches if batch.condition]
    events = [event for batch in batches for event in batch.events]
    unmatched = sum(batch.unmatched for batch in batches)
    after = before.read(
        now_us,
        len(events) + unmatched,
        unmatched,
        max((event.time_us for event in events), default=0),
        tuple(sample for batch in batches for sample in batch.samples),
    )
    condition = conditions[-1] if conditions else before.condition
    return replace(after, source=batches[-1].source, condition=condition)


def _row(of: Health) -> Row:
    return (
        of.name,
        of.source,
        *of.condition,
        of.seen_us,
        of.lines,
        of.unmatched,
        of.last_us,
        json.dumps(of.samples),
        json.dumps(of.minutes),
    )


def _health(rows: Iterable[Input]) -> list[Health]:
    return [
        Health(
            row.name,
            row.source,
            Condition(row.format, row.behind, row.problem, row.problem_us),
            row.seen_us,
            row.lines,
            row.unmatched,
            row.last_us,
            tuple(Sample(*sample) for sample in json.loads(row.samples)),
            tuple(Minute(*minute) for minute in json.loads(row.minutes)),
        )
        for row in rows
    ]
