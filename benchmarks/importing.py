"""``logwatcher import`` and GoAccess on the same log, one after the other."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from benchmarks import process
from benchmarks.bench import Bench
from benchmarks.figure import Figure, Limit
from benchmarks.process import Run
from tests import database
from tests.server import PROGRAM


def import_log(bench: Bench, log: Path, lines: int) -> Run:
    """Into a new SQLite database, every request kept; raises RuntimeError if one is missing."""
    store = bench.folder / f"{uuid4().hex}.sqlite3"
    url = f"sqlite:///{store}"
    environment = {**os.environ, "DATABASE_URL": url}
    took = process.run([str(PROGRAM), "import", str(log)], environment)
    stored = database.count_requests(url)
    if stored != lines:
        raise RuntimeError(f"{stored:,} of {lines:,} requests are stored")
    store.unlink()
    return took


def goaccess(program: str, bench: Bench, log: Path, formats: Sequence[str]) -> Run:
    """All of its figures, as a JSON report."""
    report = str(bench.folder / "report.json")
    return process.run([program, str(log), *formats, "--no-progress", "-o", report])


def figures(
    lines: int, peer: str, ours: list[Run], theirs: list[Run], times: float | None
) -> list[Figure]:
    """Speed, processor time and memory of both."""
    limit = Limit(times=times) if times else None
    return [
        Figure(
            "requests stored",
            "lines/s",
            [lines / run.seconds for run in ours],
            peer,
            [lines / run.seconds for run in theirs],
            limit,
        ),
        Figure(
            "processor time per million lines",
            "s",
            [run.cpu_s / lines * 1e6 for run in ours],
            peer,
            [run.cpu_s / lines * 1e6 for run in theirs],
        ),
        Figure(
            "memory at most",
            "MB",
            [run.peak_mb for run in ours],
            peer,
            [run.peak_mb for run in theirs],
        ),
    ]
