"""What the charts offer besides their lines: tooltip, legend, table, gaps, and calm."""

import time

import pytest
from playwright.sync_api import Page, expect

from logwatcher.web.number import THIN_SPACE, digits, text
from tests.e2e.chart import NAMES, Chart
from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import event

STEP = 5
SERIES = {
    "throughput": ["2xx", "3xx", "4xx", "5xx"],
    "errors": ["4xx", "5xx"],
    "latency": ["p50", "p95", "p99"],
}


ATTEMPTS = 3
WHOLE = 16
"""Pixels that a dot fills, in most part."""
# Of each chart of lines the pixels near its right edge with a series' colour, the most of any.
DOTS = """() => ["errors", "latency"].map((name) => {
  const { chart } = document.querySelector(`[data-chart="${name}"] [data-plot]`);
  const { right, top, height } = chart.chartArea;
  const ratio = chart.currentDevicePixelRatio;
  const box = [right - 8, top - 4, 8, height + 6].map((edge) => Math.round(edge * ratio));
  const { data } = chart.ctx.getImageData(...box);
  const pixels = [...data.keys()].filter((i) => i % 4 === 0).map((i) => data.slice(i, i + 4));
  const canvas = document.createElement("canvas");
  const probe = canvas.getContext("2d", { willReadFrequently: true });
  return Math.max(...chart.data.datasets.filter(({ isArea }) => !isArea).map((set) => {
    probe.fillStyle = set.borderColor;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const near = (of) => of[3] > 100 && Math.hypot(of[0] - r, of[1] - g, of[2] - b) < 60;
    return pixels.filter(near).length;
  }));
})"""


@pytest.fixture
def dashboard(stocked: Shop, page: Page) -> Dashboard:
    now = int(time.time())
    return Dashboard(page, stocked).open(f"from={now - 250}&to={now - 40}&method=GET")


def shown(chart: str, drawn: Chart, series: str, middle: float) -> str:
    """A value as the table and the tooltip have it."""
    value = drawn.sets[series][middle]
    if value is None:
        return "–"
    if chart == "throughput":
        unit = "/min" if "min" in drawn.unit else "/s"
        return f"{digits(value)}{THIN_SPACE}{unit}"
    return text("percent", value / 100) if chart == "errors" else text("seconds", value / 1000)


def rows_of(dashboard: Dashboard, chart: str) -> list[list[str]]:
    found: list[list[str]] = dashboard[f"#{chart}-table tbody tr"].evaluate_all(
        "rows => rows.map(({ cells }) => [...cells].map(({ textContent }) => textContent))"
    )
    return found


def test_the_table_behind_each_chart_equals_it(dashboard: Dashboard) -> None:
    charts = dashboard.charts()
    for chart in NAMES:
        button = dashboard[f'[data-chart="{chart}"] [data-table-toggle]']
        button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        rows = rows_of(dashboard, chart)
        heads = dashboard[f"#{chart}-table th[scope=col]"].all_inner_texts()
        drawn = charts[chart]
        first, *_ = drawn.axis
        middles = sorted((at for at in drawn.sets[heads[1]] if at + STEP / 2 > first), reverse=True)
        assert heads[1 : 1 + len(SERIES[chart])] == SERIES[chart]
        assert [row[1:] for row in rows] == [
            [shown(chart, drawn, series, middle) for series in heads[1:]] for middle in middles
        ]
        button.click()
        expect(dashboard[f"#{chart}-table"]).to_be_hidden()


def test_a_table_that_is_open_follows_the_stream(stocked: Shop, page: Page) -> None:
    dashboard = Dashboard(page, stocked).open("endpoint=/table")
    dashboard['[data-chart="throughput"] [data-table-toggle]'].click()
    stocked.write([event(time.time() - 20, route="/table")] * 10)
    one = f"120{THIN_SPACE}/min"
    dashboard.goes_on(lambda: _has_row(dashboard, one))


def _has_row(dashboard: Dashboard, value: str) -> None:
    assert value in [row[1] for row in rows_of(dashboard, "throughput")]


def test_one_crosshair_and_one_tooltip_over_all_charts(dashboard: Dashboard) -> None:
    charts = dashboard.charts()
    start, end, left, right = charts["errors"].axis
    share = 0.4
    middle = (start + share * (end - start)) // STEP * STEP + STEP / 2
    box = dashboard['[data-chart="errors"] [data-plot]'].bounding_box()
    assert box
    dashboard.page.mouse.move(left + share * (right - left), box["y"] + 40)
    tooltip = dashboard["[data-tooltip]"]
    expect(tooltip).to_be_visible()
    expect(dashboard[".crosshair:visible"]).to_have_count(3)
    names = tooltip.locator(".tooltip-name").all_inner_texts()
    values = tooltip.locator(".tooltip-value").all_inner_texts()
    wanted = [(chart, series) for chart in NAMES for series in SERIES[chart]]
    assert [name for name in names if name != "other"] == [series for _, series in wanted]
    told = [value for name, value in zip(names, values, strict=True) if name != "other"]
    assert told == [shown(chart, charts[chart], series, middle) for chart, series in wanted]
    lines = dashboard[".crosshair"].evaluate_all(
        "all => all.map((line) => line.getBoundingClientRect().left)"
    )
    assert len(set(lines)) == 1
    dashboard["h2"].first.hover()
    expect(tooltip).to_be_hidden()
    expect(dashboard[".crosshair:visible"]).to_have_count(0)


def test_a_legend_entry_toggles_its_series_and_is_remembered(dashboard: Dashboard) -> None:
    entry = dashboard['[data-chart="throughput"] .legend [data-series="2xx"]']
    is_hidden = """() => document.querySelector("[data-plot]").chart.data.datasets
      .filter(({ label }) => label === "2xx").every(({ hidden }) => hidden)"""
    assert not dashboard.page.evaluate(is_hidden)
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "false")
    dashboard.becomes(lambda: dashboard.page.evaluate(is_hidden), True)
    dashboard.page.reload()
    dashboard.is_in("live")
    expect(entry).to_have_attribute("aria-pressed", "false")
    assert dashboard.page.evaluate(is_hidden)
    entry.click()
    dashboard.becomes(lambda: dashboard.page.evaluate(is_hidden), False)


def test_no_requests_are_a_rate_of_zero_and_a_gap_elsewhere(stocked: Shop, page: Page) -> None:
    begin = int(time.time()) // 60 * 60 - 7200
    stocked.write([event(begin + i, route="/gap") for i in (1, 2, 31)])
    stocked.write([event(begin + 45, route="/gap", duration_s=None)])
    dashboard = Dashboard(page, stocked).open(f"from={begin}&to={begin + 60}&endpoint=/gap")
    charts = dashboard.charts()
    middles = [begin + STEP * i + STEP / 2 for i in range(12)]
    assert [charts["throughput"].sets["2xx"][at] for at in middles] == [
        *[24, 0, 0, 0, 0, 0],
        *[12, 0, 0, 12, 0, 0],
    ]
    for chart, full in (("errors", {0, 6, 9}), ("latency", {0, 6})):
        for values in charts[chart].sets.values():
            assert {i for i, at in enumerate(middles) if values[at] is not None} == full
    dashboard.agrees_with_the_api()


def test_the_open_buckets_rate_is_of_the_time_it_has_been_open(stocked: Shop, page: Page) -> None:
    dashboard = Dashboard(page, stocked).open("endpoint=/open&step=30s")
    _early_in_a_step(dashboard, 30)
    now = time.time()
    stocked.write([event(now, route="/open")] * 30)
    dashboard.lists_first("/open")
    start, drawn = now // 30 * 30, dashboard.charts()["throughput"]
    rate = drawn.sets["2xx"][start + 15]
    open_for = drawn.axis[1] - start
    assert rate == pytest.approx(60 * 30 / open_for, rel=0.01)
    dashboard.changes(lambda: dashboard.charts()["throughput"].sets["2xx"][start + 15], rate)


def test_the_dot_of_a_bucket_whose_middle_is_to_come_is_whole(stocked: Shop, page: Page) -> None:
    step = 10
    dashboard = Dashboard(page, stocked).open(f"endpoint=/dot&step={step}s")
    for _ in range(ATTEMPTS):
        dashboard.becomes(lambda: time.time() % step < 1, True, 2 * step)
        now = time.time()
        path = f"/dot/{now:.0f}"
        stocked.write([event(now, route="/dot")._replace(path=path)])
        dashboard.lists_first(path)
        dots = dashboard.page.evaluate(DOTS)
        if time.time() % step < step / 2 - 0.5:
            break
        dashboard.becomes(lambda: time.time() % step > step - 1, True, step)
    assert all(pixels >= WHOLE for pixels in dots), dots


def _early_in_a_step(dashboard: Dashboard, step: int) -> None:
    """So that the bucket that is open stays so for a while."""
    dashboard.becomes(lambda: 2 <= time.time() % step < step - 6, True, 9)


def test_who_wants_less_motion_gets_none(stocked: Shop, new_context: NewContext) -> None:
    dashboard = Dashboard(new_context(reduced_motion="reduce").new_page(), stocked).open()
    dashboard["#menu-step summary"].click()
    dashboard["#traffic-toggle"].hover()
    assert dashboard.page.evaluate("document.getAnimations().length") == 0
    moving = dashboard.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) => {
          const style = getComputedStyle(element);
          const { animationName, transitionDuration, transitionProperty } = style;
          const lasts = transitionDuration.split(",").some((time) => parseFloat(time) > 0.01);
          return animationName !== "none" || (transitionProperty !== "none" && lasts);
        }).map(({ outerHTML }) => outerHTML.slice(0, 80))"""
    )
    assert moving == []
