"""Which migrations this version has and the database has not."""

from functools import cache
from typing import NamedTuple

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Key = tuple[str, str]
"""An app and the name of one of its migrations."""


class Migrations(NamedTuple):
    """Those to be applied, and those that only a newer version has, each in order."""

    missing: list[Key]
    newer: list[Key]


def look(alias: str) -> Migrations:
    """Compare with the database of this alias. Raises DatabaseError or InterfaceError."""
    known = _known()
    apps = {app for app, _ in known}
    recorder = MigrationRecorder(connections[alias])
    applied = {key for key in recorder.applied_migrations() if key[0] in apps}
    return Migrations(sorted(known - applied), sorted(applied - known))


@cache
def _known() -> frozenset[Key]:
    return frozenset(MigrationLoader(None).disk_migrations)
