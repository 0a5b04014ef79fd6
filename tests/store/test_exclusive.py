"""Several that change the database itself at the same moment."""

from pathlib import Path
from threading import Barrier, Event

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


@pytest.mark.django_db(transaction=True)
def test_who_has_to_wait_for_another_one_says_so_and_goes_on() -> None:
    is_inside, is_waiting = Event(), Event()
    order: list[str] = []

    def first() -> None:
        with exclusive.exclusive(pytest.fail):
            is_inside.set()
            assert is_waiting.wait(10)
            order.append("first")

    def second() -> None:
        assert is_inside.wait(10)
        with exclusive.exclusive(is_waiting.set):
            order.append("second")

    at_once(first, second)
    assert order == ["first", "second"]
