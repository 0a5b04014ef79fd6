"""The database that a command works on; ``logwatcher migrate``."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from logwatcher import config
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError, tell


def add_migrate(commands: Commands) -> None:
    """``logwatcher migrate``."""
    command = commands.add_parser("migrate", help="make or update the database's tables")
    command.set_defaults(command=_migrate)


def set_up() -> None:
    """Make the data directory and load Django. Raises UsageError."""
    data = config.from_environment().data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(data, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise UsageError(
            f"{data}: can't write there; mend its rights or set LOGWATCHER_DATA to another one"
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logwatcher.settings")  # noqa: TID251
    import django

    django.setup()


def migrate() -> list[str]:
    """Apply the migrations that are missing; returns their names. Raises UsageError."""
    from django.core.management import call_command

    from logwatcher.store.exclusive import exclusive

    if not _look():
        return []
    with exclusive(_say_that_it_waits):
        if missing := _missing():
            call_command("migrate", verbosity=0, interactive=False)
    return missing


def check() -> None:
    """Raises UsageError if a migration is missing."""
    if _look():
        raise UsageError("the database's tables are missing or old; run: logwatcher migrate")


def _migrate(_: argparse.Namespace) -> int:
    set_up()
    try:
        names = migrate()
    except KeyboardInterrupt:
        raise UsageError("stopped; the same command goes on where this one ended") from None
    print("\n".join(f"applied {name}" for name in names) or "nothing to do")
    return 0


def _look() -> list[str]:
    """Make the database ready for several processes; returns what is missing. Raises UsageError."""
    from logwatcher.store.exclusive import use_wal

    missing = _missing()
    with usable():
        use_wal(_say_that_it_waits)
    return missing


def _say_that_it_waits() -> None:
    tell("another process is changing the database's tables; waiting for it")


def _missing() -> list[str]:
    """Migrations that this version has and the database has not.

    Raises:
        UsageError: the database can't be reached, or a newer version has changed it.
    """
    from logwatcher.store import migrated
    from logwatcher.store.database import WRITER

    with usable():
        found = migrated.look(WRITER)
    if found.newer:
        raise UsageError(
            f"the database is from a newer version (it has {found.newer[-1][1]}); "
            "upgrade logwatcher or use another database"
        )
    return [f"{app}.{name}" for app, name in found.missing]


@contextmanager
def usable(url: str = "DATABASE_URL") -> Iterator[None]:
    """Raises UsageError instead of what the database says; ``url`` is what to check then."""
    from django.db import DatabaseError

    try:
        yield
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"the database can't be used: {reason}; check {url}") from None
