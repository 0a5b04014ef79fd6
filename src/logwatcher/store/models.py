"""The tables. Rows are written by ``writer`` and read by ``reader``, both in plain SQL."""

import secrets

from django.db import models

from logwatcher.core.event import MAX_METHOD, MAX_ROUTE, MAX_SOURCE

MAX_KEY = 240


def new_store_id() -> str:
    """Eight random hex digits: tells this database from one that took its place."""
    return secrets.token_hex(4)


class Head(models.Model):
    """One row: which store this is, its newest revision and the newest request in it."""

    store = models.CharField(max_length=8, default=new_store_id)
    revision = models.BigIntegerField(default=0)
    last_request = models.BigIntegerField(default=0)


class Revision(models.Model):
    """What one commit changed: the log that answers "what since revision r".

    ``changed`` is a JSON list of ``[start, end)`` in seconds that cover the events' times.
    """

    number = models.BigIntegerField(primary_key=True)
    last_request = models.BigIntegerField()
    changed = models.TextField()


class Source(models.Model):
    """Where requests come from: a file, an app, the mock traffic."""

    name = models.CharField(max_length=MAX_SOURCE, unique=True)


class Endpoint(models.Model):
    """A method and route of a source; both empty: all of them together."""

    source = models.ForeignKey(Source, models.CASCADE)
    method = models.CharField(max_length=MAX_METHOD)
    route = models.CharField(max_length=MAX_ROUTE)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["source", "method", "route"], name="endpoint_is_unique"
            ),
        )


class Bucket(models.Model):
    """The encoded ``Aggregate`` of an endpoint's requests in ``[start, start + step)`` seconds.

    Old ones are in chunks; of requests that come late there may be both, which are added.
    """

    pk = models.CompositePrimaryKey("endpoint_id", "step", "start")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, db_index=False)
    step = models.IntegerField()
    start = models.BigIntegerField()
    totals = models.BinaryField()
    cells = models.BinaryField()


class Chunk(models.Model):
    """Many buckets of an endpoint and step: a ``core.chunk.Chunk``."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, db_index=False)
    step = models.IntegerField()
    number = models.IntegerField()
    start = models.BigIntegerField()
    last_start = models.BigIntegerField()
    totals = models.BinaryField()
    cells = models.BinaryField()
    sum_totals = models.BinaryField()
    sum_cells = models.BinaryField()

    class Meta:
        indexes = (models.Index(fields=["endpoint", "step", "last_start"], name="chunk_by_time"),)


class Request(models.Model):
    """One request, until it is packed with others; the fields are ``core.event.Event``'s."""

    id = models.BigIntegerField(primary_key=True)
    time_us = models.BigIntegerField()
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, db_index=False)
    status = models.SmallIntegerField()
    duration_us = models.BigIntegerField(null=True)
    size = models.BigIntegerField(null=True)
    path = models.TextField()
    error_type = models.TextField(default="")
    error_message = models.TextField(default="")
    client = models.TextField(default="")
    agent = models.TextField(default="")


class Pack(models.Model):
    """Many requests, of any endpoints: a ``core.pack.Pack`` and what the store adds.

    ``id`` and ``last_id`` are the first and last request's; the ids between them may be
    elsewhere, ``ids`` has those that are here. ``endpoints`` are the rows that the numbers in
    ``keys`` stand for.
    """

    id = models.BigIntegerField(primary_key=True)
    last_id = models.BigIntegerField(db_index=True)
    first_us = models.BigIntegerField()
    last_us = models.BigIntegerField(db_index=True)
    number = models.IntegerField()
    endpoints = models.BinaryField()
    ids = models.BinaryField()
    keys = models.BinaryField()
    rest = models.BinaryField()


class Stock(models.Model):
    """What there is of a kind of data: raw requests, or the buckets of a step.

    ``since`` is ``core.kept.Kept``'s, in seconds; the rest is as of ``measured_us``: how many
    requests or buckets, the oldest one's time in seconds, and their bytes on disk.
    """

    step = models.IntegerField(primary_key=True)
    since = models.BigIntegerField()
    number = models.BigIntegerField(default=0)
    oldest = models.BigIntegerField(null=True)
    size = models.BigIntegerField(default=0)
    measured_us = models.BigIntegerField(default=0)


class FilePosition(models.Model):
    """How far a followed file has been read; the fields are ``core.event.Position``'s."""

    path = models.TextField(primary_key=True)
    device = models.BigIntegerField()
    inode = models.BigIntegerField()
    offset = models.BigIntegerField()
    fingerprint = models.BinaryField()


class Input(models.Model):
    """What is read line by line: the fields of ``core.health.Health``.

    ``samples`` and ``minutes`` are JSON lists of what the tuples there hold.
    """

    name = models.TextField(primary_key=True)
    source = models.CharField(max_length=MAX_SOURCE)
    format = models.TextField(default="")
    behind = models.BigIntegerField(default=0)
    problem = models.TextField(default="")
    problem_us = models.BigIntegerField(default=0)
    seen_us = models.BigIntegerField()
    lines = models.BigIntegerField()
    unmatched = models.BigIntegerField()
    last_us = models.BigIntegerField()
    samples = models.TextField()
    minutes = models.TextField()


class Import(models.Model):
    """How far a file of old requests has been imported; the file is known by its content."""

    key = models.CharField(max_length=32, primary_key=True)
    head = models.BinaryField()
    head_size = models.IntegerField()
    tail = models.BinaryField()
    tail_size = models.IntegerField()
    offset = models.BigIntegerField()
    size = models.BigIntegerField()
    source = models.CharField(max_length=MAX_SOURCE)
    format = models.TextField()
    path = models.TextField()
    matched = models.BigIntegerField()
    rejected = models.BigIntegerField()


class Token(models.Model):
    """Lets a program send requests of one source, or read; only its holder knows its secret.

    ``scope`` is one of ``store.token.SCOPES``; a token that reads has no source.
    """

    scope = models.CharField(max_length=8, default="write")
    source = models.CharField(max_length=MAX_SOURCE)
    name = models.CharField(max_length=MAX_SOURCE, default="")
    digest = models.CharField(max_length=64)
    created_us = models.BigIntegerField()


class Receipt(models.Model):
    """A batch that was committed under a key of its sender's; kept for a bounded time."""

    key = models.CharField(max_length=MAX_KEY, primary_key=True)
    time_us = models.BigIntegerField(db_index=True)


class Traffic(models.Model):
    """One row: the mock traffic that is wanted. Whoever generates or shows it follows this."""

    is_running = models.BooleanField(default=False)
    rate = models.FloatField()
    scenario = models.CharField(max_length=32)
    seed = models.BigIntegerField()
    stop_at_us = models.BigIntegerField(null=True)
    version = models.BigIntegerField(default=1)


class Lease(models.Model):
    """Who alone may do a job, and until when unless renewed."""

    name = models.CharField(max_length=32, primary_key=True)
    holder = models.CharField(max_length=32)
    expires_us = models.BigIntegerField()
