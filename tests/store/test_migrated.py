"""What the database lacks, and what only a newer version has."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from logwatcher.store import migrated
from logwatcher.store.database import READER

pytestmark = pytest.mark.django_db(databases=["default", "reader"])
FIRST = ("logwatcher", "0001_initial")


def test_a_migrated_database_lacks_nothing() -> None:
    assert migrated.look(READER) == ([], [])


def test_what_is_not_applied_is_missing_and_what_is_unknown_is_newer() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*FIRST)
    recorder.record_applied("logwatcher", "0999_later")
    recorder.record_applied("another", "0001_initial")
    assert migrated.look("default") == ([FIRST], [("logwatcher", "0999_later")])
