"""The page as its viewer has it, and whether it says what the API says."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Locator, Page, expect

from logwatcher.web.number import text
from tests.e2e import chart
from tests.e2e.chart import Chart, Point, drawn_points, rounded
from tests.e2e.shop import Shop

T = TypeVar("T")

QUICKLY = 5.0
"""Seconds that anything may take; it is a bound for slow machines, not a promise."""
AGAIN_MS = 50


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

    @property
    def tiles(self) -> dict[str, tuple[str, str]]:
        """Each tile's figure with its unit, and the note below."""
        found = self.page.evaluate(
            """() => [...document.querySelectorAll("[data-tile]")].map((tile) => [
              tile.dataset.tile,
              tile.querySelector(".tile-figure").innerText,
              tile.querySelector(".tile-note").innerText,
            ])"""
        )
        return {key: (_spaced(figure), _spaced(note)) for key, figure, note in found}

    def tile(self, key: str) -> tuple[str, str]:
        """One of them."""
        return self.tiles[key]

    def charts(self) -> dict[str, Chart]:
        """All charts, as they are drawn at one moment."""
        return chart.read(self.page)

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
            [rounded(point) for point in series["points"]]
        )

    def _tiles_agree(self) -> None:
        summary = self.shop.get(f"/api/summary?{self.query}")
        requests, statuses = summary["requests"], summary["statuses"]

        def share(status: str) -> str:
            return _plain("percent", statuses[status] / requests if requests else None)

        # A live view's tiles were made a moment ago, over a window that was shorter by as much.
        ago = [0.0] if "from=" in self.query else [tenth / 10 for tenth in range(-60, 60)]
        rates = [_plain("rate", requests / (summary["seconds"] - seconds)) for seconds in ago]
        shown = {key: figure for key, (figure, _) in self.tiles.items()}
        assert shown.pop("throughput") in rates
        assert shown == {
            **{status: share(status) for status in ("4xx", "5xx")},
            **{name: _plain("seconds", summary[name]) for name in ("p50", "p99")},
        }

    def _endpoints_agree(self) -> None:
        found = self.shop.get(f"/api/endpoints?{self.query}")["endpoints"]
        expected = {f"{of['method']} {of['route']}": _endpoint_texts(of) for of in found}
        shown = self.endpoints
        assert len(shown) == min(len(expected), 20)
        assert shown == {name: expected[name] for name in shown}

    def _requests_agree(self) -> None:
        found = self.shop.get(f"/api/requests?{self.query}")["requests"][:15]
        assert self.paths == [request["path"] for request in found]


def _plain(kind: str, value: float | None) -> str:
    """The number as the page writes it, with a plain space before the unit."""
    return _spaced(text(kind, value))


def _spaced(text: str) -> str:
    """With one plain space wherever there is space of any kind."""
    return " ".join(text.split())


def _endpoint_texts(of: dict[str, Any]) -> list[str]:  # Any: JSON
    shares = [of["statuses"][name] / of["requests"] for name in ("4xx", "5xx")]
    return [
        text("count", of["requests"]),
        *(text("percent", share) for share in shares),
        *(text("seconds", of[name]) for name in ("p50", "p95", "p99")),
    ]
