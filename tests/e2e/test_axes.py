"""One time axis: the three charts' ends are the same, to the pixel and at all times."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop

# Looks at every animation frame, after the charts were drawn for it.
WATCH_AXES = """() => {
  const seen = { frames: 0, slides: 0, different: [] };
  let last = null;
  const look = () => {
    const axes = [...document.querySelectorAll("[data-plot]")].map(({ chart }) => {
      const { left, width } = chart.canvas.getBoundingClientRect();
      const { chartArea: area, scales: { x } } = chart;
      return [x.min, x.max, left, width, x.left, x.right, area.left, area.right].join(" ");
    });
    seen.frames += 1;
    if (axes[0] !== last) seen.slides += 1;
    last = axes[0];
    if (new Set(axes).size !== 1 || axes.length !== 3) seen.different.push(axes);
    requestAnimationFrame(() => setTimeout(look));
  };
  requestAnimationFrame(() => setTimeout(look));
  window.axesSeen = seen;
}"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Mock traffic enough that each frame of the stream has something for every chart."""
    with Shop(tmp_path_factory.mktemp("busy"), "demo", "--start", "--rate=30") as shop:
        yield shop


def slides(page: Page, times: int) -> None:
    """Wait until the axes have moved so often."""
    page.wait_for_function(
        "until => window.axesSeen.slides >= until",
        arg=page.evaluate("window.axesSeen.slides") + times,
    )


@pytest.mark.parametrize("width", [1440, 390])
def test_the_axes_are_one_while_they_slide_and_change(
    busy: Shop, new_context: NewContext, width: int
) -> None:
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    dashboard = Dashboard(page, busy).open()
    page.evaluate(WATCH_AXES)
    slides(page, 5)

    dashboard.drag_to_zoom("errors", 0.6, 0.9)
    expect(dashboard["#zoom-out"]).to_be_visible()
    page.keyboard.press("Escape")
    expect(dashboard["#zoom-out"]).to_be_hidden()
    for name in ("30d", "15m"):
        link = dashboard[f'[data-range="{name}"]']
        link.click()
        expect(link).to_have_attribute("aria-current", "true")
    slides(page, 2)
    page.set_viewport_size({"width": width - 30, "height": 900})
    slides(page, 1)

    seen = page.evaluate("window.axesSeen")
    assert seen["frames"] >= seen["slides"] >= 12
    assert seen["different"] == []
