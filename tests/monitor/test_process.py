"""What the operating system says is of this process."""

import sys
import time
from pathlib import Path

import pytest

from logwatcher import __version__
from logwatcher.monitor import process


def values() -> dict[str, float]:
    return {metric.name: metric.samples[0].value for metric in process.metrics()}


def test_it_says_when_it_began_and_which_version_it_is() -> None:
    assert 0 < values()["process_start_time_seconds"] <= time.time()
    (build,) = [of for of in process.metrics() if of.name == "logwatcher_build_info"]
    assert build.samples[0].labels == {"version": __version__}


def test_cpu_time_grows_with_work() -> None:
    before = values()["process_cpu_seconds_total"]
    deadline = time.monotonic() + 10
    while values()["process_cpu_seconds_total"] == before:
        assert time.monotonic() < deadline


@pytest.mark.skipif(sys.platform != "linux", reason="has no /proc")
def test_an_open_file_is_counted() -> None:
    before = values()
    assert before["process_resident_memory_bytes"] > 1 << 20
    with Path(__file__).open():
        assert values()["process_open_fds"] == before["process_open_fds"] + 1
