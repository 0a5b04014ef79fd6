"""A log is rotated in every way while its reader is killed again and again: each line once."""

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from tests.sources import reading, rotating

LINES = {"numbers": 1_000_000, "dates": 100_000}
SEED = 7
TIMEOUT_S = 300


@pytest.mark.parametrize("names", LINES)
def test_each_line_is_read_once_and_in_order(tmp_path: Path, names: str) -> None:
    rng = random.Random(SEED)
    log, database = tmp_path / "log" / "access.log", tmp_path / "read.sqlite3"
    log.parent.mkdir()
    total, kills = LINES[names], 0
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        connection.executescript(reading.TABLES)
        writer = start(rotating, log, database, str(total), str(SEED), names)
        end = time.monotonic() + TIMEOUT_S
        try:
            while count(connection) < total and time.monotonic() < end:
                reader = start(reading, log, database)
                wait(connection, total, rng.uniform(0.3, 1.5))
                assert reader.poll() is None, reader.communicate()[1]
                reader.kill()
                reader.communicate()
                kills += 1
        finally:
            writer.kill()
            _, errors = writer.communicate()
        assert errors == ""
        rows = connection.execute("SELECT number FROM line ORDER BY rowid").fetchall()
    expected = enumerate(range(total))
    wrong = next((at for at, number in expected if rows[at : at + 1] != [(number,)]), None)
    assert (len(rows), wrong) == (total, None)
    assert kills >= 2


def start(program: ModuleType, *arguments: object) -> subprocess.Popen[str]:
    """Run the module as a program."""
    command = [sys.executable, str(program.__file__), *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def count(connection: sqlite3.Connection) -> int:
    """How many lines have been committed."""
    rows: int = connection.execute("SELECT COALESCE(MAX(rowid), 0) FROM line").fetchone()[0]
    return rows


def wait(connection: sqlite3.Connection, total: int, seconds: float) -> None:
    """Until all is read, or so long."""
    end = time.monotonic() + seconds
    while count(connection) < total and time.monotonic() < end:
        time.sleep(0.01)
