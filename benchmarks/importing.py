"""``logwatcher import`` and GoAccess on the same log, one after the other."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np

from benchmarks import process
from benchmarks.bench import Bench
from benchmarks.figure import Figure, Limit
from benchmarks.process import Run
from logwatcher.core.aggregate import TOTALS
from logwatcher.core.buckets import STEPS
from tests import database
from tests.server import PROGRAM


def import_log(bench: Bench, log: Path, lines: int, *, with_requests: bool = True) -> Run:
    """Into a new SQLite database; raises RuntimeError if a request is missing."""
    store = bench.folder / f"{uuid4().hex}.sqlite3"
    url = f"sqlite:///{store}"
    environment = {**os.environ, "DATABASE_URL": url}
    options = [] if with_requests else ["--figures-only"]
    took = process.run([str(PROGRAM), "import", str(log), *options], environment)
    stored = database.count_requests(url) if with_requests else _counted(url)
    if stored != lines:
        raise RuntimeError(f"{stored:,} of {lines:,} requests are stored")
    store.unlink()
    return took


def goaccess(program: str, bench: Bench, log: Path, formats: Sequence[str]) -> Run:
    """All of its figures, as a JSON report."""
    report = str(bench.folder / "report.json")
    return process.run([program, str(log), *formats, "--no-progress", "-o", report])


def _counted(url: str) -> int:
    """Requests in the coarsest buckets of all endpoints."""
    return sum(
        int(np.frombuffer(of.totals, TOTALS)["requests"].sum())
        for key, of in database.buckets(url).items()
        if key.endpoint.is_total and key.step == STEPS[-1]
    )


def figures(
    what: str, lines: int, peer: str, ours: list[Run], theirs: list[Run], times: float | None
) -> list[Figure]:
    """Speed, processor time and memory of both; ``what`` is stored by ours."""
    limit = Limit(times=times) if times else None
    return [
        Figure(
            what,
            "lines/s",
            [lines / run.seconds for run in ours],
            peer,
            [lines / run.seconds for run in theirs],
            limit,
        ),
        Figure(
            f"{what}: processor time per million lines",
            "s",
            [run.cpu_s / lines * 1e6 for run in ours],
            peer,
            [run.cpu_s / lines * 1e6 for run in theirs],
        ),
        Figure(
            f"{what}: memory at most",
            "MB",
            [run.peak_mb for run in ours],
            peer,
            [run.peak_mb for run in theirs],
        ),
    ]
