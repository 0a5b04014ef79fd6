"""Where an event is counted: at every step, for its endpoint and for all of them."""

from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.buckets import STEPS, BucketKey, Endpoint, align, fill, merge_by_key
from tests.factories import NOON, event, events


@given(st.integers(-(10**10), 10**10), st.sampled_from(STEPS))
def test_a_time_lies_in_its_bucket(time_s: int, step: int) -> None:
    start = align(time_s, step)
    assert start % step == 0
    assert start <= time_s < start + step


def test_an_event_counts_at_every_step_for_its_endpoint_and_for_all() -> None:
    buckets = fill("web", [event(NOON + 7.5, route="/a")])
    assert set(buckets) == {
        BucketKey(endpoint, step, start)
        for endpoint in (Endpoint("web", "GET", "/a"), Endpoint("web"))
        for step, start in ((5, NOON + 5), (60, NOON), (3600, NOON))
    }


def test_the_edge_of_a_bucket_belongs_to_the_next() -> None:
    for offset, start in ((4.999999, NOON), (5, NOON + 5), (5.000001, NOON + 5)):
        assert BucketKey(Endpoint("web"), 5, start) in fill("web", [event(NOON + offset)])


def test_midnight_and_leap_day_are_bucket_edges() -> None:
    midnight = 1_709_164_800  # 2024-02-29 00:00 UTC
    buckets = fill("web", [event(midnight - 0.000001), event(midnight), event(midnight + 86400)])
    starts = {key.start for key in buckets if key.step == 3600}
    assert starts == {midnight - 3600, midnight, midnight + 86400}


@given(st.integers(0, 200), st.integers(0, 2**32))
def test_every_step_and_the_total_add_up_to_the_same(n: int, seed: int) -> None:
    sample = events(n, seed=seed, seconds=7200)
    buckets = fill("web", sample)
    sums = merge_by_key(
        ((key.step, key.endpoint.is_total), aggregate) for key, aggregate in buckets.items()
    )
    assert len(sums) == (2 * len(STEPS) if sample else 0)
    assert len(set(sums.values())) <= 1
