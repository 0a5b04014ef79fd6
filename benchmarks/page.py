"""The page in a real browser on loopback: until its charts are there, and left open under load.

1,000 requests come in once a second, so about one frame a second goes out. GoAccess's own page gets
the same requests by its log, and draws once a second, too. Both run at a processor slowed 4 times.
"""

import functools
import http.client
import http.server
import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import sample
from benchmarks.bench import Bench
from benchmarks.combined_log import FORMAT
from benchmarks.figure import Figure, Limit
from benchmarks.ingest import event
from benchmarks.process import every_second, free_port, listening
from benchmarks.serving import headers, serving
from tests.e2e import chromium

REQUESTS_PER_S = 1000
OPEN_S = 120
SETTLE_S = 5.0
COLD_LOADS = 5
SLOWED = 4
PEER = "GoAccess, live"
VIEWPORT: Any = {"width": 1440, "height": 1240}  # Any: Playwright's own type has no name
FIRST_CHART = """
(() => {
  const drawn = (canvas) => {
    if (!canvas?.width) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value !== 0);
  };
  const ours = () => {
    const canvases = [...document.querySelectorAll("#charts canvas")];
    return canvases.length && canvases.every(drawn);
  };
  const theirs = () => document.querySelector("svg .bars rect, svg .line, svg .area");
  const look = () => {
    if (ours() || theirs()) window.firstChart = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
FRAMES = ("Network.eventSourceMessageReceived", "Network.webSocketFrameReceived")

Site = Callable[[], Any]  # Any: a context that gives the page's URL


class Cost(NamedTuple):
    """Of a page: ms until its charts are drawn, ms of scripting per frame, MB that it grew by."""

    load_ms: float
    script_ms: float
    growth_mb: float


def measure(bench: Bench) -> list[Figure]:
    """Each round on new servers."""
    found, seconds = chromium.find(), max(OPEN_S * bench.scale, 20.0)
    program = bench.program("goaccess", "goaccess")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            env={**found.environment} or None,
            args=found.arguments,
        )
        ours, theirs = bench.alternate(
            lambda: _cost(browser, _ours, seconds),
            (lambda: _cost(browser, functools.partial(_goaccess, program), seconds))
            if program
            else None,
        )
        browser.close()
    return [
        _figure("cold load until the charts are drawn", "ms", ours, theirs, 0, 400),
        _figure("scripting per frame", "ms", ours, theirs, 1, 4),
        _figure(f"heap grown after {seconds:.0f} s", "MB", ours, theirs, 2, 1),
    ]


def _figure(
    name: str, unit: str, ours: Sequence[Cost], theirs: Sequence[Cost], field: int, most: float
) -> Figure:
    of, others = ([cost[field] for cost in costs] for costs in (ours, theirs))
    return Figure(name, unit, of, PEER, others, Limit(at_most=most))


def _cost(browser: Browser, site: Site, seconds: float) -> Cost:
    with site() as url:
        time.sleep(SETTLE_S)
        load = statistics.median(_load_ms(browser, url) for _ in range(COLD_LOADS))
        page = browser.new_page(viewport=VIEWPORT)
        try:
            return Cost(load, *_left_open(page, url, seconds))
        finally:
            page.close()


def _load_ms(browser: Browser, url: str) -> float:
    """From navigation to the first frame in which all charts are drawn; empty cache."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    page.add_init_script(FIRST_CHART)
    page.goto(url)
    page.wait_for_function("window.firstChart")
    took: float = page.evaluate("window.firstChart")
    context.close()
    return took


def _left_open(page: Page, url: str, seconds: float) -> tuple[float, float]:
    """Ms of scripting per frame, and how many MB the heap grew by, collected garbage apart."""
    session = page.context.new_cdp_session(page)
    frames: list[None] = []

    def count(_: object) -> None:
        frames.append(None)

    for name in FRAMES:
        session.on(name, count)
    session.send("Network.enable")
    session.send("Performance.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.goto(url)
    page.wait_for_timeout(SETTLE_S * 1000)
    before, script, seen = _heap_mb(session), _metric(session, "ScriptDuration"), len(frames)
    page.wait_for_timeout(seconds * 1000)
    script, seen = _metric(session, "ScriptDuration") - script, len(frames) - seen
    if not seen:
        raise RuntimeError(f"{url}: no frame came in {seconds:.0f} s")
    return 1000 * script / seen, _heap_mb(session) - before


def _heap_mb(session: Any) -> float:  # Any: a CDP session
    """What is left after a collection."""
    session.send("HeapProfiler.collectGarbage")
    return _metric(session, "JSHeapUsedSize") / 1e6


def _metric(session: Any, name: str) -> float:  # Any: a CDP session
    found = session.send("Performance.getMetrics")["metrics"]
    return next(float(item["value"]) for item in found if item["name"] == name)


@contextmanager
def _ours() -> Iterator[str]:
    """Our page while requests come in."""
    rng = random.Random(1)
    with serving() as (server, tokens):
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)

        def post() -> None:
            events = [event(rng, time.time()) for _ in range(REQUESTS_PER_S)]
            connection.request("POST", "/api/events", json.dumps(events), headers(tokens[0]))
            connection.getresponse().read()

        with every_second(post):
            yield server.url


@contextmanager
def _goaccess(program: str) -> Iterator[str]:
    """GoAccess's page while a log grows."""
    with TemporaryDirectory() as name:
        log, port = Path(name) / "access.log", free_port()
        sample.write_combined(log, REQUESTS_PER_S)
        more = log.read_text()

        def append() -> None:
            with log.open("a") as file:
                file.write(more)

        command = [program, str(log), *FORMAT, "--no-progress", "--real-time-html"]
        command += ["--addr=127.0.0.1", f"--port={port}", f"--ws-url=ws://127.0.0.1:{port}"]
        command += ["-o", f"{name}/report.html"]
        with listening(command, port), _files(name) as url, every_second(append):
            yield f"{url}/report.html"


@contextmanager
def _files(folder: str) -> Iterator[str]:
    """A server for the files of a folder; its URL."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its own name
            """Say nothing."""

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
