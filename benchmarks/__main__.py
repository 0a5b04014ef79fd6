"""Runs the benchmarks and writes results.md: ours beside others', same work, same run.

    python -m benchmarks --scale 0.01 stream page

At a scale other than 1 the results go to build/benchmarks/, since they say little.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks import (
    chart,
    combined_log,
    curve,
    endpoints,
    fanout,
    freshness,
    growth,
    ingest,
    json_log,
    middleware,
    otlp,
    page,
    record,
    report,
    series,
    startup,
    storage,
    syslog,
    versions,
    viewers,
)
from benchmarks.bench import ROOT, Bench
from benchmarks.figure import Figure
from benchmarks.record import Result


class Row(NamedTuple):
    """A benchmark.

    Attributes:
        takes_minutes: a round alone; it has thousands of samples, and is not run again.
    """

    title: str
    measure: Callable[[Bench], Iterable[Figure]]
    takes_minutes: bool = False


ROWS = {
    "combined_log": Row("Combined log", combined_log.measure),
    "json_log": Row("JSON log", json_log.measure),
    "series": Row("A chart's points", series.measure),
    "endpoints": Row("Top endpoints", endpoints.measure),
    "fanout": Row("Stream to many", fanout.measure, takes_minutes=True),
    "viewers": Row("Event to viewer", viewers.measure),
    "freshness": Row("Line to page", freshness.measure),
    "ingest": Row("Events by HTTP", ingest.measure),
    "otlp": Row("Spans by OTLP", otlp.measure),
    "syslog": Row("Syslog", syslog.measure),
    "middleware": Row("Middleware", middleware.measure),
    "storage": Row("Disk", storage.measure),
    "page": Row("Page", page.measure, takes_minutes=True),
    "startup": Row("Start", startup.measure),
    "events": Row("How cost grows with events", growth.events),
    "many_viewers": Row("How cost grows with viewers", growth.viewers),
    "many_endpoints": Row("How cost grows with endpoints", growth.endpoints),
    "days": Row("How cost grows with days", growth.days),
}


def main() -> int:
    """Run those named, or all; one that fails is told and leaves the others alone."""
    options = _options()
    folder = ROOT / "benchmarks"
    if options.scale != 1:
        folder = ROOT / "build" / "benchmarks" / f"{options.scale:g}"
        folder.mkdir(parents=True, exist_ok=True)
    last = record.read(folder / "results.json")
    now: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="logwatcher-bench-") as name, ExitStack() as resources:
        _set_environment(name)
        bench = Bench(options.scale, Path(name), resources, options.rounds)
        for row in options.rows or ROWS:
            print(f"{row} ...", flush=True)
            if (result := _run(ROWS[row], bench)) is None:
                continue
            now[row] = result
            for figure in result.figures:
                print(f"  {_text(figure)}", flush=True)
            _write(folder, last, now, options.scale)
    for one in record.slower(last, now):
        ratios = f"{report.number(one.before)} -> {report.number(one.figure.ratio)}"
        print(f"slower: {one.row}, {one.figure.name}, beside {one.figure.peer}: {ratios}")
    print(f"written: {folder.relative_to(ROOT) / 'results.md'}")
    return 0 if len(now) == len(options.rows or ROWS) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--scale", type=float, default=1.0, help="of the inputs; default: 1")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    options = parser.parse_args()
    if unknown := [row for row in options.rows if row not in ROWS]:
        parser.error(f"unknown {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return options


def _set_environment(folder: str) -> None:
    """A developer's own settings must change nothing, and nothing of his be changed."""
    for name in [name for name in os.environ if name.startswith("LOGWATCHER_")]:
        del os.environ[name]
    os.environ["LOGWATCHER_DATA"] = folder
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/logwatcher.sqlite3"
    os.environ["DJANGO_SETTINGS_MODULE"] = "logwatcher.settings"


def _run(row: Row, bench: Bench) -> Result | None:
    bench.missing.clear()
    place = _place()
    try:
        figures = list(row.measure(replace(bench, rounds=1) if row.takes_minutes else bench))
    except Exception:  # whatever it is, the other benchmarks can still run
        traceback.print_exc()
        return None
    at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    module = sys.modules[row.measure.__module__]
    about = (module if row.measure.__name__ == "measure" else row.measure).__doc__ or ""
    return Result(row.title, about.strip(), at, place, figures, list(bench.missing))


def _place() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()},"
        f" load before {os.getloadavg()[0]:.1f}"
    )


def _text(of: Figure) -> str:
    ours = f"{of.name}: {report.number(of.median)} {of.unit}"
    theirs = f"; {of.peer} {report.number(of.peer_median)}" if of.peer else ""
    ratio = "" if of.ratio is None else f", {report.number(of.ratio)} times"
    return f"{ours}{theirs}{ratio} {report.MARKS[of.is_met]}"


def _write(folder: Path, last: record.Results, now: record.Results, scale: float) -> None:
    """After each row, lest an end lose the others; those that did not run keep what they had."""
    changes = list(record.slower(last, now))
    results = {row: {**last, **now}[row] for row in ROWS if row in {**last, **now}}
    record.write(folder / "results.json", results)
    text = report.markdown(results, changes, scale=scale, programs=versions.found())
    (folder / "results.md").write_text(text)
    (folder / "results.svg").write_text(chart.svg(results))
    if found := curve.curves([one for of in results.values() for one in of.figures]):
        (folder / "growth.svg").write_text(curve.svg(found))


if __name__ == "__main__":
    sys.exit(main())
