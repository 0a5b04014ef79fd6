"""A combined log of 2 million lines with durations → all figures.

Ours stores each request and all buckets in SQLite, or the buckets alone; GoAccess counts in memory.
"""

from benchmarks import importing, sample
from benchmarks.bench import Bench
from benchmarks.figure import Figure
from benchmarks.importing import goaccess, import_log

LINES = 2_000_000
FORMAT = [f"--log-format={sample.GOACCESS}", "--date-format=%d/%b/%Y", "--time-format=%T"]
TIMES, TIMES_WITHOUT = 3.0, 6.0


def measure(bench: Bench) -> list[Figure]:
    """Both sides in turn."""
    lines, log = bench.size(LINES), bench.folder / "access.log"
    sample.write_combined(log, lines)
    program = bench.program("goaccess", "goaccess")
    stored, counted, theirs = bench.alternate(
        lambda: import_log(bench, log, lines),
        lambda: import_log(bench, log, lines, with_requests=False),
        (lambda: goaccess(program, bench, log, FORMAT)) if program else None,
    )
    log.unlink()
    return [
        *importing.figures("requests stored", lines, "GoAccess", stored, theirs, TIMES),
        *importing.figures("figures alone", lines, "GoAccess", counted, theirs, TIMES_WITHOUT),
    ]
