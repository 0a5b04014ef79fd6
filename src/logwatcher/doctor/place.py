"""The directory of the data: who may read it, and how much room is left."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from logwatcher.doctor.finding import Finding

LITTLE, TOO_LITTLE = 1 << 30, 100 << 20
"""Bytes free from which on it is time to act, and from which on writing may fail soon."""
WRITTEN_S = 1_767_225_600
"""2026-01-01, Unix time: no clock that is right is before."""


def findings(data: Path) -> Iterator[Finding]:
    """Of the directory, its disk and the clock."""
    yield _rights(data)
    yield room(data, shutil.disk_usage(data).free)
    yield clock(time.time())


def room(data: Path, free: int) -> Finding:
    """What so many free bytes mean."""
    text = f"{free / 1e9:,.1f} GB free at {data}"
    if free >= LITTLE:
        return Finding("ok", "disk", text)
    text += "; make room, or keep less by LOGWATCHER_KEEP_REQUESTS"
    return Finding("fail" if free < TOO_LITTLE else "warn", "disk", text)


def clock(now: float) -> Finding:
    """Whether this Unix time can be now."""
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < WRITTEN_S:
        return Finding("fail", "clock", f"it says {shown}; set it, or run an NTP client")
    return Finding("ok", "clock", f"it says {shown}")


def _rights(data: Path) -> Finding:
    if not os.access(data, os.W_OK | os.X_OK):
        return Finding("fail", "data directory", f"{data}: can't write there; mend its rights")
    key = data / "secret-key"
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        return Finding("fail", "data directory", f"{key}: others may read it; run: chmod 600 {key}")
    for path in (data, *data.glob("*.sqlite3")):
        if stat.S_IMODE(path.stat().st_mode) & 0o002:
            return Finding(
                "fail", "data directory", f"{path}: all may write; run: chmod o-w {path}"
            )
    if stat.S_IMODE(data.stat().st_mode) & 0o005 == 0o005:
        return Finding(
            "warn",
            "data directory",
            f"{data}: all on this machine may read what is stored; run: chmod 700 {data}",
        )
    return Finding("ok", "data directory", f"{data}: can be written")
