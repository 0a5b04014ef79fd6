"""What the charts draw, read from the page, and the points it was made from."""

from dataclasses import dataclass
from math import isclose

from playwright.sync_api import Page

NAMES = ("throughput", "errors", "latency")
CLASSES = ("2xx", "3xx", "4xx", "5xx", "other")
QUANTILES = ("p50", "p95", "p99")

Point = list[float | None]

# A series may be drawn by several datasets: the open bucket apart, the area below a line.
READ = """() => Object.fromEntries(
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
    """What one of them shows.

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


def read(page: Page) -> dict[str, Chart]:
    """All charts, as they are drawn at one moment."""
    return {
        name: Chart(
            axis=tuple(chart["axis"]),
            unit=chart["unit"],
            sets={series: dict(points) for series, points in chart["sets"].items()},
            ticks=dict(chart["ticks"]),
        )
        for name, chart in page.evaluate(READ).items()
    }


def drawn_points(charts: dict[str, Chart], step: int) -> list[Point]:
    """The points that the charts were drawn from, as the API has them.

    Raises:
        AssertionError: the charts don't agree with each other.
    """
    throughput, errors, latency = (charts[name].sets for name in NAMES)
    factor = step / (60 if charts["throughput"].unit.startswith("req/min") else 1)
    points: list[Point] = []
    for middle in sorted(throughput["2xx"]):
        by_class = [round((throughput[name][middle] or 0) * factor, 6) for name in CLASSES]
        rates = [errors[name][middle] for name in ("4xx", "5xx")]
        quantiles = [latency[name][middle] for name in QUANTILES]
        if requests := sum(by_class):
            for rate, count in zip(rates, by_class[2:4], strict=True):
                assert rate is not None
                assert isclose(rate, 100 * count / requests, abs_tol=1e-5)
            seconds = [None if value is None else value / 1000 for value in quantiles]
            points.append(rounded([middle - step / 2, requests, *by_class[:4], *seconds]))
        else:
            assert {*rates, *quantiles} == {None}
    return points


def rounded(point: Point) -> Point:
    """To the µs, as the API has them."""
    return [None if value is None else round(value, 6) for value in point]
