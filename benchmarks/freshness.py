"""A line is written to a log: how long until the page shows it?

    python -m benchmarks.freshness --lines 200 --rate 20

Starts ``watch`` on a log of its own and opens the page in a real browser, on one endpoint. Of a
steady stream of lines those of this endpoint are looked for in the table of requests.
"""

import argparse
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from tests.e2e import chromium
from tests.server import Server

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


def measure(lines: int, rate: float) -> None:
    """Print the quantiles of the time from a line written to the frame that draws its row."""
    found = chromium.find()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        log = Path(folder) / "access.log"
        log.write_text(line("/probe/start"))
        store = f"sqlite:///{folder}/store.sqlite3"
        server = Server(Path(folder) / "data", store, ["watch", str(log)])
        server.start()
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            env={**found.environment} or None,
            args=found.arguments,
        )
        try:
            page = browser.new_page()
            page.add_init_script(WATCH)
            page.goto(f"{server.url}/?{urlencode({'endpoint': ENDPOINT})}")
            page.wait_for_timeout(SETTLE_MS)
            written = write(log, lines, rate)
            page.wait_for_timeout(SETTLE_MS)
            seen = page.evaluate("window.seen")
        finally:
            browser.close()
            server.stop()
    delays = [seen[path] - at for path, at in written.items()]  # KeyError: one was never shown
    cuts = statistics.quantiles(delays, n=100)
    print(f"{lines} lines among {rate:g}/s: p50 {cuts[49]:.0f}, p99 {cuts[98]:.0f} ms")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--lines", type=int, default=200)
    arguments.add_argument("--rate", type=float, default=20, help="other lines per second")
    options = arguments.parse_args()
    measure(options.lines, options.rate)
