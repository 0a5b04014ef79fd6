"""Light, dark or the system's: right from the first paint, in all tabs, charts and all."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop

# What the root says when the body begins, before anything of it can have been painted, and from
# then on at each frame.
WATCH_PAINTS = """() => {
  window.themes = [];
  const look = () => window.themes.push(document.documentElement.dataset.bsTheme);
  const frame = () => {
    if (document.body) look();
    if (window.themes.length < 30) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new MutationObserver((_, observer) => {
    if (!document.body) return;
    observer.disconnect();
    look();
  }).observe(document, { childList: true, subtree: true });
}"""
COLOURS = """() => [...document.querySelectorAll("[data-plot]")].flatMap(({ chart }) => [
  ...chart.data.datasets.map(({ borderColor, backgroundColor }) => borderColor ?? backgroundColor),
  chart.options.scales.y.ticks.color,
  chart.options.scales.y.grid.color,
])"""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(246, 247, 249)", "rgb(15, 17, 22)"


def is_theme(dashboard: Dashboard, theme: str) -> None:
    expect(dashboard["html"]).to_have_attribute("data-bs-theme", theme)
    background = {"light": LIGHT, "dark": DARK}[theme]
    dashboard.becomes(lambda: dashboard.page.evaluate(BACKGROUND), background)


def choose(dashboard: Dashboard, choice: str) -> None:
    dashboard["#menu-display summary"].click()
    dashboard[f'[data-theme-choice="{choice}"]'].click()


@pytest.mark.parametrize(
    ("kept", "system", "theme"),
    [
        ("dark", "light", "dark"),
        ("light", "dark", "light"),
        ("system", "dark", "dark"),
        ("", "dark", "dark"),
        ("", "light", "light"),
    ],
)
def test_the_first_paint_has_the_right_theme(
    stocked: Shop, new_context: NewContext, kept: str, system: str, theme: str
) -> None:
    items = [{"name": "logwatcher.theme", "value": kept}] if kept else []
    state = {"origins": [{"origin": stocked.url, "localStorage": items}]}
    context = new_context(color_scheme=system, storage_state=state)
    context.add_init_script(f"({WATCH_PAINTS})()")
    dashboard = Dashboard(context.new_page(), stocked).open()
    dashboard.page.wait_for_function("window.themes.length >= 3")
    assert set(dashboard.page.evaluate("window.themes")) == {theme}
    is_theme(dashboard, theme)


def test_a_choice_holds_in_all_tabs_at_once_and_is_kept(
    stocked: Shop, new_context: NewContext
) -> None:
    context = new_context(color_scheme="light")
    first, second = (Dashboard(context.new_page(), stocked).open() for _ in range(2))
    before = [each.page.evaluate(COLOURS) for each in (first, second)]
    choose(first, "dark")
    for dashboard, colours in zip((first, second), before, strict=True):
        is_theme(dashboard, "dark")
        recoloured = dashboard.page.evaluate(COLOURS)
        assert all(new != old for new, old in zip(recoloured, colours, strict=True))
        pressed = dashboard['[data-theme-choice="dark"]']
        expect(pressed).to_have_attribute("aria-pressed", "true")
        assert _navigations(dashboard.page) == 1
    third = Dashboard(context.new_page(), stocked).open()
    is_theme(third, "dark")
    choose(third, "light")
    for dashboard, colours in zip((first, second), before, strict=True):
        is_theme(dashboard, "light")
        assert dashboard.page.evaluate(COLOURS) == colours


def _navigations(page: Page) -> int:
    count: int = page.evaluate("performance.getEntriesByType('navigation').length")
    return count


def test_the_systems_theme_is_followed_while_the_page_is_open(
    stocked: Shop, context: BrowserContext
) -> None:
    dashboard = Dashboard(context.new_page(), stocked).open()
    for system in ("dark", "light"):
        dashboard.page.emulate_media(color_scheme=system)
        is_theme(dashboard, system)
    choose(dashboard, "light")
    dashboard.page.emulate_media(color_scheme="dark")
    is_theme(dashboard, "light")
    choose(dashboard, "system")
    is_theme(dashboard, "dark")


def test_the_key_t_goes_round_the_themes(stocked: Shop, new_context: NewContext) -> None:
    dashboard = Dashboard(new_context(color_scheme="dark").new_page(), stocked).open()
    for theme in ("light", "dark", "dark"):  # the last one is the system's
        dashboard.page.keyboard.press("t")
        is_theme(dashboard, theme)
    kept = dashboard.page.evaluate("localStorage.getItem('logwatcher.theme')")
    assert kept == "system"
