"""Several that find a new SQLite file at the same moment."""

from pathlib import Path
from threading import Barrier

import pytest
from django.db import DEFAULT_DB_ALIAS
from django.db.utils import ConnectionHandler
from django.utils.connection import ConnectionProxy

from logwatcher.settings import databases
from logwatcher.store import exclusive
from logwatcher.store.exclusive import use_wal
from tests import database
from tests.store.concurrency import at_once

pytestmark = pytest.mark.django_db
FILES, AT_ONCE = 150, 4


def test_all_that_find_a_new_file_at_once_can_use_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def use() -> None:
        try:
            handler[DEFAULT_DB_ALIAS].ensure_connection()
            opened.wait()
            use_wal()
        finally:
            handler.close_all()

    for number in range(FILES):
        url = f"sqlite:///{tmp_path / str(number)}"
        handler = ConnectionHandler(databases(url))
        monkeypatch.setattr(exclusive, "connection", ConnectionProxy(handler, DEFAULT_DB_ALIAS))
        opened = Barrier(AT_ONCE)
        at_once(*[use] * AT_ONCE)
        assert database.query(url, "PRAGMA journal_mode") == [("wal",)]
