"""Seconds until ``logwatcher --help`` has ended, and until ``serve`` takes connections.

Beside Python itself, and an app that only decodes on the same Uvicorn: what can't be had cheaper.
"""

import os
import sys
from tempfile import TemporaryDirectory
from time import monotonic

from benchmarks import process
from benchmarks.bench import PEERS, Bench
from benchmarks.figure import Figure, Limit
from benchmarks.process import free_port, listening
from tests.server import PROGRAM

ROUNDS = 5


def measure(bench: Bench) -> list[Figure]:
    """Each in turn with its peer."""
    runs = [bench.alternate(_help, _python) for _ in range(ROUNDS)]
    ours, theirs = ([value for pair in runs for value in pair[side]] for side in (0, 1))
    served, bare = bench.alternate(_serve, _bare)
    return [
        Figure("logwatcher --help", "ms", ours, "python -c pass", theirs, Limit(at_most=150)),
        Figure("logwatcher serve", "ms", served, "bare ASGI app", bare, Limit(at_most=1500)),
    ]


def _help() -> float:
    return process.run([str(PROGRAM), "--help"]).seconds * 1000


def _python() -> float:
    return process.run([sys.executable, "-c", "pass"]).seconds * 1000


def _serve() -> float:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/logwatcher.sqlite3"
        environment = {**os.environ, "LOGWATCHER_DATA": folder, "DATABASE_URL": url}
        process.run([str(PROGRAM), "migrate"], environment)
        return _until_it_answers([str(PROGRAM), "serve", "--port"], environment)


def _bare() -> float:
    return _until_it_answers([sys.executable, str(PEERS / "bare.py")], None)


def _until_it_answers(command: list[str], environment: dict[str, str] | None) -> float:
    port, began = free_port(), monotonic()
    with listening([*command, str(port)], port, environment):
        return (monotonic() - began) * 1000
