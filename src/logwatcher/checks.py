"""What ``manage.py check`` says of a project that has the page in it."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from inspect import iscoroutinefunction
from typing import Any, cast

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.urls import NoReverseMatch, reverse

from logwatcher.core.retention import RetentionError
from logwatcher.store.database import WRITER
from logwatcher.store.keeper import wanted_limits
from logwatcher.store.models import Head
from logwatcher.web.access import predicate
from logwatcher.web.place import PAGE

OPTIONS = ("ACCESS", "DATABASE", "KEEP_FIGURES", "KEEP_REQUESTS", "SOURCE", "TOKEN", "URL")
_INTERNAL = ("GUARD", "READER")


@checks.register
def check(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """All of it, each with what to do."""
    return [*_options(), *_database(), *_access(), *_place()]


def _options() -> Iterator[CheckMessage]:
    for name in getattr(settings, "LOGWATCHER", {}):
        if name not in OPTIONS + _INTERNAL:
            near = get_close_matches(str(name), OPTIONS, 1) or [", ".join(OPTIONS)]
            yield Error(f"LOGWATCHER: unknown {name!r}", f"Use {near[0]}.", id="logwatcher.E001")
    try:
        wanted_limits()
    except RetentionError as error:
        yield Error(f"LOGWATCHER: {error}", "See docs/retention.md.", id="logwatcher.E009")


def _database() -> Iterator[CheckMessage]:
    if WRITER not in connections:
        hint = f"Name one of: {', '.join(connections)}."
        text = f'LOGWATCHER["DATABASE"]: there is no {WRITER!r} in DATABASES'
        yield Error(text, hint, id="logwatcher.E002")
    elif connections[WRITER].vendor not in ("postgresql", "sqlite"):
        yield Error(
            f"logwatcher can't use {connections[WRITER].vendor}",
            "Give it a file of its own: a SQLite database in DATABASES, named by "
            'LOGWATCHER["DATABASE"].',
            id="logwatcher.E003",
        )
    elif {router.db_for_read(Head), router.db_for_write(Head)} != {WRITER}:
        yield Error(
            f"No router keeps logwatcher's tables in {WRITER!r}",
            'Put "logwatcher.store.database.Router" first into DATABASE_ROUTERS.',
            id="logwatcher.E004",
        )
    elif WRITER == DEFAULT_DB_ALIAS and not _has_room(connections[WRITER].settings_dict):
        yield checks.Warning(
            "logwatcher shares the project's SQLite database: a request that reads and then writes"
            " in one transaction may fail, since another has written meanwhile",
            'Put "OPTIONS": {"transaction_mode": "IMMEDIATE"} into DATABASES["default"], or give'
            " logwatcher a database of its own.",
            id="logwatcher.W008",
        )


def _has_room(settings: dict[str, Any]) -> bool:
    """Whether a second writer can't make one of the project's fail."""
    is_sqlite = settings["ENGINE"].endswith(".sqlite3")
    return not is_sqlite or settings["OPTIONS"].get("transaction_mode") in (
        "IMMEDIATE",
        "EXCLUSIVE",
    )


def _access() -> Iterator[CheckMessage]:
    try:
        found = predicate()
    except (ImportError, TypeError, AttributeError) as error:
        yield Error(
            f'LOGWATCHER["ACCESS"]: {error}',
            "Give the dotted path of a function that takes a request and returns True or False.",
            id="logwatcher.E005",
        )
        return
    if not callable(cast(object, found)) or iscoroutinefunction(found):
        yield Error(
            'LOGWATCHER["ACCESS"] is not a function, or an async one',
            "Give the dotted path of a plain function.",
            id="logwatcher.E006",
        )


def _place() -> Iterator[CheckMessage]:
    try:
        place = reverse(PAGE)
    except NoReverseMatch:
        return  # not mounted, or below a prefix of which a part is only known with a request
    if not place.endswith("/"):
        hint = 'End its prefix in a slash: path("logwatcher/", include("logwatcher.urls")).'
        yield Error(f"logwatcher's page is at {place}", hint, id="logwatcher.E007")
