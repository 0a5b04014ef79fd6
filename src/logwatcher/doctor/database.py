"""The database: whether it answers, is up to date, and agrees with this machine on the time."""

import sqlite3
import time
from collections.abc import Generator, Iterator

from django.db import DatabaseError, InterfaceError

from logwatcher.doctor.finding import Finding
from logwatcher.store import migrated, user
from logwatcher.store.database import WRITER, connection

APART_S = 2.0
"""Clocks that differ by more show requests in the wrong bucket."""


def findings() -> Iterator[Finding]:
    """One that doesn't answer can't be asked for the rest."""
    try:
        connection.ensure_connection()
        is_postgres = connection.vendor == "postgresql"
        yield _postgres_version() if is_postgres else _journal()
        if is_postgres:
            yield apart(_ahead())
        missing = yield from _migrations()
        if not missing:
            yield _users()
    except (DatabaseError, InterfaceError) as error:
        reason = (str(error).strip().splitlines() or ["it doesn't answer"])[0]
        yield Finding("fail", "database", f"{reason}; start it, or mend DATABASE_URL")


def apart(ahead: float) -> Finding:
    """What it means that the database's clock is so many seconds ahead."""
    text = f"the database's clock is {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
    if abs(ahead) > APART_S:
        return Finding("warn", "database clock", f"{text}; run an NTP client on both machines")
    return Finding("ok", "database clock", text)


def _value(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _postgres_version() -> Finding:
    return Finding("ok", "database", f"PostgreSQL {_value('SHOW server_version')}")


def _journal() -> Finding:
    """SQLite keeps no journal beside the file where several processes can't share memory."""
    mode = _value("PRAGMA journal_mode")
    text = f"SQLite {sqlite3.sqlite_version}, journal {mode}"
    if mode == "wal":
        return Finding("ok", "database", text)
    return Finding("warn", "database", f"{text}, not wal: use a local disk, none of a network")


def _ahead() -> float:
    began = time.time()
    theirs = float(str(_value("SELECT extract(epoch FROM clock_timestamp())")))
    return theirs - (began + time.time()) / 2


def _migrations() -> Generator[Finding, None, bool]:
    """Returns whether one is missing."""
    found = migrated.look(WRITER)
    if found.newer:
        newest = found.newer[-1][1]
        text = f"the database is from a newer version (it has {newest}); upgrade logwatcher"
        yield Finding("fail", "migrations", text)
    elif found.missing:
        text = f"{len(found.missing)} to be applied; run: logwatcher migrate"
        yield Finding("fail", "migrations", text)
    else:
        yield Finding("ok", "migrations", "all are applied")
    return bool(found.missing)


def _users() -> Finding:
    if count := len(user.rows()):
        return Finding("ok", "users", f"{count}; a login is needed")
    return Finding(
        "warn",
        "users",
        "none: whoever reaches the server may do all, and it listens on this machine only;"
        " add one by: logwatcher user add NAME --role admin",
    )
