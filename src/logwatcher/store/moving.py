"""All of a store into another database, and the proof that it is the same there.

One transaction: whoever looks sees nothing of it or all, and a move that is broken off leaves
nothing behind, so that it can simply be begun again.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connections, models, transaction

from logwatcher.store.database import WRITER, connection, lock
from logwatcher.store.models import (
    Bucket,
    Chunk,
    Endpoint,
    FilePosition,
    Head,
    Import,
    Input,
    Pack,
    Receipt,
    Request,
    Revision,
    Source,
    Stock,
    Token,
    Traffic,
)

SOURCE, SOURCE_NOW = "source", "source_now"
"""Aliases of the database that is moved: a snapshot of it, and what it has become meanwhile."""
MODELS: tuple[type[models.Model], ...] = (
    *(Head, Revision, Traffic, Stock, Source, Endpoint, Bucket, Chunk, Request, Pack),
    *(FilePosition, Input, Import, Receipt, Token, User),
)
"""Each after those that it refers to. Sessions and leases are of processes and browsers."""

_OWN = (Endpoint, Import, Token, User)
"""Without any of these there is nothing in a store."""
_BATCH = 1000
_BATCH_OF_BLOBS = 50
"""Rows of packs and chunks, of up to 100 KB each."""
_DIGEST = 16
"""In bytes."""

Row = tuple[Any, ...]  # Any: a field's value
Tell = Callable[[int, int], None]
"""(rows done, rows in all)"""


class Table(NamedTuple):
    """A table of the store: its name, how many rows it has, and a digest of them.

    In whichever order they come: databases sort texts by the rules of a language, not alike.
    """

    name: str
    rows: int
    digest: int


class Move(NamedTuple):
    """All tables, and whether they were there already."""

    tables: list[Table]
    was_there: bool


class MoveError(Exception):
    """Nothing was moved: says why."""


def move(tell: Tell) -> Move:
    """Copy the store of ``SOURCE`` to this one's database, and compare.

    A store that is there already, the same to the last row, is left as it is.

    Raises:
        MoveError: the database holds something else, or what is moved has changed meanwhile.
    """
    with transaction.atomic(using=SOURCE), transaction.atomic(using=WRITER):
        lock(for_long=True)  # the other database is read meanwhile
        is_there = any(model._base_manager.using(WRITER).exists() for model in _OWN)
        count = _Count(tell, 2 * sum(_number(model) for model in MODELS))
        if is_there:
            return Move(_compare(count), was_there=True)
        tables = _copy(count)
        if [_table(model, WRITER, count) for model in MODELS] != tables:
            raise MoveError("what was written is not what was read; please report this")
        revision = Head.objects.using(SOURCE).get().revision
        if Head.objects.using(SOURCE_NOW).get().revision != revision:
            raise MoveError("it is being written to; stop all that does, then move it again")
    return Move(tables, was_there=False)


class _Count:
    """Of the rows that were read, from either database; each is read from both."""

    def __init__(self, tell: Tell, total: int) -> None:
        self._tell = tell
        self._done = 0
        self._total = total

    def add(self, rows: int) -> None:
        self._done += rows
        self._tell(min(self._done, self._total), self._total)


def _compare(count: _Count) -> list[Table]:
    tables = []
    for model in MODELS:
        tables.append(_table(model, SOURCE, count))
        if _table(model, WRITER, count) != tables[-1]:
            raise MoveError("the new database holds other data; name an empty one")
    return tables


def _copy(count: _Count) -> list[Table]:
    tables = []
    for model in MODELS:
        model._base_manager.using(WRITER).all().delete()  # what a new database begins with
        digest = _Digest(model)
        rows = digest.of(_rows(model, SOURCE))
        while batch := list(islice(rows, _batch(model))):
            _insert(model, batch)
            count.add(len(batch))
        tables.append(digest.table)
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), MODELS):
            cursor.execute(sql)
    return tables


class _Digest:
    """Of the rows of a table that go by."""

    def __init__(self, model: type[models.Model]) -> None:
        self._name = model._meta.db_table
        self._rows = 0
        self._sum = 0

    def of(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._rows += 1
            text = repr([_plain(value) for value in row]).encode()
            self._sum += int.from_bytes(blake2b(text, digest_size=_DIGEST).digest())
            yield row

    @property
    def table(self) -> Table:
        return Table(self._name, self._rows, self._sum % 256**_DIGEST)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _table(model: type[models.Model], using: str, count: _Count) -> Table:
    digest = _Digest(model)
    rows = digest.of(_rows(model, using))
    while number := sum(1 for _ in islice(rows, _batch(model))):
        count.add(number)
    return digest.table


def _number(model: type[models.Model]) -> int:
    return int(model._base_manager.using(SOURCE).count())


def _batch(model: type[models.Model]) -> int:
    return _BATCH_OF_BLOBS if model in (Chunk, Pack) else _BATCH


def _rows(model: type[models.Model], using: str) -> Iterator[Row]:
    """In order of the primary key."""
    order = [field.attname for field in model._meta.pk_fields]
    names = [field.attname for field in _fields(model)]
    found = model._base_manager.using(using).order_by(*order).values_list(*names)
    for row in found.iterator(chunk_size=_batch(model)):
        yield tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def _fields(model: type[models.Model]) -> list[Any]:  # Any: fields of different kinds
    return [field for field in model._meta.concrete_fields if field.column]


def _insert(model: type[models.Model], rows: list[Row]) -> None:
    fields = _fields(model)
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(fields))
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",
            [
                [
                    field.get_db_prep_save(value, connection)
                    for field, value in zip(fields, row, strict=True)
                ]
                for row in rows
            ],
        )


def close() -> None:
    """The connections to what was moved."""
    for alias in (SOURCE, SOURCE_NOW):
        connections[alias].close()
