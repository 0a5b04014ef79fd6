"""A block is what its events say: the same buckets as counted one by one, the same fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.aggregate import Aggregate, merge_by_key
from logwatcher.core.block import MIN_PACKED, TOTAL, Block, to_block
from logwatcher.core.buckets import STEPS, Endpoint
from logwatcher.core.chunk import MAX_BUCKETS, MIN_BUCKETS, Packed
from logwatcher.core.event import Event
from logwatcher.core.pack import keys_of, rest_of
from tests.counting import BucketKey, fill, unpacked
from tests.factories import NOON, event, events


def buckets_of(sample: list[Event], *, with_chunks: bool = False) -> dict[BucketKey, Aggregate]:
    block = to_block(sample, with_chunks=with_chunks)
    found: dict[BucketKey, Aggregate] = {}

    def add(endpoint: int, step: int, start: int, of: Aggregate) -> None:
        key = BucketKey(Endpoint("web", *block.endpoints[endpoint]), step, start)
        assert key not in found
        found[key] = of

    for step, *columns in block.buckets:
        for endpoint, start, *parts in zip(*columns, strict=True):
            add(endpoint, step, start, Aggregate(*parts))
    for endpoint, step, one in block.chunks:
        chunk = Packed(endpoint, one.start, one.totals, one.cells)
        buckets = list(unpacked([chunk], step))
        assert (len(buckets), buckets[0][1], buckets[-1][1]) == one[:3]
        for _, start, of in buckets:
            add(endpoint, step, start, of)
    return found


def events_of(block: Block) -> list[Event]:
    """Its events, of rows or packs."""
    rows = list(block.rows)
    for one in block.packs:
        keys = zip(*(column.tolist() for column in keys_of(one.keys)), strict=True)
        rest = rest_of(one.rest, range(one.number))
        rows += [(*key, *others) for key, others in zip(keys, rest, strict=True)]
    found = []
    for time_us, endpoint, status, us, size, path, *texts in rows:
        method, route = block.endpoints[endpoint]
        found.append(Event(time_us, method, path, route, status, us, size, *texts))
    return found


@given(st.integers(0, 300), st.integers(0, 2**32))
def test_a_blocks_buckets_are_those_of_its_events(n: int, seed: int) -> None:
    sample = [*events(n, seed=seed, seconds=9000), event(-1.5), event(0)]
    assert buckets_of(sample) == fill("web", sample) == buckets_of(sample, with_chunks=True)
    starts = {start for _, step, start in fill("web", sample) if step == STEPS[0]}
    assert to_block(sample).starts == sorted(starts)


@pytest.mark.parametrize("n", [MIN_BUCKETS - 1, MIN_BUCKETS, MAX_BUCKETS, MAX_BUCKETS + 1])
def test_many_buckets_of_an_endpoint_are_chunks(n: int) -> None:
    sample = [event(NOON + STEPS[0] * i, route="/a") for i in range(n)]
    block = to_block(sample, with_chunks=True)
    chunks = [one.chunk.number for one in block.chunks if one.step == STEPS[0]]
    rows = [column.starts for column in block.buckets if column.step == STEPS[0]]
    if n < MIN_BUCKETS:
        assert chunks == []
        assert sum(map(len, rows)) == 2 * n
    else:
        assert sum(chunks) == 2 * n
        assert not any(rows)
        assert min(chunks) >= MIN_BUCKETS
        assert max(chunks) <= MAX_BUCKETS
    assert to_block(sample).chunks == []


@given(st.integers(0, 200), st.integers(0, 2**32))
def test_every_step_and_the_total_add_up_to_the_same(n: int, seed: int) -> None:
    sample = events(n, seed=seed, seconds=7200)
    sums = merge_by_key(
        ((key.step, key.endpoint.is_total), part) for key, part in buckets_of(sample).items()
    )
    assert len(sums) == (2 * len(STEPS) if sample else 0)
    assert len(set(sums.values())) <= 1


@pytest.mark.parametrize("n", [MIN_PACKED - 1, MIN_PACKED])
def test_few_events_are_rows_and_many_are_packed(n: int) -> None:
    sample = events(n)
    block = to_block(sample)
    assert (len(block.rows), sum(one.number for one in block.packs)) in ((n, 0), (0, n))
    assert bool(block.rows) == (n < MIN_PACKED)
    assert events_of(block) == sorted(sample, key=lambda one: one.time_us)
    assert block.succeeded == {one.route for one in sample if one.status < 400}
    assert block.number == n


def test_a_block_of_nothing_is_empty() -> None:
    block = to_block([])
    assert (block.number, block.endpoints, block.rows, block.packs) == (0, [TOTAL], [], [])
    assert all(not column.starts for column in block.buckets)


def test_an_event_counts_at_every_step_for_its_endpoint_and_for_all() -> None:
    assert set(buckets_of([event(NOON + 7.5, route="/a")])) == {
        BucketKey(endpoint, step, start)
        for endpoint in (Endpoint("web", "GET", "/a"), Endpoint("web"))
        for step, start in ((5, NOON + 5), (60, NOON), (3600, NOON))
    }


def test_the_edge_of_a_bucket_belongs_to_the_next() -> None:
    for offset, start in ((4.999999, NOON), (5, NOON + 5), (5.000001, NOON + 5)):
        assert BucketKey(Endpoint("web"), 5, start) in buckets_of([event(NOON + offset)])


def test_midnight_and_leap_day_are_bucket_edges() -> None:
    midnight = 1_709_164_800  # 2024-02-29 00:00 UTC
    buckets = buckets_of([event(midnight - 0.000001), event(midnight), event(midnight + 86400)])
    starts = {key.start for key in buckets if key.step == 3600}
    assert starts == {midnight - 3600, midnight, midnight + 86400}
