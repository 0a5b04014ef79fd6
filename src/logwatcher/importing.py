"""An import as a command: its progress on the terminal, its summary, its exit code."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from logwatcher.core.privacy import STRICT, Policy
from logwatcher.core.retention import Limits, exceeded
from logwatcher.core.text import clean
from logwatcher.importer import Importer, Summary
from logwatcher.meter import Meter, bar, clock
from logwatcher.sources.parsing import SMALL, Parsers, cores
from logwatcher.sources.zone import LOCAL
from logwatcher.store.keeper import wanted_limits

STDIN = Path("-")

_MAX_SHOWN = 10
_MAX_TEXT = 200


class Unwritable(Exception):
    """The file for rejects can't be opened: says why."""


def run(
    paths: Sequence[Path],
    format_: str | None,
    name: str | None,
    rejects: Path | None,
    policy: Policy = STRICT,
    zone: str = LOCAL,
    *,
    with_requests: bool = True,
) -> int:
    """Import these; returns the exit code, 2 if not all could be read. Raises Unwritable."""
    files = [path for path in paths if path != STDIN]
    size = sum(path.stat().st_size for path in files)
    limits = wanted_limits()
    if not with_requests:
        limits = limits._replace(requests_s=None, requests_bytes=None)
    report = _Report(None if STDIN in paths else size, limits)
    count = cores() if size > SMALL or STDIN in paths else 0
    output = _open(rejects)
    is_stopped = False
    try:
        with Parsers(count) as parsers:
            importer = Importer(
                parsers,
                format_=format_,
                name=name,
                rejects=output,
                policy=policy,
                zone=zone,
                with_requests=with_requests,
                tell=report.show,
            )
            try:
                for path in paths:
                    if path == STDIN:
                        importer.import_stream(sys.stdin.buffer, "stdin")
                    else:
                        importer.import_file(path)
            except KeyboardInterrupt:
                is_stopped = True
    finally:
        report.clear()
        if output:
            output.close()
    _print_all(importer.summary, report.seconds)
    if text := span_text(importer.summary, limits, time.time()):
        print(text)
    if is_stopped:
        again = "reads standard input anew" if STDIN in paths else "goes on from there"
        print(f"logwatcher: stopped; the same command {again}", file=sys.stderr)
    return 2 if is_stopped or any(one.is_fault for one in importer.summary.skipped) else 0


def _open(rejects: Path | None) -> BinaryIO | None:
    if rejects is None:
        return None
    try:
        return rejects.open("ab")
    except OSError as error:
        raise Unwritable(f"{rejects}: {error.strerror}; name another file") from None


class _Report:
    """How far it is, and once that some requests are too old."""

    def __init__(self, size: int | None, limits: Limits) -> None:
        """``size``: bytes of all files; None if that is not known."""
        self._size = size
        self._meter = Meter()
        self._limits = limits
        self._has_warned = False

    @property
    def seconds(self) -> float:
        return self._meter.seconds

    def show(self, summary: Summary) -> None:
        """Say how far it is, if it is time to."""
        self._warn(summary)
        self._meter.show(
            lambda with_bar: progress_text(summary, self._size, self.seconds, with_bar=with_bar)
        )

    def _warn(self, summary: Summary) -> None:
        """Say once that some are too old, while they can still be kept."""
        if not self._has_warned and (text := warning(summary, self._limits, time.time())):
            self._has_warned = True
            self.clear()
            print(f"logwatcher: {text}", file=sys.stderr)

    def clear(self) -> None:
        """Take the bar away."""
        self._meter.clear()


def progress_text(
    summary: Summary, size: int | None, seconds: float, *, with_bar: bool = False
) -> str:
    """``[####    ]  50 %  1.2 of 2.4 GB, 210,000 lines/s, 0:12 left``."""
    rate = f"{summary.lines / max(seconds, 1e-6):,.0f} lines/s"
    if not size:
        return f"{_bytes(summary.done)}, {rate}"
    part = min(summary.done / size, 1.0)
    left = f", {clock(seconds / part - seconds)} left" if part else ""
    done = f"{part:4.0%}  {_bytes(summary.done)} of {_bytes(size)}"
    return f"{bar(part) if with_bar else ''}{done}, {rate}{left}"


def warning(summary: Summary, limits: Limits, now: float) -> str:
    """What a server will delete of these requests, and how to keep it; empty: none of them."""
    if summary.oldest is None or not _is_too_old(limits, now - summary.oldest):
        return ""
    gone = ", ".join(exceeded(limits, now - summary.oldest))
    return (
        f"there are requests of {_day(summary.oldest)}; a server deletes {gone};"
        " to keep more, start it with other LOGWATCHER_KEEP_REQUESTS and LOGWATCHER_KEEP_FIGURES"
    )


def span_text(summary: Summary, limits: Limits, now: float) -> str:
    """From when to when the requests are, and what is kept of the older ones."""
    if summary.oldest is None or summary.newest is None:
        return ""
    text = f"requests of {_day(summary.oldest)} to {_day(summary.newest)}"
    kept, counted = limits.requests_s, limits.figures_s[-1]
    if kept is not None and now - summary.oldest > kept:
        text += f"; of those before {_day(now - kept)} a server keeps figures only"
    if counted is not None and now - summary.oldest > counted:
        text += f", of those before {_day(now - counted)} nothing"
    return text


def _is_too_old(limits: Limits, age_s: float) -> bool:
    """Coarser figures alone are no loss to be warned of."""
    return any(
        limit is not None and age_s > limit for limit in (limits.requests_s, limits.figures_s[-1])
    )


def _day(time_s: float) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d %H:%M} UTC"


def _bytes(number: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.2f} GB"


def _print_all(summary: Summary, seconds: float) -> None:
    for one in summary.skipped:
        path = clean(one.path, _MAX_TEXT)
        print(f"logwatcher: {path}: {clean(one.reason, _MAX_TEXT)}", file=sys.stderr)
    for doubt, path in summary.doubts.items():
        print(f"logwatcher: {clean(path, _MAX_TEXT)}: {doubt}", file=sys.stderr)
    rate = summary.lines / max(seconds, 1e-6)
    files = "1 file" if summary.files == 1 else f"{summary.files:,} files"
    print(
        f"{files}, {summary.lines:,} lines: {summary.matched:,} matched,"
        f" {summary.rejected:,} rejected; {seconds:.1f} s, {rate:,.0f} lines/s"
    )
    for reason, count in summary.reasons.most_common(_MAX_SHOWN):
        print(f"  {count:,} × {clean(reason, _MAX_TEXT)}")
