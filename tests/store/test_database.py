"""The store in a project's database: one alias to write and read, routed and locked."""

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, models, transaction

from logwatcher.store import database
from logwatcher.store.database import LOCK, Router, atomic, fetch, lock, snapshot
from logwatcher.store.models import Head

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


class Foreign(models.Model):
    class Meta:
        app_label = "shop"
        managed = False


@pytest.fixture
def of_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """One alias for all, as in a project."""
    monkeypatch.setattr(database, "READER", database.WRITER)


def test_the_router_keeps_the_store_s_tables_in_one_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WRITER", "traffic")
    router = Router()
    assert router.db_for_read(Head) == router.db_for_write(Head) == "traffic"
    assert router.db_for_write(Foreign) is None
    assert router.allow_migrate("traffic", "logwatcher")
    assert router.allow_migrate("default", "logwatcher") is False
    assert router.allow_migrate("default", "shop") is None


def test_a_snapshot_s_reads_are_of_one_moment_whatever_the_project_says(
    of_a_project: None,
) -> None:
    if connection.vendor != "postgresql":
        with snapshot():
            assert connection.in_atomic_block
        return
    with snapshot(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # from now on the level can't be changed
        with snapshot():
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("read committed",)


def test_the_lock_is_taken_before_anything_is_read() -> None:
    """Also where a transaction's begin takes no lock, as a project's on SQLite."""
    other = connections["reader"]  # DEFERRED
    with transaction.atomic(using="reader"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "connection", other)
            lock()
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            connection.cursor().execute("PRAGMA busy_timeout = 10")
            with pytest.raises(OperationalError, match="locked"), transaction.atomic():
                pass
            connection.close()
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                assert cursor.fetchone() == (False,)


def be_silent_with_the_lock() -> None:
    """As a process that was stopped just after it has sent some rows."""
    with atomic(), connection.cursor() as cursor:
        lock()
        cursor.executemany("UPDATE logwatcher_head SET id = %s", [(1,), (1,)])
        with transaction.atomic(using="reader"), connections["reader"].cursor() as other:
            other.execute("SET LOCAL statement_timeout = '9s'")
            other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SELECT 1")


@pytest.mark.postgres
def test_whoever_holds_the_lock_and_is_silent_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped, or cut off from PostgreSQL, which would wait for hours."""
    monkeypatch.setattr(database, "HELD_S", 1)
    with pytest.raises(OperationalError, match="timeout"):
        be_silent_with_the_lock()
    connection.close()


@pytest.mark.postgres
def test_the_lock_can_be_held_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "HELD_S", 1)
    with atomic(), connection.cursor() as cursor:
        lock(for_long=True)
        cursor.execute("SELECT pg_sleep(1.2)")


def test_bytes_come_as_they_are_and_failures_as_django_s() -> None:
    text = "bytea" if connection.vendor == "postgresql" else "blob"
    with connection.cursor() as cursor:
        sql = f"SELECT %s, CAST(%s AS {text}) UNION ALL SELECT 0, NULL"
        assert fetch(cursor, sql, [1 << 40, b"\0\xff"]) == [(1 << 40, b"\0\xff"), (0, None)]
        with pytest.raises(DatabaseError, match="nowhere"):
            fetch(cursor, "SELECT 1 FROM nowhere", [])


def test_what_is_fetched_belongs_to_the_transaction() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE logwatcher_head SET revision = 77")
        assert fetch(cursor, "SELECT revision FROM logwatcher_head", []) == [(77,)]
        transaction.set_rollback(True)
    assert Head.objects.get().revision != 77
