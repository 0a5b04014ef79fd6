"""What the operating system says of this process."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from logwatcher import __version__
from logwatcher.core.metric import Metric, by, metric

_PROC = Path("/proc/self")
_BEGAN = time.time()


def metrics() -> list[Metric]:
    """Under the names that Prometheus' own clients use; without /proc there are fewer."""
    times = os.times()
    cpu = times.user + times.system
    found = [
        by("version", "logwatcher_build_info", "gauge", "Always 1.", {__version__: 1}),
        metric("process_cpu_seconds_total", "counter", "CPU time, user and system.", cpu),
        metric("process_start_time_seconds", "gauge", "When it began, Unix time.", _BEGAN),
        metric("process_threads", "gauge", "Python's threads.", threading.active_count()),
    ]
    with suppress(OSError):
        pages = int((_PROC / "statm").read_text().split()[1])
        resident = pages * os.sysconf("SC_PAGE_SIZE")
        found.append(metric("process_resident_memory_bytes", "gauge", "Memory used.", resident))
        descriptors = sum(1 for _ in (_PROC / "fd").iterdir())
        found.append(metric("process_open_fds", "gauge", "Open file descriptors.", descriptors))
    return found
