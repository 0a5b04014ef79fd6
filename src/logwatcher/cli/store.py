"""``logwatcher migrate-store``."""

import argparse
from pathlib import Path

from logwatcher import config
from logwatcher.cli import database
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError
from logwatcher.config import ConfigError


def add(commands: Commands) -> None:
    """``logwatcher migrate-store``."""
    command = commands.add_parser(
        "migrate-store", help="move all data to another database, as from SQLite to PostgreSQL"
    )
    command.add_argument("old", metavar="FROM", help="its URL; as it is for DATABASE_URL")
    command.add_argument("new", metavar="TO", help="the URL of an empty database")
    command.set_defaults(command=_move)


def _move(options: argparse.Namespace) -> int:
    old, new = (_url(options, name) for name in ("old", "new"))
    config.choose("DATABASE_URL", new)
    database.set_up()
    _add_source(old)
    from logwatcher.meter import Meter, bar, clock
    from logwatcher.store import moving

    _check_source()
    _make_tables()
    meter = Meter()

    def tell(done: int, total: int) -> None:
        part = done / total
        left = clock(meter.seconds / part - meter.seconds)
        text = f"{part:4.0%}  {done:,} of {total:,} rows read from both, {left} left"
        meter.show(lambda with_bar: (bar(part) if with_bar else "") + text)

    try:
        with database.usable("FROM and TO"):
            moved = moving.move(tell)
    except moving.MoveError as error:
        raise UsageError(str(error)) from None
    except KeyboardInterrupt:
        raise UsageError("stopped, nothing was moved; the same command begins anew") from None
    finally:
        meter.clear()
        moving.close()
    for table in moved.tables:
        print(f"{table.name:<24} {table.rows:>11,} rows, the same in both")
    what = "all was there already" if moved.was_there else f"moved in {meter.seconds:.1f} s"
    print(f"{what}; from now on set DATABASE_URL to the new one")
    return 0


def _url(options: argparse.Namespace, name: str) -> str:
    try:
        return config.database_url(getattr(options, name))
    except ConfigError as error:
        place = {"old": "FROM", "new": "TO"}[name]
        raise UsageError(str(error).replace("DATABASE_URL", place, 1)) from None


def _make_tables() -> None:
    try:
        database.migrate()
    except UsageError as error:
        raise UsageError(str(error).replace("DATABASE_URL", "TO")) from None


def _add_source(url: str) -> None:
    """Let Django know it. Raises UsageError."""
    from django.db import connections

    from logwatcher.settings import databases
    from logwatcher.store.database import WRITER
    from logwatcher.store.moving import SOURCE, SOURCE_NOW

    source = databases(url)["reader"]
    name, target = source["NAME"], connections.settings[WRITER]
    for alias in (SOURCE, SOURCE_NOW):
        connections.settings[alias] = {**target, **source, "TEST": target["TEST"]}
    if url.startswith("sqlite:"):
        if not Path(name).is_file():
            raise UsageError(f"FROM: {name}: no such file; check the path")
        is_same = Path(name).resolve() == Path(target["NAME"]).resolve()
    else:
        is_same = all(source[of] == target[of] for of in ("NAME", "HOST", "PORT", "ENGINE"))
    if is_same:
        raise UsageError("FROM and TO are the same database; name another one")


def _check_source() -> None:
    """Raises UsageError if it is no store of this version."""
    from logwatcher.store import migrated
    from logwatcher.store.moving import SOURCE

    with database.usable("FROM"):
        found = migrated.look(SOURCE)
    if found.missing:
        raise UsageError(
            "FROM: its tables are missing or old; run logwatcher migrate with it as DATABASE_URL"
        )
    if found.newer:
        raise UsageError("FROM: it is from a newer version; upgrade logwatcher first")
