"""Processes: start them, and what they need of time and memory."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
WATCH_S = 0.1
CPU_CLOCK = 2
"""CPUCLOCK_SCHED of Linux: what ran, to the ns."""


class Run(NamedTuple):
    """What a program needed: seconds, CPU seconds of all its processes, MB of memory at most."""

    seconds: float
    cpu_s: float
    peak_mb: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run it to its end; raises CalledProcessError if it fails."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(WATCH_S):
            peak = max(peak, memory_of_all_mb(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


def fails(command: Sequence[str]) -> bool:
    """Whether it ends with an error; what it says is not shown."""
    return subprocess.run(command, capture_output=True).returncode != 0


@contextmanager
def listening(
    command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """A server that listens on the port while the block runs; its process id.

    Raises:
        RuntimeError: it ended or did not answer.
    """
    with TemporaryFile() as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            if not _answers(process, port):
                output.seek(0)
                said = output.read().decode(errors="replace")
                raise RuntimeError(f"{command[0]} does not answer:\n{said}")
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether it takes connections in time."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


@contextmanager
def every_second(do: Callable[[], None]) -> Iterator[None]:
    """Call it in a thread while the block runs."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(1):
            do()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def cpu_s(pid: int) -> float:
    """Processor time that a process and its descendants have used so far."""
    return sum(map(_cpu_s, family(pid)))


def _cpu_s(pid: int) -> float:
    """By the process's own clock, see clock_getcpuclockid: finer than the ticks of ``/proc``."""
    try:
        return time.clock_gettime(~pid << 3 | CPU_CLOCK)
    except OSError:
        return 0.0


def memory_of_all_mb(pid: int) -> float:
    """Memory of a process and its descendants."""
    return sum(map(memory_mb, family(pid)))


def memory_mb(pid: int) -> float:
    """Memory of a process; what it shares is divided by those that share it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1000 for row in text.splitlines() if "Pss:" in row), 0.0)
