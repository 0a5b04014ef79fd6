"""How much there is of each kind is counted, and about what it takes on disk."""

import pytest
from django.db import connection

from logwatcher.core import block
from logwatcher.core.event import Batch
from logwatcher.core.kept import ALL, Kept
from logwatcher.core.retention import DAY, limits
from logwatcher.store import stock, writer
from logwatcher.store.models import Bucket, Chunk, Head
from logwatcher.store.stock import REQUESTS
from tests.factories import NOON, event, events

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def test_a_store_that_was_never_measured_says_nothing() -> None:
    assert stock.measured() == {}
    assert stock.kept() == ALL


def test_an_empty_store_has_nothing() -> None:
    stock.measure()
    assert [of for of, _ in stock.measured().values()] == [(0, None, 0)] * 4
    assert stock.kept() == ALL


@pytest.mark.parametrize("min_packed", [1, 1000])
def test_requests_and_buckets_are_counted(monkeypatch: pytest.MonkeyPatch, min_packed: int) -> None:
    monkeypatch.setattr(block, "MIN_PACKED", min_packed)
    writer.write([Batch("web", [event(NOON - 59.5), event(NOON), event(NOON + 1)])])
    stock.measure()
    found = {kind: of for kind, (of, _) in stock.measured().items()}
    assert found[REQUESTS][:2] == (3, NOON - 60)
    assert found[5][:2] == (4, NOON - 60)
    assert found[60][:2] == (4, NOON - 60)
    assert found[3600][:2] == (4, NOON - 3600)


def test_since_when_a_kind_is_kept_survives_a_measurement() -> None:
    kept = stock.advance(limits(), NOON)
    stock.measure()
    assert stock.kept() == kept != ALL
    assert stock.advance(limits(), NOON) == kept
    assert isinstance(stock.advance(limits(), NOON + DAY), Kept)


@pytest.mark.parametrize("with_chunks", [False, True])
def test_the_size_of_buckets_is_about_that_of_their_tables(with_chunks: bool) -> None:
    sample = events(8000, seconds=60_000)
    writer.write_block("web", block.to_block(sample, with_chunks=with_chunks))
    stock.measure()
    size = sum(of.size for kind, (of, _) in stock.measured().items() if kind != REQUESTS)
    tables = on_disk("logwatcher_bucket") + on_disk("logwatcher_chunk")
    assert size == pytest.approx(tables, rel=0.35)


def test_buckets_in_chunks_are_counted_like_rows() -> None:
    sample = events(500, seconds=4000)
    found = []
    for source, with_chunks in (("rows", False), ("chunks", True)):
        Bucket.objects.all().delete()
        writer.write_block(source, block.to_block(sample, with_chunks=with_chunks))
        assert Chunk.objects.exists() == with_chunks
        stock.measure()
        found.append([of[:2] for kind, (of, _) in stock.measured().items() if kind != REQUESTS])
    assert found[0] == found[1]


def on_disk(table: str) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        else:
            cursor.execute(
                "SELECT SUM(pgsize) FROM dbstat WHERE name IN"
                " (SELECT name FROM sqlite_master WHERE tbl_name = %s)",
                [table],
            )
        return int(cursor.fetchone()[0])
