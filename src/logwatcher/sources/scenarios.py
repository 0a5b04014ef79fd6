"""What can go wrong with mock traffic, as a table that a test can check the page against."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

from logwatcher.core.route import to_route
from logwatcher.sources.endpoints import (
    BAD_GATEWAY,
    CRASH,
    ENDPOINTS,
    OVERLOADED,
    TIMEOUT,
    UNKNOWN,
    Endpoint,
    Failure,
)

SCANNED_PATHS = (
    "/.env",
    "/.git/config",
    "/wp-login.php",
    "/wp-admin/setup-config.php",
    "/xmlrpc.php",
    "/phpmyadmin/index.php",
    "/admin.php",
    "/actuator/env",
    "/server-status",
    "/cgi-bin/luci",
    "/.aws/credentials",
    "/backup.zip",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/solr/admin/info/system",
    "/HNAP",
    "/boaform/admin/formLogin",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a scenario changes at the endpoints it touches.

    Attributes:
        methods: touched; empty: all.
        routes: touched; empty: all.
        latency: factor.
        client_errors: share of requests from now on; None: as before.
        server_errors: likewise.
        server_failures: what fails from now on; empty: as before.
    """

    methods: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    latency: float = 1.0
    client_errors: float | None = None
    server_errors: float | None = None
    server_failures: tuple[Failure, ...] = ()

    def touches(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint is another one under this effect."""
        return (not self.methods or endpoint.method in self.methods) and (
            not self.routes or endpoint.route in self.routes
        )

    def apply(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint under this effect."""
        if not self.touches(endpoint):
            return endpoint
        return replace(
            endpoint,
            latency_ms=endpoint.latency_ms * self.latency,
            client_errors=_or(self.client_errors, endpoint.client_errors),
            server_errors=_or(self.server_errors, endpoint.server_errors),
            server_failures=self.server_failures or endpoint.server_failures,
        )


def _or(new: float | None, old: float) -> float:
    return old if new is None else new


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that goes on in the shop; all of it is here, so a test can check for it.

    Attributes:
        key: what the API and the CLI take.
        name: for the page.
        description: one sentence.
        effects: on endpoints.
        rate: factor on the number of requests.
        scans: share of requests that ask for ``SCANNED_PATHS``, all answered 404.
        steady_s: how long it goes on with full strength.
        fade_s: how long it takes from then until all is normal.
    """

    key: str
    name: str
    description: str
    effects: tuple[Effect, ...] = ()
    rate: float = 1.0
    scans: float = 0.0
    steady_s: float = inf
    fade_s: float = 0.0

    def strength(self, elapsed_s: float) -> float:
        """Between 1 and 0, by the time since it began."""
        if elapsed_s < self.steady_s:
            return 1.0
        left_s = self.steady_s + self.fade_s - elapsed_s
        return left_s / self.fade_s if left_s > 0 else 0.0

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints under all effects, with their shares of the requests."""
        result = ENDPOINTS
        for effect in self.effects:
            result = tuple(map(effect.apply, result))
        return tuple(
            replace(endpoint, share=endpoint.share * (1 - self.scans)) for endpoint in result
        ) + tuple(self._scanned())

    def _scanned(self) -> Iterator[Endpoint]:
        if self.scans:
            for path in SCANNED_PATHS:
                share = self.scans / len(SCANNED_PATHS)
                yield Endpoint("GET", to_route(path), share, 20, 0.3, 0, 1, 0, (UNKNOWN,))


SCENARIOS = {
    scenario.key: scenario
    for scenario in (
        Scenario("normal", "Normal", "Everything works as on any other day."),
        Scenario(
            "checkout-errors",
            "Checkout errors",
            "Half of all orders fail, since the payment service does not answer.",
            effects=(
                Effect(
                    methods=("POST",),
                    routes=("/api/orders",),
                    server_errors=0.5,
                    server_failures=(TIMEOUT, OVERLOADED, CRASH),
                ),
            ),
        ),
        Scenario(
            "slow-database",
            "Slow database",
            "Orders and the search take eight times as long.",
            effects=(
                Effect(routes=("/api/orders", "/api/orders/{id}", "/api/search"), latency=8.0),
            ),
        ),
        Scenario(
            "traffic-surge",
            "Traffic surge",
            "Ten times the requests, and everything takes half as long again.",
            effects=(Effect(latency=1.5),),
            rate=10.0,
        ),
        Scenario(
            "bot-scan",
            "Bot scan",
            "On top of the usual requests, a bot asks for files that are not there.",
            rate=1.6,
            scans=0.375,
        ),
        Scenario(
            "bad-deploy",
            "Bad deploy",
            "A new version is slow and full of errors; after two minutes it is rolled back.",
            effects=(
                Effect(
                    latency=2.5,
                    client_errors=0.16,
                    server_errors=0.14,
                    server_failures=(CRASH, OVERLOADED, BAD_GATEWAY),
                ),
            ),
            steady_s=120.0,
            fade_s=30.0,
        ),
    )
}
"""Every scenario by its key."""
