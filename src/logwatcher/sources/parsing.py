"""Pieces of logs → blocks, in processes of their own."""

import gc
import multiprocessing
import os
import pickle
import re
import signal
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import NamedTuple

from logwatcher.core.block import Block, to_block
from logwatcher.core.event import ParseError
from logwatcher.core.formats import Format, find_format
from logwatcher.core.privacy import STRICT, Policy
from logwatcher.sources.lines import Tally, read_events
from logwatcher.sources.zone import find_zone

MAX_PROCESSES = 2
"""So many keep one writer busy, and the memory of all below 300 MB."""
SMALL = 4 * 1024 * 1024
"""For so few bytes on disk it isn't worth it to start processes."""

_MAX_REASONS = 100
_GC_THRESHOLD = 200_000  # what a job makes is no garbage before the job is done
_FOUND = re.compile(r"(?:,? (?:at column \d+|found |in ['\"])|: ['\"]).*", re.DOTALL)


class Job(NamedTuple):
    """Lines to parse.

    Attributes:
        lines: whole ones, with their ends.
        format: as ``find_format`` takes it.
        headers: those lines before them that say how these are to be read.
        wants_rejects: whether the lines that don't match are asked for.
        policy: what the events keep.
        zone: of times that have no offset, as ``find_zone`` takes it.
        with_requests: False: they are only counted.
    """

    lines: bytes
    format: str
    headers: Sequence[str] = ()
    wants_rejects: bool = False
    policy: Policy = STRICT
    zone: str = "UTC"
    with_requests: bool = True


class Parsed(NamedTuple):
    """What became of a job's lines.

    Attributes:
        block: the events.
        matched: how many there are.
        rejected: how many lines are none.
        reasons: how many of those for which reason.
        rejects: reason and line of each, if wanted.
    """

    block: Block
    matched: int
    rejected: int
    reasons: Counter[str]
    rejects: list[tuple[str, bytes]]


@dataclass(slots=True)
class _Rejects(Tally):
    is_kept: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    kept: list[tuple[str, bytes]] = field(default_factory=list)

    def reject(self, line: bytes, reason: str) -> None:
        Tally.reject(self, line, reason)
        kind = _FOUND.sub("", reason)
        self.reasons[kind if len(self.reasons) < _MAX_REASONS else "other reasons"] += 1
        if self.is_kept:
            self.kept.append((reason, line))


def parse(job: Job) -> Parsed:
    """Do the job."""
    tally = _Rejects(is_kept=job.wants_rejects)
    format_ = _format(job.format)
    zone = find_zone(job.zone)
    read = format_.reader(job.policy, zone)
    usual = format_.usual_reader(job.policy, zone)
    for header in job.headers:
        try:
            read(header)
        except ParseError:
            continue
    events = read_events(job.lines.splitlines(), read, tally, usual)
    block = to_block(events, with_chunks=True, with_requests=job.with_requests)
    return Parsed(block, tally.matched, tally.unmatched, tally.reasons, tally.kept)


@lru_cache(maxsize=8)
def _format(name: str) -> Format:
    return find_format(name)


class Parsers:
    """Does jobs, several at a time; a context manager, which ends the processes.

    A process ends with its parent, however that ends.
    """

    def __init__(self, count: int) -> None:
        """``count`` processes; with 0 of them the jobs are done at once, here."""
        self.count = count
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._processes: list[multiprocessing.process.BaseProcess] = []
        self._threads = ThreadPoolExecutor(max(count, 1), thread_name_prefix="parser")
        context = multiprocessing.get_context("spawn")  # so that no one holds another's pipe
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._idle.put(ours)

    def __enter__(self) -> "Parsers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.join()

    def submit(self, job: Job) -> "Future[Parsed]":
        """Its result is there some time."""
        if self.count:
            return self._threads.submit(self._send, job)
        future: Future[Parsed] = Future()
        future.set_result(parse(job))
        return future

    def _send(self, job: Job) -> Parsed:
        connection = self._idle.get()
        connection.send_bytes(pickle.dumps(job, pickle.HIGHEST_PROTOCOL))
        parsed: Parsed = pickle.loads(connection.recv_bytes())  # noqa: S301  # our own process
        self._idle.put(connection)
        return parsed


def cores() -> int:
    """How many of them this process may use, at most ``MAX_PROCESSES``."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MAX_PROCESSES)
    return min(os.cpu_count() or 1, MAX_PROCESSES)


def _work(connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    while True:
        try:
            job = pickle.loads(connection.recv_bytes())  # noqa: S301  # from our own parent
            connection.send_bytes(pickle.dumps(parse(job), pickle.HIGHEST_PROTOCOL))
        except (EOFError, OSError):
            return
