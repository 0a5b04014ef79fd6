"""Follows a log into a little database, until it is killed: a process of its own.

``python reading.py LOG DATABASE``. Lines and position are committed together.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path

from logwatcher.core.event import Position
from logwatcher.core.formats import FORMATS
from logwatcher.sources.lookout import Lookout
from logwatcher.sources.tail import Follower, follow

GRACE_S = 0.05
TABLES = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE line (number INTEGER);
    CREATE TABLE position (id INTEGER PRIMARY KEY, path, device, inode, place, fingerprint);
"""


async def main(log: str, database: str) -> None:
    """Go on from the last commit."""
    connection = sqlite3.connect(database, timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")  # processes die here, not machines
    row = connection.execute(
        "SELECT path, device, inode, place, fingerprint FROM position"
    ).fetchone()
    parse = FORMATS["combined"].parse
    position = Position(*row) if row else None
    follower = Follower(Path(log), "web", parse, position=position, grace_s=GRACE_S)
    async for batch in follow(follower, Lookout()):
        assert batch.position
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO line VALUES (?)", [(int(event.path[1:]),) for event in batch.events]
        )
        connection.execute("REPLACE INTO position VALUES (1, ?, ?, ?, ?, ?)", batch.position)
        connection.execute("COMMIT")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
