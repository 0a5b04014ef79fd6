"""Takes the README's pictures of the real page: python -m docs.screenshot (make screenshot).

A store in a temporary folder gets ten minutes of mock traffic with a bad minute in it; then
a server goes on from there, and a browser looks at it.
"""

import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e import chromium
from tests.server import Server

PICTURES = Path(__file__).parent
SIZE = (1440, 1240)
RATE = 5.0
SEED = 7
BEFORE_S = 600
BAD_S = (150, 85)
"""The scenario began and ended this many seconds ago."""


def fill(data: Path, database_url: str) -> None:
    """Ten minutes of requests up to now."""
    os.environ |= {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "logwatcher.settings",
        "LOGWATCHER_DATA": str(data),
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from logwatcher.core.event import Batch
    from logwatcher.generator import SOURCE
    from logwatcher.sources.mock import MockTraffic
    from logwatcher.store import traffic, writer

    now = int(time.time())
    mock = MockTraffic(SEED, (now - BEFORE_S) * 10**6, RATE)
    for second in range(now - BEFORE_S, now):
        for ago, scenario in zip(BAD_S, ("checkout-errors", "normal"), strict=True):
            if second == now - ago:
                mock.set(scenario=scenario, at_us=second * 10**6)
        writer.write([Batch(SOURCE, mock.until(second * 10**6))])
    traffic.change(rate=RATE, seed=SEED)


def take(url: str) -> None:
    """One picture per theme, with the tooltip over the bad minute."""
    found = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, env={**found.environment}, args=found.arguments
        )
        for theme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": SIZE[0], "height": SIZE[1]},
                color_scheme="light" if theme == "light" else "dark",
            )
            page.goto(url)
            page.locator("body[data-state=live]").wait_for()
            page.wait_for_timeout(2000)
            page.locator("[data-chart=errors] [data-plot]").hover(position={"x": 800, "y": 60})
            page.wait_for_timeout(300)
            page.screenshot(path=PICTURES / f"page-{theme}.png")
        browser.close()


def main() -> None:
    """Make both pictures anew."""
    with tempfile.TemporaryDirectory() as folder:
        data, url = Path(folder), f"sqlite:///{folder}/logwatcher.sqlite3"
        fill(data, url)
        server = Server(data, url, ["demo", "--start"])
        server.start()
        try:
            take(server.url)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
