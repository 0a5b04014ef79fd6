"""The cards show what was written: figures, their change, order, trends and pages."""

from collections.abc import Iterable
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logwatcher.core.event import Batch, Event
from logwatcher.core.view import SORTS, View, parse
from logwatcher.core.window import Window, window_of
from logwatcher.store import reader, writer
from logwatcher.store.models import Head, Traffic
from logwatcher.web import card, number
from logwatcher.web.card import ENDPOINTS_SHOWN, REQUESTS_PER_PAGE
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
ZOOM = View(start=NOON, end=NOON + 300)
WINDOW = window_of(ZOOM, NOON + 1000)
DAYS = count(1)
THIN = number.THIN_SPACE


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def write(events: Iterable[Event]) -> None:
    writer.write([Batch("web", list(events))])


def tiles(view: View = ZOOM, window: Window = WINDOW) -> dict[str, dict[str, Any]]:  # Any: texts
    """The tiles by key."""
    of = card.tiles(view, window, reader.endpoints(view, window))
    return {tile["key"]: tile for tile in of["tiles"]}


def shown(tile: dict[str, Any]) -> tuple[str, str, str]:  # Any: texts
    """Figure with unit, direction, note."""
    return f"{tile['value']} {tile['unit']}".strip(), tile["direction"], tile["note"]


def rows(view: View = ZOOM, window: Window = WINDOW) -> list[dict[str, Any]]:  # Any: texts
    """The rows of the endpoints' card."""
    found: list[dict[str, Any]] = card.endpoints(view, window, reader.endpoints(view, window))[
        "rows"
    ]
    return found


def many(
    n: int, start: float = NOON, *, status: int = 200, duration_s: float | None = 0.1
) -> list[Event]:
    """``n`` requests within some minutes from ``start`` on."""
    return [
        event(start + i * 250 / n, status=status, duration_s=duration_s, route=f"/{i % 3}")
        for i in range(n)
    ]


def test_tiles_show_the_figures_and_their_change() -> None:
    write([*many(91), *many(6, status=404), *many(3, status=500)])
    write([*many(44, NOON - 300, duration_s=0.2), *many(6, NOON - 300, status=503)])
    of = tiles()
    assert shown(of["throughput"]) == ("20.0 req/min", "up", f"100{THIN}% vs previous 5{THIN}min")
    assert shown(of["4xx"]) == ("6.00 %", "up", f"6.00{THIN}pt · 6 of 100")
    assert shown(of["5xx"]) == ("3.00 %", "down", f"9.00{THIN}pt · 3 of 100")
    now, before = reader.figures(ZOOM, WINDOW), reader.figures(ZOOM, WINDOW.previous)
    assert now.p50 == pytest.approx(0.1, rel=0.01)
    assert before.p50 == pytest.approx(0.2, rel=0.01)
    p50, p95, less = (
        number.text("seconds", value)
        for value in (now.p50, now.p95, (before.p50 or 0) - (now.p50 or 0))
    )
    assert shown(of["p50"]) == (p50.replace(THIN, " "), "down", f"{less} · p95 {p95}")
    assert of["p99"]["note"].endswith(f"vs previous 5{THIN}min")


def test_tiles_of_the_same_traffic_have_no_direction() -> None:
    write([*many(30), *many(30, NOON - 300)])
    for tile in tiles().values():
        assert tile["direction"] == ""
        assert tile["note"].startswith("0")


def test_tiles_without_a_span_before_say_how_many_requests() -> None:
    write(many(30))
    of = tiles()
    assert shown(of["throughput"]) == ("6.00 req/min", "", "30 requests")
    assert shown(of["4xx"]) == ("0 %", "", "0 of 30")
    assert shown(of["p99"])[1:] == ("", "of 30 requests")


def test_tiles_without_requests_have_no_figures() -> None:
    write(many(3, NOON - 300))
    of = tiles()
    assert shown(of["throughput"]) == ("0 req/min", "down", f"100{THIN}% vs previous 5{THIN}min")
    for key in ("4xx", "5xx", "p50", "p99"):
        assert shown(of[key]) == ("–", "", "no requests")


def test_tiles_of_requests_without_durations_say_so() -> None:
    write(many(3, duration_s=None))
    assert shown(tiles()["p50"]) == ("–", "", "no request has a duration")


def test_much_more_throughput_is_told_as_a_factor() -> None:
    write([*many(120), *many(10, NOON - 300)])
    assert tiles()["throughput"]["note"].startswith("12.0×")


def test_the_rate_of_a_live_view_is_of_the_time_that_has_passed() -> None:
    now = NOON + 302.5
    window = window_of(View(), now)
    write([event(NOON + 5 * i) for i in range(61)])
    assert window.seconds == 302.5
    rate = f"{number.text('rate', 61 / 302.5)}".replace(THIN, " ")
    assert shown(tiles(View(), window)["throughput"])[0] == rate


def test_methods_are_shares_of_the_requests() -> None:
    write(event(method=method) for method in ["GET"] * 6 + ["POST"] * 3 + ["PUT"])
    found = card.tiles(ZOOM, WINDOW, reader.endpoints(ZOOM, WINDOW))["methods"]
    assert [(one["method"], one["share"], one["percent"]) for one in found] == [
        ("GET", f"60.0{THIN}%", 60.0),
        ("POST", f"30.0{THIN}%", 30.0),
        ("PUT", f"10.0{THIN}%", 10.0),
    ]


def test_a_row_has_the_figures_of_its_endpoint() -> None:
    write(event(NOON, status=status, duration_s=0.1) for status in [200] * 95 + [404] * 4 + [500])
    write([event(NOON, route="/untimed", duration_s=None)])
    failing, untimed = rows()
    assert (failing["method"], failing["route"]) == ("GET", "/api/orders/{id}")
    assert (failing["requests"], failing["has_server_errors"]) == ("100", False)
    assert (failing["client_error_rate"], failing["server_error_rate"]) == (
        f"4.00{THIN}%",
        f"1.00{THIN}%",
    )
    assert (
        failing["p50"] == failing["p99"] == number.text("seconds", reader.figures(ZOOM, WINDOW).p50)
    )
    assert (untimed["client_error_rate"], untimed["p50"]) == (f"0{THIN}%", number.NOTHING)


def test_two_percent_of_server_errors_stand_out() -> None:
    write(event(NOON, status=status) for status in [200] * 49 + [500])
    assert [row["has_server_errors"] for row in rows()] == [True]


@pytest.mark.parametrize("sort", [sign + key for key in SORTS for sign in ("", "-")])
def test_endpoints_are_in_the_wanted_order(sort: str) -> None:
    for number_of in range(1, 8):
        for i in range(number_of):
            duration_s = None if number_of == 4 else 0.1 * (8 - number_of)
            status = 500 if i == 0 and number_of % 2 else 404 if i == 1 else 200
            write([event(NOON, route=f"/{number_of}", duration_s=duration_s, status=status)])
    view = ZOOM.change(sort=sort)
    by_name = reader.endpoints(view, WINDOW)

    def value(route: str) -> Any:  # Any: text or number
        of = by_name[reader.EndpointName("GET", route)]
        key = sort.removeprefix("-")
        if key in ("4xx", "5xx"):
            return of.share(int(key[0])) or 0
        if key == "endpoint":
            return route
        return of.requests if key == "requests" else getattr(of, key) or -1

    values = [value(row["route"]) for row in rows(view)]
    assert len(values) == 7
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_a_column_sorts_by_itself_then_the_other_way() -> None:
    columns = {
        column["key"]: column
        for column in card.endpoints(ZOOM.change(sort="-p95"), WINDOW, {})["columns"]
    }
    assert list(columns) == list(SORTS)
    assert columns["p95"]["sorted"] == "descending"
    assert query(columns["p95"]["url"]).sort == "p95"
    assert query(columns["p50"]["url"]).sort == "-p50"
    assert query(columns["endpoint"]["url"]).sort == "endpoint"
    assert {column["sorted"] for key, column in columns.items() if key != "p95"} == {"none"}


def test_only_the_first_endpoints_are_shown_until_all_are_wanted() -> None:
    write(event(NOON, route=f"/{i}") for i in range(ENDPOINTS_SHOWN + 3))
    by_endpoint = reader.endpoints(ZOOM, WINDOW)
    first = card.endpoints(ZOOM, WINDOW, by_endpoint)
    assert (len(first["rows"]), first["total"]) == (ENDPOINTS_SHOWN, ENDPOINTS_SHOWN + 3)
    everything = query(first["more_url"])
    shown_all = card.endpoints(everything, WINDOW, by_endpoint)
    assert len(shown_all["rows"]) == ENDPOINTS_SHOWN + 3
    assert shown_all["more_url"] is None
    assert query(shown_all["fewer_url"]) == ZOOM


def test_a_click_on_an_endpoint_filters_and_a_second_one_ends_that() -> None:
    write([event(NOON), event(NOON, route="/other")])
    view = query(next(row for row in rows() if row["route"] == "/other")["url"])
    assert (view.method, view.endpoint) == ("GET", "/other")
    (selected,) = rows(view)
    assert selected["is_selected"]
    assert query(selected["url"]) == ZOOM


def test_a_trend_is_a_line_from_start_to_end_of_the_range() -> None:
    write(event(NOON + 100) for _ in range(4))
    write([event(NOON + 299)])
    points = [tuple(map(float, point.split(","))) for point in rows()[0]["trend"].split()]
    assert len(points) == 30  # of 10 s
    assert points[0] == (0.0, 18.5)
    assert points[10][1] == 1.5
    assert points[-1] == (96.0, 14.2)
    assert {y for _, y in points} == {18.5, 14.2, 1.5}


def query(url: str) -> View:
    """The view behind an address of the page."""
    return parse(dict(parse_qsl(urlsplit(url).query)))


def ids(found: card.Context) -> list[int]:
    return [row["id"] for row in found["rows"]]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 3 * REQUESTS_PER_PAGE + 1), st.integers(1, 3))
def test_pages_lead_to_the_oldest_request_and_back(requests: int, times: int) -> None:
    day = NOON + next(DAYS) * 86400
    first = View(start=day, end=day + 300)
    window = window_of(first, day)
    write(event(day + i % times) for i in range(requests))
    view, pages = first, [card.requests(first, window)]
    while url := pages[-1]["older_url"]:
        view = query(url)
        pages.append(card.requests(view, window))
    every = [one for page in pages for one in ids(page)]
    assert every == [row.id for row in reader.requests(first, window, 1000)]
    assert [page["is_first"] for page in pages] == [True] + [False] * (len(pages) - 1)
    for page in reversed(pages[:-1]):
        view = query(card.requests(view, window)["newer_url"])
        back = card.requests(view, window)
        assert (ids(back), back["is_first"]) == (ids(page), page["is_first"])
    assert pages[0]["newer_url"] is None


def test_new_requests_do_not_shift_a_page() -> None:
    write(event(NOON + 10) for _ in range(40))
    first = card.requests(ZOOM, WINDOW)
    second = query(first["older_url"])
    before = ids(card.requests(second, WINDOW))
    write(event(NOON + 10 + i) for i in range(20))
    assert ids(card.requests(second, WINDOW)) == before
    newer = query(card.requests(second, WINDOW)["newer_url"])
    assert ids(card.requests(newer, WINDOW)) == ids(first)
    assert not card.requests(newer, WINDOW)["is_first"]


def test_a_request_is_shown_with_all_that_is_known() -> None:
    write(
        [
            event(NOON + 0.123456, status=503, duration_s=1.5, size=1_234_567),
            event(NOON, status=0, duration_s=None, size=None),
        ]
    )
    failed, unknown = card.requests(ZOOM, WINDOW)["rows"]
    assert failed["time"] == "2023-11-14T22:00:00.123Z"
    assert failed["time_text"] == "22:00:00.123"
    assert (failed["status"], failed["status_class"], failed["is_error"]) == ("503", "5xx", True)
    assert (failed["latency"], failed["size"]) == (f"1.50{THIN}s", "1 234 567")
    assert failed["error"] == "Boom: it broke"
    assert (unknown["status"], unknown["status_class"]) == ("000", "other")
    assert (unknown["latency"], unknown["size"], unknown["error"]) == ("–", "–", "")


def test_the_time_of_a_request_is_right_to_the_millisecond() -> None:
    write([event(NOON)._replace(time_us=NOON * 10**6 + 1000 * ms) for ms in range(0, 1000, 37)])
    times = [row["time_text"] for row in map(card.request_row, reader.requests(ZOOM, WINDOW, 100))]
    assert times == [f"22:00:00.{ms:03}" for ms in reversed(range(0, 1000, 37))]


def test_filters_offer_what_is_there_and_what_is_chosen() -> None:
    write([event(NOON, status=404), event(NOON, method="PUT", route="/b", status=500)])
    write([event(NOON, status=200)])
    of = card.filters(ZOOM.change(status="418"), WINDOW)
    assert of["statuses"] == ["2xx", "3xx", "4xx", "5xx", "404", "500", "418"]
    assert of["methods"] == ["GET", "PUT"]
    assert of["endpoints"] == [
        {"method": "GET", "route": "/api/orders/{id}"},
        {"method": "PUT", "route": "/b"},
    ]
    assert [one["name"] for one in of["ranges"] if one["is_current"]] == ["5m"]
    assert of["auto_step"] == "5s"
    other = card.filters(ZOOM.change(method="PATCH"), WINDOW)
    assert other["methods"] == ["GET", "PATCH", "PUT"]
    assert other["statuses"] == ["2xx", "3xx", "4xx", "5xx"]


def test_the_controls_show_the_wanted_state() -> None:
    wanted = Traffic(
        is_running=True, rate=1.25, scenario="bot-scan", seed=1, stop_at_us=NOON * 10**6, version=7
    )
    of = card.traffic(wanted)
    assert of["can_control"]
    assert of["traffic"]["rate"] == "1.25"
    assert of["traffic"]["stop_at"] == "2023-11-14T22:00:00.000+00:00"
    assert (of["traffic"]["scenario"], of["traffic"]["version"]) == ("bot-scan", 7)
