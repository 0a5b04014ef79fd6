"""The page as its viewer has it, and whether it says what the API says."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isclose
from typing import Any, TypeVar

from playwright.sync_api import Locator, Page, expect

from logwatcher.web.number import text
from tests.e2e.shop import Shop

T = TypeVar("T")
Point = list[float | None]

QUICKLY = 5.0
"""Seconds that anything may take; it is a bound for slow machines, not a promise."""
AGAIN_MS = 50
CHARTS = ("throughput", "errors", "latency")

# A series may be drawn by several datasets: the open bucket apart, the area below a line.
READ_CHARTS = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-chart]")].map((article) => {
    const { chart } = article.querySelector("[data-plot]");
    const { left } = chart.canvas.getBoundingClientRect();
    const { min, max } = chart.scales.x;
    const sets = {};
    for (const { label, data } of chart.data.datasets) {
      (sets[label] ??= []).push(...data.map(({ x, y }) => [x, y]));
    }
    return [article.dataset.chart, {
      axis: [min, max, left + chart.chartArea.left, left + chart.chartArea.right],
      unit: article.querySelector("[data-unit]").textContent,
      sets,
      ticks: chart.scales.x.ticks.map(({ value, label }) => [value, label]),
    }];
  }),
)"""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn.

    Attributes:
        axis: first and last second, and where they are in the window, in pixels.
        unit: of the y axis.
        sets: for each series a dict from time to value, as drawn.
        ticks: of the time axis, with their labels.
    """

    axis: tuple[float, float, float, float]
    unit: str
    sets: dict[str, dict[float, float | None]]
    ticks: dict[float, str]


class Dashboard:
    """One tab with the page of a shop, at the shop's own address or another of its names."""

    def __init__(self, page: Page, shop: Shop, url: str = "") -> None:
        self.page = page
        self.shop = shop
        self.url = url or shop.url

    def open(self, query: str = "", *, state: str = "live") -> "Dashboard":
        """Go to the view; returns when the page is in that state."""
        self.page.goto(f"{self.url}/{'?' if query else ''}{query}")
        self.is_in(state)
        return self

    def is_in(self, state: str, seconds: float = QUICKLY) -> None:
        """Wait until the page says it is live, paused, …"""
        body = self.page.locator("body")
        expect(body).to_have_attribute("data-state", state, timeout=seconds * 1000)

    def __getitem__(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def choose(self, menu: str, choice: str) -> None:
        """Choose from one of the menus: range, step, status, method, endpoint, scenario."""
        self[f"#menu-{menu} summary"].click()
        choices = self[f"#menu-{menu} .dropdown-menu"].locator("a, button[name]")
        choices.filter(has=self.page.get_by_text(choice, exact=True)).or_(
            choices.get_by_text(choice, exact=True)
        ).first.click()

    @property
    def query(self) -> str:
        """What stands after the question mark of the address."""
        found: str = self.page.evaluate("location.search.replace(/^[?]/, '')")
        return found

    @property
    def live(self) -> str:
        """What the badge says."""
        return self["#live"].inner_text()

    @property
    def request_ids(self) -> list[str]:
        """The ids of the requests listed."""
        rows = self["#requests tbody tr"]
        ids: list[str] = rows.evaluate_all("rows => rows.map(({ id }) => id)")
        return ids

    @property
    def paths(self) -> list[str]:
        """The paths of the requests listed."""
        return self["#requests tbody .column-path"].all_inner_texts()

    @property
    def endpoints(self) -> dict[str, list[str]]:
        """The table of endpoints: "GET /api/users" → requests, 4xx, 5xx, p50, p95, p99."""
        rows: dict[str, list[str]] = self.page.evaluate(
            """() => Object.fromEntries(
              [...document.querySelectorAll("#endpoints tbody tr")].map((row) => [
                row.querySelector("th").textContent.trim(),
                [...row.querySelectorAll("td[data-name]")].map((cell) => cell.textContent),
              ]))"""
        )
        return rows

    def tile(self, key: str) -> tuple[str, str]:
        """A tile's figure with its unit, and the note below."""
        tile = self[f'[data-tile="{key}"]']
        figure = " ".join(tile.locator(".tile-figure").inner_text().split())
        return figure, " ".join(tile.locator(".tile-note").inner_text().split())

    def charts(self) -> dict[str, Chart]:
        """All charts, as they are drawn at one moment."""
        found = self.page.evaluate(READ_CHARTS)
        return {
            name: Chart(
                axis=tuple(chart["axis"]),
                unit=chart["unit"],
                sets={series: dict(points) for series, points in chart["sets"].items()},
                ticks=dict(chart["ticks"]),
            )
            for name, chart in found.items()
        }

    def drag_to_zoom(self, chart: str, first: float, last: float) -> None:
        """Drag over a chart, from one share of its width to another."""
        plot = self[f'[data-chart="{chart}"] [data-plot]']
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box
        _, _, left, right = self.charts()[chart].axis
        mouse, y = self.page.mouse, box["y"] + box["height"] / 2
        mouse.move(left + first * (right - left), y)
        mouse.down()
        mouse.move(left + last * (right - left), y, steps=4)
        mouse.up()

    def look(self) -> dict[str, Any]:  # Any: whatever is to be compared
        """All that a view consists of, to compare it with the same one elsewhere."""
        charts = self.charts()
        return {
            "query": self.query,
            "range": self["[data-range][aria-current]"].all_inner_texts(),
            "menus": self["#filters summary b"].all_inner_texts(),
            "tiles": self["#tiles"].inner_text(),
            "endpoints": list(self.endpoints.items()),
            "requests": self.request_ids,
            "sets": {name: chart.sets for name, chart in charts.items()},
            "times": charts["throughput"].axis[:2],
        }

    def goes_on(self, check: Callable[[], T], seconds: float = QUICKLY) -> T:
        """What ``check`` returns as soon as it raises no AssertionError."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return check()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            self.page.wait_for_timeout(AGAIN_MS)

    def becomes(self, get: Callable[[], T], wanted: T, seconds: float = QUICKLY) -> None:
        """Wait until ``get()`` is what is wanted."""

        def check() -> None:
            assert get() == wanted

        self.goes_on(check, seconds)

    def lists_first(self, path: str, seconds: float = QUICKLY) -> None:
        """Wait until the newest request listed is this one."""
        self.becomes(lambda: self.paths[:1], [path], seconds)

    def changes(self, get: Callable[[], object], before: object) -> None:
        """Wait until ``get()`` is another than before."""

        def check() -> None:
            assert get() != before

        self.goes_on(check)

    def moves(self, act: Callable[[], object]) -> None:
        """Do what leads to another view; returns when that is shown."""
        before = self.query
        act()
        self.changes(lambda: self.query, before)
        self.is_loaded()

    def is_loaded(self) -> None:
        """Wait until no view is being loaded."""
        expect(self["#view[aria-busy]"]).to_have_count(0)

    def agrees_with_the_api(self, seconds: float = QUICKLY) -> None:
        """Charts, tiles, endpoints and requests show what the API has for the page's address."""
        self.goes_on(self._charts_agree, seconds)
        self.goes_on(self._tiles_agree, seconds)
        self.goes_on(self._endpoints_agree, seconds)
        if "before=" not in self.query:
            self.goes_on(self._requests_agree, seconds)

    def _charts_agree(self) -> None:
        series, charts = self.shop.series(self.query), self.charts()
        first, last, *_ = charts["throughput"].axis
        step = series["step"]

        def closed(points: list[Point]) -> list[Point]:
            until = min(last, series["now"])
            return [point for point in points if first <= (point[0] or 0) <= until - step]

        assert closed(drawn_points(charts, step)) == closed(
            [[_round(value) for value in point] for point in series["points"]]
        )

    def _tiles_agree(self) -> None:
        summary = self.shop.get(f"/api/summary?{self.query}")
        requests, statuses = summary["requests"], summary["statuses"]

        def share(status: str) -> str:
            return _plain("percent", statuses[status] / requests if requests else None)

        # A live view's tiles were made a moment ago, over a window that was shorter by as much.
        ago = [0.0] if "from=" in self.query else [tenth / 10 for tenth in range(-60, 60)]
        rates = [_plain("rate", requests / (summary["seconds"] - seconds)) for seconds in ago]
        assert self.tile("throughput")[0] in rates
        assert [self.tile(status)[0] for status in ("4xx", "5xx")] == [share("4xx"), share("5xx")]
        for name in ("p50", "p99"):
            assert self.tile(name)[0] == _plain("seconds", summary[name])

    def _endpoints_agree(self) -> None:
        found = self.shop.get(f"/api/endpoints?{self.query}")["endpoints"]
        expected = {f"{of['method']} {of['route']}": _endpoint_texts(of) for of in found}
        shown = self.endpoints
        assert len(shown) == min(len(expected), 20)
        assert shown == {name: expected[name] for name in shown}

    def _requests_agree(self) -> None:
        found = self.shop.get(f"/api/requests?{self.query}")["requests"][:15]
        assert self.paths == [request["path"] for request in found]


def drawn_points(charts: dict[str, Chart], step: int) -> list[Point]:
    """The points that the charts were drawn from, as the API has them."""
    throughput, errors, latency = (charts[name] for name in CHARTS)
    factor = 60 if throughput.unit.startswith("req/min") else 1
    points: list[Point] = []
    for middle in sorted(throughput.sets["2xx"]):
        counts = [
            _round((throughput.sets[name][middle] or 0) * step / factor, 6)
            for name in ("2xx", "3xx", "4xx", "5xx", "other")
        ]
        requests = sum(count or 0 for count in counts)
        if not requests:
            assert all(
                sets[middle] is None for of in (errors, latency) for sets in of.sets.values()
            )
            continue
        for name, count in zip(("4xx", "5xx"), counts[2:4], strict=True):
            drawn = errors.sets[name][middle]
            assert drawn is not None
            assert isclose(drawn, 100 * (count or 0) / requests, abs_tol=1e-5)
        quantiles = [latency.sets[name][middle] for name in ("p50", "p95", "p99")]
        points.append(
            [
                middle - step / 2,
                requests,
                *counts[:4],
                *(None if value is None else _round(value / 1000) for value in quantiles),
            ]
        )
    return points


def _round(value: float | None, digits: int = 6) -> float | None:
    return None if value is None else round(value, digits)


def _plain(kind: str, value: float | None) -> str:
    """The number as the page writes it, with a plain space before the unit."""
    return " ".join(text(kind, value).split())


def _endpoint_texts(of: dict[str, Any]) -> list[str]:  # Any: JSON
    shares = [of["statuses"][name] / of["requests"] for name in ("4xx", "5xx")]
    return [
        text("count", of["requests"]),
        *(text("percent", share) for share in shares),
        *(text("seconds", of[name]) for name in ("p50", "p95", "p99")),
    ]
