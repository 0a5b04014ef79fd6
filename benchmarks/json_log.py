"""A JSON log of 2 million lines → all figures.

Ours stores each request and all buckets in SQLite, GoAccess counts in memory; DuckDB, in C++,
writes a table of requests and three of buckets.
"""

from benchmarks import importing, process, sample
from benchmarks.bench import Bench
from benchmarks.figure import Figure
from benchmarks.importing import goaccess, import_log

LINES = 2_000_000
KEYS = (
    '{"time_iso8601":"%dT%t+%^","remote_addr":"%h","request":"%r","status":"%s",'
    '"body_bytes_sent":"%b","http_referer":"%R","http_user_agent":"%u","request_time":"%T"}'
)
FORMAT = [f"--log-format={KEYS}", "--date-format=%Y-%m-%d", "--time-format=%T"]
TIMES = 5.0


def measure(bench: Bench) -> list[Figure]:
    """All three in turn."""
    lines, log = bench.size(LINES), bench.folder / "access.json"
    sample.write_json(log, lines)
    program = bench.program("goaccess", "goaccess")
    duckdb = bench.peer("duckdb_log.py", "duckdb")
    ours, theirs, bound = bench.alternate(
        lambda: import_log(bench, log, lines),
        (lambda: goaccess(program, bench, log, FORMAT)) if program else None,
        (lambda: process.run([*duckdb, str(log), str(bench.folder)])) if duckdb else None,
    )
    log.unlink()
    return [
        *importing.figures("requests stored", lines, "GoAccess", ours, theirs, TIMES),
        *importing.figures("requests stored", lines, "DuckDB, the bound", ours, bound, None),
    ]
