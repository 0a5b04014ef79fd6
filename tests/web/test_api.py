"""Each answer of the API has the figures that were written; what can't be used is named."""

import json
import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from logwatcher.core.buckets import STEPS
from logwatcher.core.event import Batch
from logwatcher.core.query import COLUMNS
from logwatcher.sources.scenarios import SCENARIOS
from logwatcher.store import reader, traffic, writer
from logwatcher.store.models import Head, Stock
from logwatcher.store.traffic import MAX_SEED
from logwatcher.web import api
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
ZOOM = f"from={NOON}&to={NOON + 300}"
VIEWS = ["series", "summary", "endpoints", "requests"]
JSON = dict[str, Any]  # Any: JSON


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


@pytest.fixture
def written() -> None:
    """Five requests in the zoom, one just before and one just after it."""
    writer.write(
        [
            Batch("web", [event(NOON + 1), event(NOON + 2, status=404, size=None)]),
            Batch("web", [event(NOON + 61, status=503, duration_s=0.5, route="/pay")]),
            Batch("app", [event(NOON + 299, method="POST", duration_s=None, status=101)]),
            Batch("app", [event(NOON + 299, method="POST", duration_s=2, route="/pay")]),
            Batch("web", [event(NOON - 1), event(NOON + 300)]),
        ]
    )


def get(client: Client, address: str, status: int = 200) -> JSON:
    response = client.get(f"/api/{address}")
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    answer: JSON = response.json()
    return answer


def put(client: Client, body: object, status: int = 200) -> JSON:
    response = client.put("/api/traffic", json.dumps(body), content_type="application/json")
    assert response.status_code == status, response.content
    answer: JSON = response.json()
    return answer


def near(seconds: float) -> Any:  # Any: what pytest compares with
    return pytest.approx(seconds, rel=0.01)


@pytest.mark.usefixtures("written")
def test_series_has_a_point_per_bucket_with_requests(client: Client) -> None:
    series = get(client, f"series?{ZOOM}&step=1m")
    assert series["columns"] == list(COLUMNS)
    assert (series["from"], series["to"], series["step"]) == (NOON, NOON + 300, 60)
    assert (series["zoomed"], series["range"]) == (True, 300)
    assert series["view"] == f"step=1m&from={NOON}&to={NOON + 300}"
    assert series["revision"] == reader.head().id
    assert abs(series["now"] - time.time()) < 10
    assert series["points"] == [
        [NOON, 2, 1, 0, 1, 0, near(0.1), near(0.1), near(0.1)],
        [NOON + 60, 1, 0, 0, 0, 1, near(0.5), near(0.5), near(0.5)],
        [NOON + 240, 2, 1, 0, 0, 0, near(2), near(2), near(2)],
    ]


@pytest.mark.usefixtures("written")
def test_summary_is_of_the_view_and_of_the_span_before(client: Client) -> None:
    summary = get(client, f"summary?{ZOOM}")
    assert (summary["from"], summary["to"], summary["seconds"]) == (NOON, NOON + 300, 300)
    assert summary["requests"] == 5
    assert summary["statuses"] == {"1xx": 1, "2xx": 2, "3xx": 0, "4xx": 1, "5xx": 1}
    assert (summary["bytes"], summary["timed"]) == (4 * 512, 4)
    assert summary["duration"] == pytest.approx(2.7)
    assert (summary["p50"], summary["p95"], summary["p99"]) == (near(0.1), near(2), near(2))
    previous = summary["previous"]
    assert (previous["from"], previous["to"], previous["requests"]) == (NOON - 300, NOON, 1)
    assert (previous["kept_from"], previous["seconds"]) == (NOON - 300, 300)
    assert previous["p99"] == near(0.1)


@pytest.mark.usefixtures("written")
def test_of_the_span_before_it_is_told_what_is_not_kept(client: Client) -> None:
    Stock.objects.bulk_create(Stock(step=step, since=NOON - 60) for step in STEPS)
    previous = get(client, f"summary?{ZOOM}")["previous"]
    assert previous["kept_from"] - previous["to"] == -previous["seconds"]
    assert previous["from"] < previous["kept_from"] <= NOON


@pytest.mark.usefixtures("written")
def test_endpoints_are_of_all_sources_most_requests_first(client: Client) -> None:
    found = get(client, f"endpoints?{ZOOM}")["endpoints"]
    assert [(one["method"], one["route"], one["requests"]) for one in found] == [
        ("GET", "/api/orders/{id}", 2),
        ("GET", "/pay", 1),
        ("POST", "/api/orders/{id}", 1),
        ("POST", "/pay", 1),
    ]
    untimed = found[2]
    assert (untimed["timed"], untimed["p50"]) == (0, None)
    assert untimed["statuses"]["1xx"] == 1


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("filters", "requests"),
    [("", 5), ("source=app", 2), ("status=5xx", 1), ("status=404", 1), ("method=POST", 2)],
)
def test_every_answer_is_filtered_alike(client: Client, filters: str, requests: int) -> None:
    view = f"{ZOOM}&{filters}"
    assert get(client, f"summary?{view}")["requests"] == requests
    assert sum(point[1] for point in get(client, f"series?{view}")["points"]) == requests
    found = get(client, f"endpoints?{view}")["endpoints"]
    assert sum(one["requests"] for one in found) == requests
    assert len(get(client, f"requests?{view}")["requests"]) == requests


@pytest.mark.usefixtures("written")
def test_requests_have_all_that_was_written(client: Client) -> None:
    newest, *_, oldest = get(client, f"requests?{ZOOM}")["requests"]
    assert newest["time"] == NOON + 299
    assert oldest == {
        "id": oldest["id"],
        "time": NOON + 1,
        "source": "web",
        "method": "GET",
        "path": "/api/orders/7",
        "route": "/api/orders/{id}",
        "status": 200,
        "duration": 0.1,
        "size": 512,
        "error_type": "",
        "error_message": "",
        "client": "203.0.113.0/24",
        "agent": "Firefox",
    }
    failed = get(client, f"requests?{ZOOM}&status=503")["requests"][0]
    assert (failed["error_type"], failed["error_message"]) == ("Boom", "it broke")
    assert get(client, f"requests/{oldest['id']}") == oldest


def test_next_leads_through_all_requests(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_REQUESTS", 4)
    writer.write([Batch("web", [event(NOON + i // 3) for i in range(12)])])
    pages, before = [], ""
    while True:
        page = get(client, f"requests?{ZOOM}&before={before}")
        pages.append([one["id"] for one in page["requests"]])
        if (before := page["next"]) is None:
            break
    assert [len(page) for page in pages] == [4, 4, 4]
    assert len({one for page in pages for one in page}) == 12


@pytest.mark.parametrize("number", ["0", "99999", str(2**63), "9" * 100])
def test_a_request_that_is_not_there_is_404(client: Client, number: str) -> None:
    assert "error" in get(client, f"requests/{number}", 404)


@pytest.mark.usefixtures("written")
def test_sources_are_by_name(client: Client) -> None:
    assert get(client, "sources") == {
        "sources": [{"name": "app", "inputs": []}, {"name": "web", "inputs": []}]
    }


def test_an_empty_store_has_empty_answers(client: Client) -> None:
    assert get(client, "series")["points"] == []
    assert get(client, "endpoints")["endpoints"] == []
    assert get(client, "requests") == {"requests": [], "next": None}
    assert get(client, "sources") == {"sources": []}
    summary = get(client, "summary")
    assert (summary["requests"], summary["p50"]) == (0, None)


WRONG = [
    ("range=2d", "range"),
    ("step=7s", "step"),
    ("step=5s&range=30d", "step"),
    ("from=1&to=x", "to"),
    ("from=1", "to"),
    ("to=1", "from"),
    ("from=10&to=14", "to"),
    ("from=-5&to=10", "from"),
    (f"source={'x' * 101}", "source"),
    ("method=%00", "method"),
    ("endpoint=%00", "endpoint"),
    ("status=6xx", "status"),
    ("status=20", "status"),
    ("status=2000", "status"),
    ("sort=size", "sort"),
    ("show=none", "show"),
    ("before=1", "before"),
    ("before=1.1.1", "before"),
    ("before=1.9999999999999999999", "before"),
]


@pytest.mark.parametrize("answer", VIEWS)
@pytest.mark.parametrize(("query", "parameter"), WRONG)
def test_a_wrong_parameter_says_what_is_allowed(
    client: Client, answer: str, query: str, parameter: str
) -> None:
    error = get(client, f"{answer}?{query}", 400)
    assert error["parameter"] == parameter
    assert error["allowed"]
    assert error["error"].startswith(f"{parameter}: ")
    assert len(error["error"]) < 400


def test_empty_parameters_count_as_absent_and_unknown_ones_are_ignored(client: Client) -> None:
    everything = "&".join(f"{name}=" for name in ("range", "step", "from", "to", "status", "sort"))
    assert get(client, f"series?{everything}&colour=red")["view"] == ""


@pytest.mark.parametrize("path", [*VIEWS, "sources", "traffic", "openapi.json"])
def test_head_is_get_without_a_body(client: Client, path: str) -> None:
    response = client.head(f"/api/{path}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", [*VIEWS, "requests/1", "sources", "openapi.json"])
def test_what_is_only_read_can_not_be_written(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)(f"/api/{path}")
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["", "nothing", "series/", "requests/x", "requests/-1", "live/"])
def test_an_unknown_address_is_404_as_json(client: Client, path: str) -> None:
    assert get(client, path, 404)["error"]


def test_the_description_is_served_as_it_is(client: Client) -> None:
    description = get(client, "openapi.json")
    assert description.pop("servers") == [{"url": "/"}]
    assert description == json.loads(api.OPENAPI.read_text())


def test_scenarios_and_limits_are_described_as_they_are() -> None:
    change = json.loads(api.OPENAPI.read_text())["components"]["schemas"]["TrafficChange"]
    described = change["properties"]
    assert described.keys() == api.FIELDS.keys()
    assert described["scenario"]["enum"] == list(SCENARIOS)
    assert (described["rate"]["minimum"], described["rate"]["maximum"]) == (
        traffic.MIN_RATE,
        traffic.MAX_RATE,
    )
    assert (described["seed"]["minimum"], described["seed"]["maximum"]) == (0, MAX_SEED)


def test_traffic_is_the_wanted_state(client: Client) -> None:
    found = get(client, "traffic")
    assert not found["running"]
    assert (found["rate"], found["scenario"], found["stop_at"]) == (1.25, "normal", None)
    assert found["scenarios"] == list(SCENARIOS)
    assert get(client, "traffic") == found


def test_put_changes_what_is_given(client: Client, settings: Settings) -> None:
    settings.TRAFFIC_MINUTES = 2
    before = get(client, "traffic")
    started = put(client, {"running": True, "rate": 20})
    assert started == {**before, **started, "running": True, "rate": 20.0}
    assert started["version"] == before["version"] + 1
    assert abs(started["stop_at"] - time.time() - 120) < 10
    changed = put(client, {"scenario": "bot-scan", "seed": 5, "version": started["version"]})
    assert (changed["scenario"], changed["seed"], changed["rate"]) == ("bot-scan", 5, 20.0)
    assert changed["stop_at"] == started["stop_at"]
    assert put(client, {})["version"] == changed["version"]
    assert put(client, {"running": False})["stop_at"] is None
    assert get(client, "traffic")["seed"] == 5


def test_traffic_that_never_stops_has_no_end(client: Client, settings: Settings) -> None:
    settings.TRAFFIC_MINUTES = 0
    assert put(client, {"running": True})["stop_at"] is None


def test_a_whole_number_may_be_written_with_a_point(client: Client) -> None:
    assert put(client, {"seed": 7.0, "version": float(get(client, "traffic")["version"])})


def test_a_change_to_another_version_is_refused_with_the_state_as_it_is(client: Client) -> None:
    version = put(client, {"rate": 5})["version"]
    refused = put(client, {"rate": 6, "version": version - 1}, 409)
    assert refused["traffic"] == get(client, "traffic")
    assert refused["traffic"]["rate"] == 5


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"running": "on"}, "running"),
        ({"running": None}, "running"),
        ({"running": 1}, "running"),
        ({"rate": 0}, "rate"),
        ({"rate": 5001}, "rate"),
        ({"rate": "20"}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": float("inf")}, "rate"),
        ({"rate": 10**400}, "rate"),
        ({"scenario": "chaos"}, "scenario"),
        ({"scenario": ""}, "scenario"),
        ({"scenario": ["normal"]}, "scenario"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**53}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"version": "1"}, "version"),
        ({"version": 2**70}, "version"),
        ({"colour": "red"}, "colour"),
        ({"x" * 1000: 1}, "x" * api.MAX_NAME),
    ],
)
def test_a_wrong_field_says_what_is_allowed(client: Client, body: JSON, parameter: str) -> None:
    before = get(client, "traffic")
    error = put(client, {"rate": 3, **body}, 400)
    assert error["parameter"] == parameter
    assert error["allowed"]
    assert len(error["error"]) < 1500
    assert get(client, "traffic") == before


@pytest.mark.parametrize(
    "body", [b" ", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 9000, b"{}" + b" " * 10_000]
)
def test_a_body_that_is_no_object_is_400(client: Client, body: bytes) -> None:
    response = client.put("/api/traffic", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]


def test_a_huge_body_is_400(client: Client) -> None:
    body = b" " * 3_000_000
    response = client.put("/api/traffic", body, content_type="application/json")
    assert response.status_code == 400
    assert "larger than" in response.json()["error"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken_since_no_other_site_can_send_it(content_type: str) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.put("/api/traffic", b'{"rate": 3}', content_type=content_type)
    assert response.status_code == 415
    assert client.put("/api/traffic", b"{}", content_type="application/json").status_code == 200


def test_a_server_without_mock_traffic_says_so(client: Client, settings: Settings) -> None:
    settings.HAS_MOCK_TRAFFIC = False
    assert "no mock traffic" in put(client, {"running": True}, 404)["error"]
    assert not get(client, "traffic")["running"]
