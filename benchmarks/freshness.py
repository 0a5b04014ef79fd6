"""A line is written to a log: how long until the page shows it, in a real browser?

The page shows one endpoint; of a steady stream of lines those of this endpoint are looked for in
the table of requests. There is no peer.
"""

import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from benchmarks.bench import Bench
from benchmarks.figure import Figure
from tests.e2e import chromium
from tests.server import Server

LINES = 200
RATE = 20.0
"""Other lines per second."""
SETTLE_MS = 3000
ENDPOINT = "/probe/{id}"
WATCH = """
window.seen = {};
const look = () => {
  const now = Date.now();
  for (const [path] of document.body.textContent.matchAll(/\\/probe\\/\\d+/g)) {
    window.seen[path] ??= now;
  }
};
document.addEventListener("DOMContentLoaded", () => {
  const observer = new MutationObserver(() => requestAnimationFrame(look));
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
});
"""


def line(path: str) -> str:
    """As NGINX writes it, just now."""
    now = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'::1 - - [{now}] "GET {path} HTTP/1.1" 200 512 "-" "curl/8" 0.050\n'


def write(log: Path, lines: int, rate: float) -> dict[str, float]:
    """Write them among ``rate`` others per second; returns the time of each, Unix ms."""
    written = {}
    with log.open("a", buffering=1) as file:
        for number in range(lines):
            end = time.monotonic() + random.uniform(0.3, 0.7)
            while (now := time.monotonic()) < end:
                time.sleep(min(random.expovariate(rate or 1e-9), end - now))
                if rate:
                    file.write(line(f"/other/{random.randrange(1000)}"))
            path = f"/probe/{number}"
            written[path] = time.time() * 1000
            file.write(line(path))
    return written


def measure(bench: Bench) -> list[Figure]:
    """Each round on a new server."""
    found, lines = chromium.find(), bench.size(LINES, least=10)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            env={**found.environment} or None,
            args=found.arguments,
        )
        (rounds,) = bench.alternate(lambda: _delays_ms(browser, lines))
        browser.close()
    cuts = [statistics.quantiles(delays, n=100) for delays in rounds]
    return [Figure(f"line to table, p{p}", "ms", [cut[p - 1] for cut in cuts]) for p in (50, 99)]


def _delays_ms(browser: Browser, lines: int) -> list[float]:
    """From each line written to the frame that draws its row; KeyError: one was never shown."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        log.write_text(line("/probe/start"))
        store = f"sqlite:///{folder}/store.sqlite3"
        server = Server(Path(folder) / "data", store, ["watch", str(log)])
        server.start()
        page = browser.new_page()
        try:
            page.add_init_script(WATCH)
            page.goto(f"{server.url}/?{urlencode({'endpoint': ENDPOINT})}")
            page.wait_for_timeout(SETTLE_MS)
            written = write(log, lines, RATE)
            page.wait_for_timeout(SETTLE_MS)
            seen = page.evaluate("window.seen")
        finally:
            page.close()
            server.stop()
    return [seen[path] - at for path, at in written.items()]
