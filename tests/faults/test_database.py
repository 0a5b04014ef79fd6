"""The database breaks under load: nothing acknowledged is lost or counted twice, without hands."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError

import pytest
from django.db import connection

from tests import postgres
from tests.faults.conftest import SendTo
from tests.postgres import Postgres
from tests.server import Server, until

AWAY_S = 60
LOCKED_S = 12
RECOVERY_S = 15
DURABLE = {"fsync": "on", "synchronous_commit": "on"}


@pytest.fixture
def own_postgres(empty_database: Callable[[], str]) -> Iterator[Postgres]:
    """One that may be killed; where tests run on PostgreSQL."""
    with postgres.running(**DURABLE) as server:
        yield server


@pytest.fixture
def server(own_postgres: Postgres, tmp_path: Path) -> Iterator[Server]:
    """Two workers on a PostgreSQL of their own."""
    server = Server(tmp_path / "data", own_postgres.url, ["serve", "--workers", "2"])
    server.command("migrate")
    server.start()
    yield server
    if server.is_running:
        server.stop()


def status(server: Server, path: str) -> int:
    """Of the answer, which must come."""
    try:
        server.get(path)
    except HTTPError as error:
        return error.code
    return 200


@pytest.mark.postgres
def test_postgresql_is_killed_in_mid_flush(
    own_postgres: Postgres, server: Server, send_to: SendTo
) -> None:
    server.put_traffic(running=True, rate=500)
    senders = send_to(server)
    for _ in range(3):
        senders.wait_for(20)
        own_postgres.kill()
        own_postgres.start()
    senders.wait_for(20)
    server.put_traffic(running=False)
    senders.end()
    assert server.stop() == 0
    senders.assert_counted()


@pytest.mark.long
@pytest.mark.postgres
def test_postgresql_is_away_for_a_minute(
    own_postgres: Postgres, server: Server, send_to: SendTo
) -> None:
    senders = send_to(server)
    senders.wait_for(20)
    own_postgres.stop()
    began = time.monotonic()
    until(lambda: status(server, "/readyz") == 503)
    assert status(server, "/healthz") == 200
    assert status(server, "/api/series?range=5m") == 503
    have = len(senders.acknowledged)
    time.sleep(AWAY_S - (time.monotonic() - began))
    assert len(senders.acknowledged) == have
    own_postgres.start()
    senders.wait_for(20, RECOVERY_S)
    until(lambda: status(server, "/readyz") == 200, RECOVERY_S)
    senders.end()
    assert server.stop() == 0
    senders.assert_counted()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="nobody locks all of PostgreSQL")
def test_sqlite_is_locked_by_somebody_else(serve: Callable[..., Server], send_to: SendTo) -> None:
    server = serve("demo")
    senders = send_to(server)
    senders.wait_for(20)
    file = server.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_S / 2)
        have = len(senders.acknowledged)
        assert status(server, "/api/series?range=5m") == 200
        time.sleep(LOCKED_S / 2)
        assert len(senders.acknowledged) == have
    senders.wait_for(20, RECOVERY_S)
    senders.end()
    assert server.stop() == 0
    senders.assert_counted()
