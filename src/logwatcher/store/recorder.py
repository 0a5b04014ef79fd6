"""Where a project that has the store itself puts what its middleware saw: no network, no token."""

import logging
import time

from django.core import mail
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    close_old_connections,
    connections,
)

from logwatcher.core.event import Batch, Event, ParseError
from logwatcher.core.payload import to_event
from logwatcher.middleware.record import Record
from logwatcher.middleware.sender import TAKEN, Answer
from logwatcher.store import keeper, writer
from logwatcher.store.keeper import Keeper

log = logging.getLogger("logwatcher.middleware")


class Recorder:
    """A destination of the middleware's sender, whose thread commits here; one per process.

    Nothing else runs in a project's processes, so the same thread deletes what is too old.
    """

    name = "the project's database"

    def __init__(self, source: str) -> None:
        self._source = source
        self._limits = keeper.wanted_limits()  # wrong ones end the process while it starts
        self._keeper: Keeper | None = None
        self._keep_at = 0.0

    def take(self, records: list[Record], key: str) -> Answer:
        """Commit them under their key. In a test run nothing is kept.

        Its databases are made for the tests, and removed under the feet of a thread that writes.
        """
        if hasattr(mail, "outbox"):  # what Django's set-up for tests leaves
            return TAKEN
        try:
            if events := _events(records):
                writer.write([Batch(self._source, events, key=key)])
            self._keep_limits()
        except (DatabaseError, InterfaceError) as error:
            is_final = isinstance(error, DataError | IntegrityError)
            return Answer(f"it says {str(error).strip()!r}; is it migrated?", is_final)
        finally:
            close_old_connections()
        return TAKEN

    def _keep_limits(self) -> None:
        self._keeper = self._keeper or Keeper(self._limits)  # of this process, if it is forked
        if time.monotonic() >= self._keep_at:
            self._keep_at = time.monotonic() + self._keeper.step()

    def close(self) -> None:
        """Close the thread's connections."""
        if self._keeper:
            self._keeper.close()
        connections.close_all()


def _events(records: list[Record]) -> list[Event]:
    now_us = time.time_ns() // 1000
    events = []
    for record in records:
        try:
            events.append(to_event(record._asdict(), now_us))
        except ParseError as error:
            log.warning("a request of this project was not recorded: %s", error)
    return events
