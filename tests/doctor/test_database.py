"""The database's state, from a database."""

import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder

from logwatcher.doctor import database
from logwatcher.doctor.database import APART_S
from logwatcher.store import user
from logwatcher.store.user import Role
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(databases=["default", "reader"])


def found() -> dict[str, tuple[str, str]]:
    return {finding.name: (finding.level, finding.text) for finding in database.findings()}


def test_a_database_with_users_that_is_up_to_date_is_well() -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    findings = found()
    assert {level for level, _ in findings.values()} == {"ok"}
    assert findings["users"][1] == "1; a login is needed"
    expected = {"database", "migrations", "users"}
    expected |= {"database clock"} if connection.vendor == "postgresql" else set()
    assert findings.keys() == expected


def test_without_users_it_says_who_may_do_what() -> None:
    level, text = found()["users"]
    assert (level, "logwatcher user add" in text) == ("warn", True)


def test_a_missing_migration_is_found_and_nothing_is_asked_that_needs_it() -> None:
    MigrationRecorder(connection).record_unapplied("logwatcher", "0001_initial")
    findings = found()
    assert findings["migrations"] == ("fail", "1 to be applied; run: logwatcher migrate")
    assert "users" not in findings


def test_a_database_from_a_newer_version_is_found() -> None:
    MigrationRecorder(connection).record_applied("logwatcher", "0999_later")
    level, text = found()["migrations"]
    assert (level, "0999_later" in text) == ("fail", True)


def test_one_that_is_away_is_the_only_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused\nIs it running?")

    monkeypatch.setattr(connections["default"], "ensure_connection", refuse)
    (finding,) = database.findings()
    assert finding == ("fail", "database", "connection refused; start it, or mend DATABASE_URL")


def test_clocks_that_differ_are_warned_of_in_either_direction() -> None:
    assert [database.apart(by).level for by in (APART_S, -APART_S, APART_S + 0.1, -5)] == [
        *("ok", "ok", "warn", "warn")
    ]
    assert "5.0 s behind" in database.apart(-5).text
