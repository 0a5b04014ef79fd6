"""Runs axe-core, which looks for what keeps people from using a page."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} (${target}) ${failureSummary}`));
}"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now, one line each."""
    assert SCRIPT.exists(), "axe-core is missing; run: python frontend/build.py dev"
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text())  # not by a <script>, which the page's policy forbids
    found: list[str] = page.evaluate(RUN, TAGS)
    return found
