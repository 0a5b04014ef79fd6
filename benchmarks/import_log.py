"""Lines per second of ``logwatcher import`` and of GoAccess, on the same log, one after the other.

    python -m benchmarks.import_log --lines 2000000

The log is combined with $request_time: one day of a site with 30 routes, 50,000 visitors and
their browsers. Ours stores every request and all
buckets in SQLite; GoAccess counts in memory and writes a report. Needs goaccess on the path.
"""

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests import database
from tests.server import PROGRAM

DAY = 86_400
START = 1_700_000_000
FORMAT = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %T'
ROUTES = [
    *("/", "/login", "/cart", "/healthz", "/favicon.ico", "/robots.txt", "/wp-login.php", "/.env"),
    *("/api/orders/{n}", "/api/users/{n}", "/api/orders/{n}/items", "/products/{word}-{word}"),
    *("/search?q={word}+{word}&page={n}", "/img/{n}.png", "/blog/2023/11/{word}-{word}"),
    *("/static/app.{hash}.js", "/static/main.{hash}.css", "/products/{n}?ref={word}"),
    *(f"/page/{letter}" for letter in "abcdefghijkl"),
]
WORDS = [
    "red",
    "blue",
    "green",
    "house",
    "garden",
    "chair",
    "table",
    "lamp",
    "phone",
    "cable",
    "book",
    "music",
    "photo",
    "travel",
]
SYSTEMS = ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"]
AGENTS = ["curl/7.88.1", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"]
REFERERS = ["-", "https://www.google.com/", "https://example.com/", "https://news.example.org/"]


class Run(NamedTuple):
    """What one program needed: seconds, CPU seconds of all its processes, MB of memory at most."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def write_log(path: Path, lines: int) -> None:
    """A log of so many lines, always the same: of a visitor per 40 of them, few of whom do most."""
    rng = random.Random(1)
    visitors = [(address(rng), agent(rng)) for _ in range(max(lines // 40, 1))]
    weights = [1 / (place + 10) for place in range(len(ROUTES))]
    hashes = [f"{rng.getrandbits(32):08x}" for _ in range(20)]
    with path.open("w") as file:
        for number in range(lines):
            at = time.gmtime(START + number * DAY // lines)
            host, browser = visitors[int(len(visitors) * rng.random() ** 2)]
            target = rng.choices(ROUTES, weights)[0]
            if "{" in target:
                words = {"word": rng.choice(WORDS), "hash": rng.choice(hashes)}
                target = target.format(n=int(200_000 * rng.random() ** 3), **words)
            status = rng.choices((200, 304, 404, 500), (90, 5, 3, 2))[0]
            file.write(
                f"{host} - - [{time.strftime('%d/%b/%Y:%H:%M:%S', at)} +0000]"
                f' "GET {target} HTTP/1.1" {status} {rng.randrange(100, 50_000)}'
                f' "{rng.choice(REFERERS)}" "{browser}" {rng.lognormvariate(-3, 1):.3f}\n'
            )


def address(rng: random.Random) -> str:
    """Of IPv4."""
    return ".".join(str(rng.randrange(1, 255)) for _ in range(4))


def agent(rng: random.Random) -> str:
    """A browser of some version, or, now and then, something else."""
    if rng.random() < 0.1:
        return rng.choice(AGENTS)
    version = f"{rng.randrange(90, 120)}.0.{rng.randrange(4000, 4100)}.0"
    return (
        f"Mozilla/5.0 ({rng.choice(SYSTEMS)}) AppleWebKit/537.36 (KHTML, like Gecko)"
        f" Chrome/{version} Safari/537.36"
    )


def run(command: list[str], environment: dict[str, str]) -> Run:
    """Run it to its end; raises CalledProcessError if it fails."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.1):
            peak = max(peak, sum(map(proportional_mb, family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def proportional_mb(pid: int) -> float:
    """Memory of a process; what it shares is divided by those that share it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1000 for row in text.splitlines() if "Pss:" in row), 0.0)


def show(name: str, lines: int, of: Run) -> None:
    print(
        f"{name:10} {lines / of.seconds:>9,.0f} lines/s  {of.seconds:6.1f} s"
        f"  {of.cpu_seconds:6.1f} s of CPU  {of.peak_mb:5.0f} MB"
    )


def main() -> None:
    """Make the log, run both, compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=2_000_000)
    lines: int = options.parse_args().lines
    goaccess = shutil.which("goaccess")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, store = folder / "access.log", folder / "logwatcher.sqlite3"
        write_log(log, lines)
        environment = {**os.environ, "LOGWATCHER_DATA": name, "DATABASE_URL": f"sqlite:///{store}"}
        load = os.getloadavg()[0]
        ours = run([str(PROGRAM), "import", str(log)], environment)
        count = database.count_requests(environment["DATABASE_URL"])
        ((buckets,),) = database.query(
            environment["DATABASE_URL"], "SELECT COUNT(*) FROM logwatcher_bucket"
        )
        print(f"{lines:,} lines of {log.stat().st_size / 1e6:.0f} MB; load before {load:.1f}")
        show("logwatcher", lines, ours)
        print(
            f"  {count:,} requests, {buckets:,} buckets, {store.stat().st_size / count:.0f} bytes"
        )
        if goaccess is None:
            print("goaccess is not installed")
            return
        command = [goaccess, str(log), f"--log-format={FORMAT}", "--date-format=%d/%b/%Y"]
        command += ["--time-format=%T", "--no-progress", "-o", str(folder / "report.json")]
        theirs = run(command, environment)
        show("goaccess", lines, theirs)
        print(f"ratio {theirs.seconds / ours.seconds:.2f}, of CPU", end=" ")
        print(f"{theirs.cpu_seconds / ours.cpu_seconds:.2f}")


if __name__ == "__main__":
    main()
