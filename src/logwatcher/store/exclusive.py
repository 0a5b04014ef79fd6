"""Changing the database itself: one process at a time, wherever it runs."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from logwatcher.store.database import connection

WAL = "PRAGMA journal_mode = WAL"

_LOCK = 0x6C6F6774  # "logt": another lock than the writers'


def _say_nothing() -> None:
    pass


@contextmanager
def exclusive(on_wait: Callable[[], None] = _say_nothing) -> Iterator[None]:
    """Wait until no other process of this database is inside, and keep others out.

    Args:
        on_wait: called once if another one is; it may take long, or be stopped.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                on_wait()
                cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    else:
        folder = os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def use_wal(on_wait: Callable[[], None] = _say_nothing) -> None:
    """Let SQLite's readers go on while one writes; the file remembers it.

    Not for each connection: of two that change this at once one is told that the file is locked,
    and doesn't wait. A copy made by ``VACUUM INTO`` has forgotten it.

    Args:
        on_wait: see ``exclusive``.
    """
    if connection.vendor != "sqlite" or _journal_mode() == "wal":
        return
    with exclusive(on_wait), connection.cursor() as cursor:
        cursor.execute(WAL)


def _journal_mode() -> str:
    with connection.cursor() as cursor:
        return str(cursor.execute("PRAGMA journal_mode").fetchone()[0])
