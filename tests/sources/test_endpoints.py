from collections import defaultdict

import pytest

from logwatcher.core.route import to_route
from logwatcher.sources.endpoints import ENDPOINTS, Endpoint, outcomes


def test_the_shares_are_those_of_a_shop() -> None:
    shares: dict[str, float] = defaultdict(float)
    for endpoint in ENDPOINTS:
        shares[endpoint.method] += endpoint.share
    assert shares == pytest.approx({"GET": 0.60, "POST": 0.25, "PUT": 0.10, "DELETE": 0.05})


def test_the_statuses_are_mostly_good() -> None:
    shares: dict[int, float] = defaultdict(float)
    for endpoint in ENDPOINTS:
        for outcome in outcomes(endpoint):
            shares[outcome.status // 100] += outcome.share
    assert 0.88 <= shares[2] <= 0.90
    assert shares[3] == pytest.approx(0.02, abs=0.002)
    assert shares[4] == pytest.approx(0.08, abs=0.004)
    assert shares[5] == pytest.approx(0.02, abs=0.002)


def test_there_are_twelve_routes_of_long_tailed_popularity() -> None:
    shares: dict[str, float] = defaultdict(float)
    for endpoint in ENDPOINTS:
        shares[endpoint.route] += endpoint.share
    popular = sorted(shares.values(), reverse=True)
    assert len(popular) == 12
    assert sum(popular[:4]) > 0.5
    assert sum(popular[-4:]) < 0.15


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.route}")
def test_the_outcomes_of_an_endpoint_add_up_to_it(endpoint: Endpoint) -> None:
    rows = list(outcomes(endpoint))
    assert sum(row.share for row in rows) == pytest.approx(endpoint.share)
    assert all(bool(row.error_type) == (row.status >= 400) for row in rows)
    assert all(bool(row.error_message) == (row.status >= 400) for row in rows)
    errors = sum(row.share for row in rows if row.status >= 500)
    assert errors == pytest.approx(endpoint.share * endpoint.server_errors)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.route}")
def test_a_log_of_these_requests_would_show_the_same_routes(endpoint: Endpoint) -> None:
    assert to_route(endpoint.route.replace("{id}", "4632")) == endpoint.route
