"""The page, left open under load: frame times, long tasks, memory and CPU of both ends.

    python -m benchmarks.page --minutes 10 --rate 1000

Starts a server of its own on SQLite, opens the page in a real browser, and at the end
recounts the raw requests against the figures that the page's API gives.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests import database
from tests.e2e import chromium
from tests.server import Server

COLD_LOADS = 5
SAMPLE_S = 10
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

FIRST_CHART = """
(() => {
  const drawn = (canvas) => {
    if (!canvas?.width) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value !== 0);
  };
  const look = () => {
    const canvases = [...document.querySelectorAll("#charts canvas")];
    if (canvases.length && canvases.every(drawn)) window.firstChart = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
WATCH_FRAMES = """
window.intervals = []; window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longTasks.push(duration);
}).observe({ type: "longtask" });
let last = performance.now();
const next = (now) => {
  window.intervals.push(now - last);
  last = now;
  requestAnimationFrame(next);
};
requestAnimationFrame(next);
"""


def cold_load_ms(browser: Browser, url: str) -> float:
    """From navigation to the first frame in which all three charts are drawn; empty cache."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(FIRST_CHART)
    page.goto(url)
    page.wait_for_function("window.firstChart")
    took: float = page.evaluate("window.firstChart")
    context.close()
    return took


def process_sample(pid: int) -> tuple[float, float]:
    """CPU seconds used so far, and resident MB."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return cpu, int(resident.split()[1]) / 1024


def page_sample(page: Page, metrics: Any) -> dict[str, float]:  # Any: a CDP session
    """Heap after a collection, DOM nodes, script time, and frames since the last sample."""
    metrics.send("HeapProfiler.collectGarbage")
    values = {
        item["name"]: item["value"] for item in metrics.send("Performance.getMetrics")["metrics"]
    }
    intervals = page.evaluate("window.intervals.splice(0)")
    long_tasks = page.evaluate("window.longTasks.splice(0)")
    ordered = sorted(intervals)
    return {
        "heap MB": values["JSHeapUsedSize"] / 1e6,
        "nodes": values["Nodes"],
        "script s": values["ScriptDuration"],
        "frame p50 ms": statistics.median(ordered),
        "frame p99 ms": ordered[int(len(ordered) * 0.99)],
        "long tasks": len(long_tasks),
        "longest ms": max(long_tasks, default=0),
    }


def recount(url: str, store: str) -> str:
    """Compare the API's summary of the last 15 minutes with the raw rows of the same time."""
    with urllib.request.urlopen(f"{url}/api/summary?range=15m") as answer:
        summary = json.load(answer)
    times = range(summary["from"] * 10**6, summary["to"] * 10**6)
    stored = [one for one in database.requests(store) if one["time_us"] in times]
    raw, errors = len(stored), sum(one["status"] >= 500 for one in stored)
    shown = (summary["requests"], summary["statuses"]["5xx"])
    verdict = "equal" if shown == (raw, errors) else "DIFFERENT"
    return f"figures {shown}, raw rows {(raw, errors)}: {verdict}"


def measure(minutes: float, rate: float) -> None:
    """Run the whole thing and print one line per sample."""
    found = chromium.find()
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        store = f"sqlite:///{Path(data) / 'logwatcher.sqlite3'}"
        server = Server(Path(data), store, ["demo", "--start", "--rate", str(rate)])
        server.start()
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            env={**found.environment} or None,
            args=found.arguments,
        )
        try:
            time.sleep(5)
            loads = [cold_load_ms(browser, server.url) for _ in range(COLD_LOADS)]
            median = statistics.median(loads)
            print(f"cold load to first chart: median {median:.0f} ms of {COLD_LOADS}")
            page = browser.new_page(viewport={"width": 1440, "height": 1240})
            page.goto(server.url)
            page.evaluate(WATCH_FRAMES)
            metrics = page.context.new_cdp_session(page)
            metrics.send("Performance.enable")
            began = last = time.monotonic()
            cpu, _ = process_sample(server.pid)
            script = 0.0
            while time.monotonic() < began + 60 * minutes:
                page.wait_for_timeout(SAMPLE_S * 1000)
                now = time.monotonic()
                cpu_now, resident = process_sample(server.pid)
                sample = page_sample(page, metrics)
                script_now = sample.pop("script s")
                elapsed = now - last
                figures = {
                    "s": now - began,
                    "server MB": resident,
                    "server CPU %": 100 * (cpu_now - cpu) / elapsed,
                    "script %": 100 * (script_now - script) / elapsed,
                    **sample,
                }
                print(
                    "  ".join(f"{name} {value:.1f}" for name, value in figures.items()), flush=True
                )
                last, cpu, script = now, cpu_now, script_now
            urllib.request.urlopen(
                urllib.request.Request(
                    f"{server.url}/api/traffic",
                    b'{"running": false}',
                    {"Content-Type": "application/json"},
                    method="PUT",
                )
            ).close()
            time.sleep(1)
            print(recount(server.url, store))
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--rate", type=float, default=1000)
    options = arguments.parse_args()
    measure(options.minutes, options.rate)
