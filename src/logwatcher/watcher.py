"""A source that follows all the files of some names and globs, those too that come later."""

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError

from logwatcher import importer
from logwatcher.core.event import MAX_PATH, MAX_SOURCE, Batch, Position
from logwatcher.core.formats import BY_ITSELF, Reading
from logwatcher.core.health import REPORT_S
from logwatcher.core.text import clean
from logwatcher.follower import ALL, Follower, Start
from logwatcher.pipeline import Put
from logwatcher.sources import discovery
from logwatcher.sources.line_reader import LineReader, Tell
from logwatcher.sources.lookout import Lookout
from logwatcher.sources.pipe import read_pipe
from logwatcher.store import inputs, reader
from logwatcher.store.claim import RENEW_S, Claim, Claims
from logwatcher.store.thread import StoreThread

LOOK_S = 1.0
"""How often the globs are looked up."""

log = logging.getLogger(__name__)


class Watcher:
    """Follows files that no other process follows, and says every ``REPORT_S`` how each goes."""

    def __init__(
        self,
        names: Sequence[str],
        *,
        source: str = "",
        reading: Reading = BY_ITSELF,
        start: Start = ALL,
        tell: Tell = lambda text: None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            names: files and globs.
            source: of all their requests; empty: each file by its name.
            reading: of all their lines.
            start: where to begin in a file that was never read.
            tell: told what was found.
        """
        self._names = names
        self._source = source
        self._reading = reading
        self._start = start
        self._tell = tell
        self._paths: list[Path] = []
        self._claims = Claims(settings.MACHINE or socket.gethostname())
        self._renew_at = 0.0
        self._followers: dict[Path, Follower] = {}
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self._waits_for: dict[Path, str] = {}
        self._sources: dict[Path, str] = {}
        self._said: dict[Path, Batch] = {}
        self._report_at = 0.0
        self._lookout = Lookout()

    async def __call__(self, put: Put) -> None:
        """Put what the files hold, until cancelled."""
        thread = StoreThread("watcher")
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    try:
                        for path, position in await self._look(thread):
                            following = self._followers[path](put, position)
                            self._tasks[path] = group.create_task(following)
                    except (OperationalError, InterfaceError) as error:
                        log.warning("the logs wait for the database: %s", error)
                    for batch in self._reports():
                        await put(batch)
                    await asyncio.sleep(LOOK_S)
        finally:
            with suppress(OperationalError, InterfaceError):
                await thread.call(self._claims.end)
            await thread.close()

    async def _look(self, thread: StoreThread) -> list[tuple[Path, Position | None]]:
        """Leave what others follow now; returns what is to be followed, and from where."""
        found = await asyncio.to_thread(discovery.find, self._names)
        new = [path for path in found if path not in self._paths]
        new = new[: discovery.MAX_FILES - len(self._paths)]
        if not new and time.monotonic() < self._renew_at:
            return []
        self._renew_at = time.monotonic() + RENEW_S
        paths = self._paths + new
        names = {input_name(path): path for path in paths}
        renewed = await thread.call(self._claims.renew, names)
        claims = {names[name]: claim for name, claim in renewed.items()}
        ours = {path: claim.holder for path, claim in claims.items() if claim.is_ours}
        for path, follower in list(self._followers.items()):
            if follower.holder != ours.get(path):
                await self._leave(path)
        begun = [path for path in ours if path not in self._followers]
        positions, known = await thread.call(_stored, begun)
        self._name(begun, known)
        for path in begun:
            source = self._sources[path]
            line_reader = LineReader(input_name(path), source, self._reading, self._tell)
            self._followers[path] = Follower(
                path, line_reader, self._start, self._lookout, ours[path]
            )
        self._tell_of_others(claims)
        self._paths = paths
        return list(zip(begun, positions, strict=True))

    async def _leave(self, path: Path) -> None:
        """Stop following it; what was read and not committed, whoever follows it reads again."""
        task = self._tasks.pop(path)
        del self._followers[path]
        task.cancel()
        await asyncio.wait({task})

    def _tell_of_others(self, claims: dict[Path, Claim]) -> None:
        waits_for = {path: of.machine for path, of in claims.items() if not of.is_ours}
        for path, machine in waits_for.items():
            if path not in self._waits_for:
                self._tell(
                    f"{path}: another process follows it, on {machine}; this one will when that "
                    "ends. If it is another log, set LOGWATCHER_MACHINE on both"
                )
        for path in self._waits_for.keys() - waits_for.keys():
            self._tell(f"{path}: followed here now")
        self._waits_for = waits_for

    def _reports(self) -> list[Batch]:
        """What is to be said now: of all files every ``REPORT_S``, of one that changed at once."""
        now = time.time()
        is_due = time.monotonic() >= self._report_at
        if is_due:
            self._report_at = time.monotonic() + REPORT_S
        reports = {path: follower.report(now) for path, follower in self._followers.items()}
        said, self._said = self._said, reports
        return [of for path, of in reports.items() if is_due or of != said.get(path)]

    def _name(self, new: Sequence[Path], known: dict[Path, str]) -> None:
        """A file keeps the name that its requests are stored under already."""
        if self._source:
            self._sources |= dict.fromkeys(new, self._source)
            return
        self._sources |= known
        names = discovery.source_names(new, self._sources)
        self._sources |= {
            path: clean(name[-MAX_SOURCE:], MAX_SOURCE) for path, name in names.items()
        }


class StandardInput:
    """A source that reads what another program writes to this process, once."""

    def __init__(self, descriptor: int, reader: LineReader) -> None:
        self._descriptor = descriptor
        self._reader = reader

    async def __call__(self, put: Put) -> None:
        """Put what comes until there is no more, and go on saying how it went."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report(put))
            async with aclosing(read_pipe(self._descriptor, self._reader)) as batches:
                async for batch in batches:
                    await put(batch)
            self._reader.tell("standard input has ended; the page stays until Ctrl-C")

    async def _report(self, put: Put) -> None:
        while True:
            await put(self._reader.report())
            await asyncio.sleep(REPORT_S)


def input_name(path: Path) -> str:
    """What a file's position and health are stored under."""
    machine = f"{settings.MACHINE}:" if settings.MACHINE else ""
    return clean(f"{machine}{path}", MAX_PATH)


def _stored(paths: Sequence[Path]) -> tuple[list[Position | None], dict[Path, str]]:
    names = {input_name(path): path for path in paths}
    known = inputs.sources(list(names))
    return (
        [reader.position(input_name(path)) or importer.reached(path) for path in paths],
        {names[name]: source for name, source in known.items()},
    )
