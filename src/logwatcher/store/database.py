"""Which of Django's databases holds the store, and how it is written to and read.

A server of its own has two aliases of one database, so that its readers never take the writers'
lock. In a project one does for both: its default, or another, named by ``LOGWATCHER["DATABASE"]``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InternalError,
    OperationalError,
    connections,
    models,
    transaction,
)
from django.db.backends.utils import CursorWrapper
from django.utils.connection import ConnectionProxy

LABEL = "logwatcher"
_options: dict[str, str] = getattr(settings, "LOGWATCHER", {})
WRITER = _options.get("DATABASE", DEFAULT_DB_ALIAS)
READER = _options.get("READER", WRITER)

connection: Any = ConnectionProxy(connections, WRITER)  # Any: as django.db's own
"""The writer's, of this thread."""

POOL = {"min_size": 1, "max_size": 10, "timeout": 5, "reconnect_timeout": 2}
"""Of PostgreSQL's connections, times in seconds.

After ``reconnect_timeout`` whoever asks next tries anew; the pool itself would wait ever longer.
"""

LAST_S = 1
"""So long an ending process waits for a connection, to commit what it has or give back a lease."""

LOCK = 0x6C6F6777  # "logw": the advisory lock that all writers take
_LOCK_POSTGRES = "SELECT pg_advisory_xact_lock(%s), set_config(%s, %s, true)"

HELD_S = 30
"""PostgreSQL ends the transaction of a process that has the lock for longer: it was stopped, or
its network is gone, and all others wait for it. Before version 17 only if it is silent between
two statements."""
_LIMIT = "transaction_timeout"
_LIMIT_BEFORE_17 = "idle_in_transaction_session_timeout"
_HELD_TOO_LONG = {"25P03", "25P04"}  # SQLSTATE of either


class Router:
    """For ``DATABASE_ROUTERS``: keeps the store's tables in its database, and out of the others."""

    def db_for_read(self, model: type[models.Model], **_: object) -> str | None:
        """The store's database for its models; of others it says nothing."""
        return WRITER if model._meta.app_label == LABEL else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_: object) -> bool | None:
        """Whether a table may be made there."""
        return db == WRITER if app_label == LABEL else None


@contextmanager
def atomic() -> Iterator[None]:
    """A transaction of the writer's; take the ``lock`` first in it.

    Raises:
        OperationalError: PostgreSQL has ended it; as when the connection is lost.
    """
    try:
        with transaction.atomic(using=WRITER):
            yield
    except InternalError as error:
        if getattr(error.__cause__, "sqlstate", "") in _HELD_TOO_LONG:
            raise OperationalError(*error.args) from error
        raise


def share_connections() -> None:
    """Let the threads of a server take turns with PostgreSQL's: a new one costs more than a query.

    Before any thread has one. A command is better off without: a pool doesn't say why it has none.
    """
    connections.close_all()
    for alias in {WRITER, READER}:
        if connections[alias].vendor == "postgresql":
            connections.settings[alias]["OPTIONS"]["pool"] = POOL


def hurry() -> None:
    """Wait for PostgreSQL but a moment from now on, since the process ends.

    Who waits already gets an OperationalError, at once; who has a connection keeps it.
    """
    for alias in {WRITER, READER}:
        wrapper: Any = connections[alias]  # Any: PostgreSQL's own
        options = wrapper.settings_dict["OPTIONS"]
        if options.get("pool") is POOL:
            options["pool"] = POOL | {"timeout": LAST_S}
            wrapper.close_pool()


def lock(*, for_long: bool = False) -> None:
    """Make this transaction the only one that writes, until it ends.

    SQLite has one lock for all writers, which an IMMEDIATE transaction has from its begin and
    another one from its first statement that could write; this one changes nothing.

    Args:
        for_long: PostgreSQL may not end the transaction after ``HELD_S``.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            limit = _LIMIT if connection.pg_version >= 170_000 else _LIMIT_BEFORE_17
            limit_s = 0 if for_long else HELD_S
            cursor.execute(_LOCK_POSTGRES, [LOCK, limit, f"{limit_s}s"])
        else:
            cursor.execute("DELETE FROM logwatcher_head WHERE 0")


def fetch(cursor: CursorWrapper, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query for many or large bytes.

    PostgreSQL hands them over as they are. Django lets it write them as text, twice as long.
    """
    wrapper = cursor.db
    rows: list[tuple[Any, ...]]
    if wrapper.vendor == "postgresql":
        psycopg: Any = wrapper.Database
        with wrapper.wrap_database_errors, psycopg.Cursor(wrapper.connection) as binary:
            rows = binary.execute(sql, params, binary=True).fetchall()
    else:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    return rows


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction in which all that is read is of one moment, whoever writes meanwhile.

    SQLite's are so; on PostgreSQL a project's connection is asked to be. Inside of another
    transaction this is left to who began it.
    """
    reader = connections[READER]
    is_whole = not reader.in_atomic_block
    with transaction.atomic(using=READER):
        if is_whole and reader.vendor == "postgresql" and READER == WRITER:
            with reader.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
