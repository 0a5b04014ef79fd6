import math
import time
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import fmean, median, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import Event
from logwatcher.sources.endpoints import ENDPOINTS, outcomes
from logwatcher.sources.mock import MAX_DURATION_US, MAX_GAP_US, MockTraffic, wave
from logwatcher.sources.scenarios import SCANNED_PATHS, SCENARIOS

START_US = 1_700_000_000_000_000
SECOND = 1_000_000


def run(
    seconds: float, rate: float, scenario: str = "normal", seed: int = 7, start_us: int = START_US
) -> list[Event]:
    traffic = MockTraffic(seed, start_us, rate, scenario)
    return proceed(traffic, start_us, seconds)


def proceed(traffic: MockTraffic, start_us: int, seconds: float) -> list[Event]:
    end_us = start_us + int(seconds * SECOND)
    events: list[Event] = []
    for now_us in [*range(start_us, end_us, MAX_GAP_US), end_us]:
        events += traffic.until(now_us)
    return events


def expected(seconds: float, rate: float) -> float:
    """Events that the waves bring on average in this time."""
    steps = 1000
    times = (START_US / SECOND + seconds * (step + 0.5) / steps for step in range(steps))
    return rate * seconds * fmean(map(wave, times))


def is_near(count: int, wanted: float) -> bool:
    """Within what a Poisson count strays, once in a million times more."""
    return abs(count - wanted) < 5 * math.sqrt(wanted)


CALLS = st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=20)


@given(CALLS, st.integers(0, 2**40))
def test_it_does_not_matter_when_events_are_asked_for(calls: list[int], seed: int) -> None:
    end_us = START_US + 3 * SECOND
    traffic = MockTraffic(seed, START_US, 50)
    events = [event for call in sorted(calls) for event in traffic.until(START_US + call)]
    assert events + traffic.until(end_us) == MockTraffic(seed, START_US, 50).until(end_us)


@given(CALLS, st.lists(st.integers(0, 3 * SECOND), max_size=4))
def test_nor_does_it_matter_when_settings_are_told(calls: list[int], changes: list[int]) -> None:
    settings = list(zip(sorted(changes), (20.0, 80.0, 0.0, 50.0), SCENARIOS, strict=False))
    told_before, told_in_time = (MockTraffic(1, START_US, 50, "bot-scan") for _ in range(2))
    for at, rate, scenario in settings:
        told_before.set(at_us=START_US + at, rate=rate, scenario=scenario)
    events: list[Event] = []
    for now in sorted({*calls, *changes}):
        events += told_in_time.until(START_US + now - 1)
        for at, rate, scenario in settings:
            if at == now:
                told_in_time.set(at_us=START_US + at, rate=rate, scenario=scenario)
    end_us = START_US + 3 * SECOND
    assert events + told_in_time.until(end_us) == told_before.until(end_us)


def test_another_seed_gives_other_events() -> None:
    assert run(2, 100, seed=1) == run(2, 100, seed=1) != run(2, 100, seed=2)


def test_events_are_in_order_and_within_the_time_asked_for() -> None:
    traffic = MockTraffic(3, START_US, 500)
    first = traffic.until(START_US + SECOND)
    second = traffic.until(START_US + 2 * SECOND)
    times = [event.time_us for event in first + second]
    assert times == sorted(times)
    assert times[0] >= START_US
    assert first[-1].time_us <= START_US + SECOND < second[0].time_us
    assert traffic.until(START_US + 2 * SECOND) == []
    assert traffic.until(START_US) == []


@pytest.mark.parametrize("rate", [0.1, 1.25, 100, 5000])
def test_the_rate_is_the_one_wanted(rate: float) -> None:
    seconds = max(10, 500 / rate)
    assert is_near(len(run(seconds, rate)), expected(seconds, rate))


def test_a_rate_of_nothing_is_silence() -> None:
    assert run(60, 0) == []


def test_arrivals_are_a_poisson_process() -> None:
    times = [event.time_us / SECOND for event in run(600, 20)]
    counts = Counter(int(time_s) for time_s in times)
    per_second = [counts[second] for second in range(min(counts), max(counts) + 1)]
    # The waves add a little to the variance of a pure Poisson process.
    assert 0.85 < pvariance(per_second) / fmean(per_second) < 1.4
    gaps = [after - before for before, after in pairwise(times)]
    typical = fmean(gaps)
    assert median(gaps) == pytest.approx(typical * math.log(2), rel=0.08)
    long = sum(gap > 3 * typical for gap in gaps)
    assert long / len(gaps) == pytest.approx(math.exp(-3), rel=0.2)


def test_the_waves_are_one_on_average_over_a_day() -> None:
    day = [wave(START_US / SECOND + second) for second in range(0, 86_400, 10)]
    assert fmean(day) == pytest.approx(1, abs=1e-6)
    assert 1.2 < max(day) < 1.5
    assert 0.5 < min(day) < 0.8


def test_the_slow_wave_has_its_peak_in_the_afternoon() -> None:
    six_minutes = range(0, 360, 10)
    hours = [fmean(wave(hour * 3600 + second) for second in six_minutes) for hour in range(24)]
    assert hours.index(max(hours)) in (14, 15)
    assert hours.index(min(hours)) in (2, 3)


def test_endpoints_and_statuses_come_as_often_as_the_table_says() -> None:
    events = run(20, 5000)
    seen = Counter((event.method, event.route, event.status) for event in events)
    truth: dict[tuple[str, str, int], float] = defaultdict(float)
    for endpoint in ENDPOINTS:
        for outcome in outcomes(endpoint):
            key = (endpoint.method, endpoint.route, outcome.status)
            truth[key] += outcome.share * len(events)
    assert seen.keys() <= truth.keys()
    square = sum((seen[key] - wanted) ** 2 / wanted for key, wanted in truth.items())
    degrees = len(truth) - 1
    assert square < degrees + 5 * math.sqrt(2 * degrees)


def test_latency_is_log_normal_with_a_heavy_tail() -> None:
    events = run(40, 5000)
    for endpoint in ENDPOINTS[:3]:
        durations_ms = sorted(
            (event.duration_us or 0) / 1000
            for event in events
            if (event.method, event.route, event.status)
            == (endpoint.method, endpoint.route, endpoint.success)
        )
        assert median(durations_ms) == pytest.approx(endpoint.latency_ms, rel=0.03)
        p84 = durations_ms[int(0.841 * len(durations_ms))]
        assert math.log(p84 / endpoint.latency_ms) == pytest.approx(endpoint.sigma, rel=0.08)
        # Without the tail it would be one in a thousand beyond this.
        far = endpoint.latency_ms * math.exp(3.09 * endpoint.sigma)
        assert sum(duration > far for duration in durations_ms) > 0.003 * len(durations_ms)
    assert all(0 < (event.duration_us or 0) <= MAX_DURATION_US for event in events)


def test_an_error_says_what_and_a_success_nothing() -> None:
    for event in run(5, 1000):
        assert bool(event.error_type) == bool(event.error_message) == (event.status >= 400)
        assert "{id}" not in event.error_message
        assert "{id}" not in event.path


def test_the_route_stands_for_the_path() -> None:
    for event in run(5, 1000):
        before, id_, after = event.route.partition("{id}")
        number = event.path.removeprefix(before).removesuffix(after)
        assert number.isdigit() if id_ else event.path == event.route


def errors(events: list[Event], first_status: int) -> float:
    return sum(event.status // 100 == first_status // 100 for event in events) / len(events)


def test_checkout_errors_are_on_one_endpoint() -> None:
    events = run(20, 2000, "checkout-errors")
    orders = [event for event in events if (event.method, event.route) == ("POST", "/api/orders")]
    others = [event for event in events if (event.method, event.route) != ("POST", "/api/orders")]
    assert errors(orders, 500) == pytest.approx(0.5, abs=0.03)
    assert errors(others, 500) < 0.025


def test_a_slow_database_is_eight_times_as_slow_on_some_routes() -> None:
    slow, normal = run(20, 2000, "slow-database"), run(20, 2000)

    def typical(events: list[Event], route: str) -> float:
        return median(event.duration_us or 0 for event in events if event.route == route)

    touched = SCENARIOS["slow-database"].effects[0].routes
    for route in touched:
        assert typical(slow, route) / typical(normal, route) == pytest.approx(8, rel=0.15)
    assert typical(slow, "/api/products") == pytest.approx(
        typical(normal, "/api/products"), rel=0.05
    )


def test_a_traffic_surge_is_ten_times_the_requests() -> None:
    assert is_near(len(run(20, 100, "traffic-surge")), 10 * expected(20, 100))


def test_a_bot_scan_comes_on_top() -> None:
    events = run(20, 1000, "bot-scan")
    scans = [event for event in events if event.path in SCANNED_PATHS]
    assert {event.path for event in scans} == set(SCANNED_PATHS)
    assert {event.status for event in scans} == {404}
    assert is_near(len(events) - len(scans), expected(20, 1000))
    assert is_near(len(scans), 0.6 * expected(20, 1000))


def test_a_bad_deploy_recovers() -> None:
    events = run(170, 200, "bad-deploy")

    def between(first_s: int, last_s: int) -> list[Event]:
        first_us, last_us = START_US + first_s * SECOND, START_US + last_s * SECOND
        return [event for event in events if first_us <= event.time_us < last_us]

    assert errors(between(0, 120), 500) == pytest.approx(0.14, abs=0.01)
    assert errors(between(0, 120), 400) == pytest.approx(0.16, abs=0.01)
    assert 0.03 < errors(between(125, 145), 500) < 0.12
    assert errors(between(150, 170), 500) < 0.035


def test_a_change_holds_from_its_time_on() -> None:
    traffic = MockTraffic(5, START_US, 100)
    traffic.set(at_us=START_US + SECOND, rate=0)
    traffic.set(at_us=START_US + 2 * SECOND, rate=100, scenario="bot-scan")
    events = traffic.until(START_US + 3 * SECOND)
    first = [event for event in events if event.time_us < START_US + SECOND]
    last = [event for event in events if event.time_us >= START_US + 2 * SECOND]
    assert len(first) + len(last) == len(events)
    assert is_near(len(first), expected(1, 100))
    assert not any(event.path in SCANNED_PATHS for event in first)
    assert any(event.path in SCANNED_PATHS for event in last)


def test_a_change_in_the_past_holds_from_now_on() -> None:
    traffic = MockTraffic(5, START_US, 1000)
    before = traffic.until(START_US + SECOND)
    traffic.set(at_us=START_US, rate=0)
    assert before
    assert traffic.until(START_US + 2 * SECOND) == []


def test_saying_what_holds_already_changes_nothing() -> None:
    traffic, untouched = (MockTraffic(5, START_US, 100, "bad-deploy") for _ in range(2))
    for tenth in range(20):
        at_us = START_US + tenth * SECOND // 10
        traffic.set(at_us=at_us, rate=100, scenario="bad-deploy")
        assert traffic.until(at_us) == untouched.until(at_us)


def test_a_new_rate_does_not_begin_the_scenario_again() -> None:
    traffic = MockTraffic(5, START_US, 1, "bad-deploy")
    proceed(traffic, START_US, 160)
    traffic.set(at_us=START_US + 160 * SECOND, rate=500)
    assert errors(traffic.until(START_US + 165 * SECOND), 500) < 0.04


def test_a_scenario_begins_when_it_is_chosen() -> None:
    traffic = MockTraffic(5, START_US, 1)
    proceed(traffic, START_US, 160)
    traffic.set(at_us=START_US + 160 * SECOND, rate=500, scenario="bad-deploy")
    assert errors(traffic.until(START_US + 165 * SECOND), 500) > 0.1


def test_after_an_hour_of_sleep_only_the_last_seconds_are_made() -> None:
    hour_us = START_US + 3600 * SECOND
    events = MockTraffic(5, START_US, 5000).until(hour_us)
    assert len(events) < 1.5 * 5000 * MAX_GAP_US / SECOND
    assert events[0].time_us > hour_us - MAX_GAP_US


def test_an_unknown_scenario_is_an_error() -> None:
    with pytest.raises(KeyError):
        MockTraffic(5, START_US, 1, "picnic")


def test_five_thousand_events_a_second_cost_little() -> None:
    traffic = MockTraffic(5, START_US, 5000)
    traffic.until(START_US + SECOND)
    started = time.process_time()
    for tenth in range(10, 30):
        traffic.until(START_US + tenth * SECOND // 10)
    assert (time.process_time() - started) / 2 < 0.15
