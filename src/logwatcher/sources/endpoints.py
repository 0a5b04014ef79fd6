"""What mock traffic asks for: the endpoints of a shop, and how each of them answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Failure(NamedTuple):
    """One way for a request to fail.

    Attributes:
        status: 400 to 599.
        error_type: name of the error.
        message: its text; ``{id}`` stands for the id in the path.
        latency: factor on the endpoint's latency.
    """

    status: int
    error_type: str
    message: str
    latency: float = 0.6


VALIDATION = Failure(400, "ValidationError", "quantity: must be at least 1")
BAD_QUERY = Failure(400, "ValidationError", "page: must be a number")
BAD_PASSWORD = Failure(401, "AuthenticationFailed", "wrong e-mail address or password")
EXPIRED = Failure(401, "TokenExpired", "the token has expired, sign in again")
DECLINED = Failure(402, "CardDeclined", "the bank declined the card")
FORBIDDEN = Failure(403, "PermissionDenied", "not allowed for this role")
NOT_OWNER = Failure(403, "PermissionDenied", "{id} belongs to somebody else")
NOT_FOUND = Failure(404, "NotFound", "there is no {id}")
UNKNOWN = Failure(404, "NotFound", "no route matches", latency=0.1)
CONFLICT = Failure(409, "Conflict", "{id} has been changed meanwhile")
OUT_OF_STOCK = Failure(422, "OutOfStock", "fewer left than ordered")
RATE_LIMITED = Failure(429, "RateLimited", "more than 100 requests in a minute", latency=0.1)

CRASH = Failure(500, "KeyError", "'currency'", latency=0.8)
DEADLOCK = Failure(500, "DatabaseError", "deadlock detected", latency=2.0)
BAD_GATEWAY = Failure(502, "UpstreamError", "connection reset by inventory:8080", latency=1.2)
OVERLOADED = Failure(503, "ServiceUnavailable", "no free connection in the pool", latency=0.3)
TIMEOUT = Failure(504, "UpstreamTimeout", "payments did not answer in time", latency=6.0)

SERVER_FAILURES = (CRASH, BAD_GATEWAY, OVERLOADED, TIMEOUT, DEADLOCK)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of a route in normal times. Shares are between 0 and 1.

    Attributes:
        method: GET, POST, PUT or DELETE.
        route: with at most one ``{id}``.
        share: of all requests.
        latency_ms: median of the successful ones.
        sigma: of the logarithm of the latency; 0.4 puts p95 at twice the median.
        not_modified: share of its requests that answer 304.
        client_errors: share of its requests that answer 4xx.
        server_errors: share of its requests that answer 5xx.
        client_failures: its 4xx, the most frequent one first, each twice as frequent as the next.
        server_failures: its 5xx, likewise.
        success: status if nothing goes wrong.
        size: median of bytes in a successful response.
    """

    method: str
    route: str
    share: float
    latency_ms: float
    sigma: float
    not_modified: float
    client_errors: float
    server_errors: float
    client_failures: tuple[Failure, ...]
    server_failures: tuple[Failure, ...] = SERVER_FAILURES
    success: int = 200
    size: int = 900


def _endpoint(
    name: str,
    share: float,
    latency: tuple[float, float],
    rates: tuple[float, float, float],
    *failures: Failure,
    success: int = 200,
    size: int = 900,
) -> Endpoint:
    """A row of the table; shares in percent, rates are 304, 4xx and 5xx."""
    method, route = name.split()
    not_modified, client_errors, server_errors = (rate / 100 for rate in rates)
    return Endpoint(
        method,
        route,
        share / 100,
        *latency,
        not_modified,
        client_errors,
        server_errors,
        failures,
        success=success,
        size=size,
    )


# fmt: off
ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("GET /api/products/{id}", 17, (96, 0.41), (5, 6, 1), NOT_FOUND, size=1400),
    _endpoint("GET /api/users/{id}", 10.5, (104, 0.40), (4, 4.4, 1), NOT_FOUND, EXPIRED),
    _endpoint("GET /api/products", 9, (88, 0.38), (5, 1, 0.5), BAD_QUERY, size=16_000),
    _endpoint("GET /api/search", 7, (190, 0.50), (0, 5, 2.5), RATE_LIMITED, BAD_QUERY, size=9_000),
    _endpoint("GET /api/orders/{id}", 5.5, (120, 0.42), (3, 9, 1.5), NOT_FOUND, NOT_OWNER, EXPIRED),
    _endpoint("GET /api/carts/{id}", 5, (72, 0.40), (0, 5, 1), NOT_FOUND),
    _endpoint("GET /api/orders", 3, (150, 0.45), (0, 4, 1.5), EXPIRED, BAD_QUERY, size=12_000),
    _endpoint("GET /api/products/{id}/reviews", 2, (110, 0.45), (5, 4, 1), NOT_FOUND, size=5_000),
    _endpoint("GET /api/users", 1, (140, 0.45), (0, 10, 1), FORBIDDEN, BAD_QUERY, size=14_000),
    _endpoint("POST /api/carts/{id}/items", 8.5, (130, 0.45), (0, 9, 2), OUT_OF_STOCK, VALIDATION,
              NOT_FOUND, success=201, size=300),
    _endpoint("POST /api/orders", 8, (212, 0.60), (0, 11, 5), VALIDATION, OUT_OF_STOCK, CONFLICT,
              success=201, size=700),
    _endpoint("POST /api/sessions", 5, (240, 0.30), (0, 20, 1.5), BAD_PASSWORD, RATE_LIMITED,
              success=201, size=250),
    _endpoint("POST /api/payments", 2.5, (420, 0.50), (0, 15, 6), DECLINED, VALIDATION,
              success=201, size=200),
    _endpoint("POST /api/products/{id}/reviews", 0.6, (160, 0.45), (0, 12, 2), VALIDATION, EXPIRED,
              success=201, size=400),
    _endpoint("POST /api/users", 0.4, (260, 0.40), (0, 20, 3), VALIDATION, CONFLICT,
              success=201, size=500),
    _endpoint("PUT /api/carts/{id}", 5, (125, 0.45), (0, 10, 3), CONFLICT, VALIDATION, NOT_FOUND),
    _endpoint("PUT /api/users/{id}", 3, (180, 0.49), (0, 13, 4.3), VALIDATION, EXPIRED, CONFLICT),
    _endpoint("PUT /api/orders/{id}", 2, (190, 0.50), (0, 14, 4), CONFLICT, NOT_OWNER, NOT_FOUND),
    _endpoint("DELETE /api/carts/{id}/items", 2.6, (85, 0.40), (0, 10, 2), NOT_FOUND, CONFLICT,
              success=204, size=0),
    _endpoint("DELETE /api/orders/{id}", 1.4, (94, 0.28), (0, 18, 2), CONFLICT, NOT_OWNER,
              success=204, size=0),
    _endpoint("DELETE /api/sessions", 1, (45, 0.35), (0, 6, 1), EXPIRED, success=204, size=0),
)
# fmt: on
"""The methods add up to GET 60, POST 25, PUT 10, DELETE 5 %; 3xx to 2, 4xx to 8, 5xx to 2 %."""


class Outcome(NamedTuple):
    """One way for a request to an endpoint to end.

    Attributes:
        endpoint: that was asked.
        share: of all requests.
        status: of the response.
        latency_ms: median.
        size: median of bytes.
        error_type: empty on success.
        error_message: ``{id}`` stands for the id in the path.
    """

    endpoint: Endpoint
    share: float
    status: int
    latency_ms: float
    size: int
    error_type: str = ""
    error_message: str = ""


def outcomes(endpoint: Endpoint) -> Iterator[Outcome]:
    """Every way for a request to this endpoint to end; the shares add up to its own."""
    rest = 1 - endpoint.not_modified - endpoint.client_errors - endpoint.server_errors
    latency = endpoint.latency_ms
    yield Outcome(endpoint, endpoint.share * rest, endpoint.success, latency, endpoint.size)
    if endpoint.not_modified:
        yield Outcome(endpoint, endpoint.share * endpoint.not_modified, 304, latency * 0.4, 0)
    yield from _failed(endpoint, endpoint.client_errors, endpoint.client_failures)
    yield from _failed(endpoint, endpoint.server_errors, endpoint.server_failures)


def _failed(endpoint: Endpoint, rate: float, failures: Sequence[Failure]) -> Iterator[Outcome]:
    weights = [0.5**place for place in range(len(failures))]
    for weight, failure in zip(weights, failures, strict=True):
        yield Outcome(
            endpoint,
            endpoint.share * rate * weight / sum(weights),
            failure.status,
            endpoint.latency_ms * failure.latency,
            120,
            failure.error_type,
            failure.message,
        )
