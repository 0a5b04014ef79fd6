import pytest

from logwatcher.sources.endpoints import ENDPOINTS, TIMEOUT
from logwatcher.sources.scenarios import SCANNED_PATHS, SCENARIOS, Effect, Scenario


@pytest.mark.parametrize("key", SCENARIOS)
def test_a_scenario_says_what_it_is(key: str) -> None:
    scenario = SCENARIOS[key]
    assert scenario.key == key
    assert scenario.name
    assert scenario.description.endswith(".")


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_the_shares_of_all_endpoints_are_one(scenario: Scenario) -> None:
    assert sum(endpoint.share for endpoint in scenario.endpoints()) == pytest.approx(1)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_every_effect_touches_an_endpoint(scenario: Scenario) -> None:
    for effect in scenario.effects:
        assert any(map(effect.touches, ENDPOINTS))


def test_normal_traffic_is_the_table() -> None:
    assert SCENARIOS["normal"].endpoints() == ENDPOINTS


def test_an_effect_changes_what_it_touches_and_nothing_else() -> None:
    effect = Effect(
        methods=("POST",),
        routes=("/api/orders",),
        latency=2.0,
        server_errors=0.5,
        server_failures=(TIMEOUT,),
    )
    for endpoint in ENDPOINTS:
        changed = effect.apply(endpoint)
        if (endpoint.method, endpoint.route) != ("POST", "/api/orders"):
            assert changed is endpoint
            continue
        assert changed.latency_ms == 2 * endpoint.latency_ms
        assert changed.server_errors == 0.5
        assert changed.server_failures == (TIMEOUT,)
        assert changed.client_errors == endpoint.client_errors


def test_an_effect_without_names_touches_everything() -> None:
    assert all(map(Effect().touches, ENDPOINTS))
    assert all(endpoint == Effect().apply(endpoint) for endpoint in ENDPOINTS)


def test_the_scan_leaves_as_many_other_requests_as_before() -> None:
    scan = SCENARIOS["bot-scan"]
    assert scan.rate * (1 - scan.scans) == pytest.approx(1)
    scanned = scan.endpoints()[len(ENDPOINTS) :]
    assert len(scanned) == len(SCANNED_PATHS)
    assert all(endpoint.client_errors == 1 for endpoint in scanned)


def test_a_scenario_goes_on_unless_it_recovers() -> None:
    assert SCENARIOS["slow-database"].strength(1e9) == 1
    deploy = SCENARIOS["bad-deploy"]
    strengths = [deploy.strength(elapsed_s) for elapsed_s in (0, 119.9, 120, 135, 150, 1e9)]
    assert strengths == [1, 1, 1, 0.5, 0, 0]


def test_a_scenario_can_end_at_once() -> None:
    scenario = Scenario("blip", "Blip", "Short.", steady_s=1.0)
    assert [scenario.strength(elapsed_s) for elapsed_s in (0.9, 1.0)] == [1, 0]
