"""The page in a real browser on loopback: until its charts are there, and left open.

What a frame costs is told for a quiet service, a usual and a busy one, whose requests come in once
a second, so that about one frame a second goes out; with the processor as it is, and slowed 4
times. GoAccess's own page gets the busy one's requests by its log, and draws once a second, too.
"""

import functools
import http.client
import http.server
import itertools
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
from benchmarks.trace import CATEGORIES, Cost, costs
from tests.e2e import chromium

REQUESTS_PER_S = {"quiet": 0, "usual": 20, "busy": 1000}
SLOWED = (1, 4)
OPEN_S = 65
"""For each kind of service and speed: more than 60 frames."""
SETTLE_S = 5.0
COLD_LOADS = 5
PEER = "GoAccess, live"
VIEWPORT: Any = {"width": 1440, "height": 1240}  # Any: Playwright's own type has no name
FIRST_CHART = """
(() => {
  const drawn = new Set();  // canvases with a bar or a line; to read their pixels takes long
  for (const name of ["fillRect", "bezierCurveTo"]) {
    const { [name]: draw } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype[name] = function (...all) {
      drawn.add(this.canvas);
      return draw.apply(this, all);
    };
  }
  const ours = () => {
    const canvases = [...document.querySelectorAll("#charts canvas")];
    return canvases.length && canvases.every((canvas) => drawn.has(canvas));
  };
  const theirs = () => document.querySelector("svg .bars rect, svg .line, svg .area");
  const look = () => {
    if (ours() || theirs()) window.firstChart = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
KINDS = {"script_ms": "scripting", "layout_ms": "style and layout", "paint_ms": "painting"}
WANTED = {("script_ms", 4): Limit(at_most=4)}


class Site(NamedTuple):
    """A page's address, and what sets how many requests come in per second."""

    url: str
    set_pace: Callable[[int], None]


Serve = Callable[[], Any]  # Any: a context that gives a Site
Frames = dict[tuple[str, int], list[Cost]]
"""By the kind of service, and how many times the processor is slowed."""


class Round(NamedTuple):
    """Of a page: ms until its charts are drawn, what its frames cost, MB that it grew by."""

    load_ms: float
    frames: Frames
    growth_mb: float


def measure(bench: Bench) -> list[Figure]:
    """Each round on new servers."""
    found, seconds = chromium.find(), max(OPEN_S * bench.scale, 5.0)
    program = bench.program("goaccess", "goaccess")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            env={**found.environment} or None,
            args=found.arguments,
        )
        ours, theirs = bench.alternate(
            lambda: _round(browser, _ours, tuple(REQUESTS_PER_S), seconds),
            (lambda: _round(browser, functools.partial(_goaccess, program), ("busy",), seconds))
            if program
            else None,
        )
        browser.close()
    return [
        Figure(
            "cold load until the charts are drawn",
            "ms",
            [one.load_ms for one in ours],
            PEER,
            [one.load_ms for one in theirs],
            Limit(at_most=400),
        ),
        *_frame_figures([one.frames for one in ours], [one.frames for one in theirs]),
        Figure(
            "heap grown by all those frames",
            "MB",
            [one.growth_mb for one in ours],
            PEER,
            [one.growth_mb for one in theirs],
            Limit(at_most=1),
        ),
    ]


def _frame_figures(ours: Sequence[Frames], theirs: Sequence[Frames]) -> Iterator[Figure]:
    """Of each kind of service, at each speed."""
    for slowed, kind in itertools.product(SLOWED, REQUESTS_PER_S):
        name = f"{kind}, slowed {slowed} times" if slowed > 1 else kind
        sides = [
            [of[kind, slowed] for of in side if (kind, slowed) in of] for side in (ours, theirs)
        ]
        peer = PEER if sides[1] else ""
        for field, what in KINDS.items():
            spent = [[[getattr(cost, field) for cost in of] for of in side] for side in sides]
            for share, quantile in (("", statistics.median), (", p99", _p99)):
                of, others = ([quantile(one) for one in side] for side in spent)
                wanted = None if share else WANTED.get((field, slowed))
                yield Figure(f"frame, {name}: {what}{share}", "ms", of, peer, others, wanted)


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def _round(browser: Browser, serve: Serve, kinds: Sequence[str], seconds: float) -> Round:
    with serve() as (url, set_pace):
        set_pace(REQUESTS_PER_S["busy"])
        time.sleep(SETTLE_S)
        load = statistics.median(_load_ms(browser, url) for _ in range(COLD_LOADS))
        page = browser.new_page(viewport=VIEWPORT)
        try:
            page.goto(url)
            page.wait_for_timeout(SETTLE_S * 1000)
            before = _heap_mb(page)
            frames = {}
            for kind, slowed in itertools.product(kinds, SLOWED):
                set_pace(REQUESTS_PER_S[kind])
                frames[kind, slowed] = _frames(browser, page, slowed, seconds)
            return Round(load, frames, _heap_mb(page) - before)
        finally:
            page.close()


def _frames(browser: Browser, page: Page, slowed: int, seconds: float) -> list[Cost]:
    """What the frames of so many seconds cost."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.wait_for_timeout(SETTLE_S * 1000)
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.wait_for_timeout(seconds * 1000)
    trace = json.loads(browser.stop_tracing())
    session.detach()
    return costs(trace["traceEvents"])


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


def _heap_mb(page: Page) -> float:
    """What is left after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(float(item["value"]) for item in found if item["name"] == "JSHeapUsedSize") / 1e6


class _Pace:
    """How many requests come in per second."""

    def __init__(self) -> None:
        self.requests = 0

    def set(self, requests: int) -> None:
        self.requests = requests


@contextmanager
def _ours() -> Iterator[Site]:
    """Our page while requests come in."""
    rng, pace = random.Random(1), _Pace()
    with serving() as (server, tokens):
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)

        def post() -> None:
            if not pace.requests:
                return
            events = [event(rng, time.time()) for _ in range(pace.requests)]
            connection.request("POST", "/api/events", json.dumps(events), headers(tokens[0]))
            connection.getresponse().read()
            connection.close()  # the server would, in a quiet time

        with every_second(post):
            yield Site(server.url, pace.set)


@contextmanager
def _goaccess(program: str) -> Iterator[Site]:
    """GoAccess's page while a log grows."""
    with TemporaryDirectory() as name:
        log, port, pace = Path(name) / "access.log", free_port(), _Pace()
        sample.write_combined(log, REQUESTS_PER_S["busy"])
        lines = log.read_text().splitlines(keepends=True)

        def append() -> None:
            with log.open("a") as file:
                file.writelines(lines[: pace.requests])

        command = [program, str(log), *FORMAT, "--no-progress", "--real-time-html"]
        command += ["--addr=127.0.0.1", f"--port={port}", f"--ws-url=ws://127.0.0.1:{port}"]
        command += ["-o", f"{name}/report.html"]
        with listening(command, port), _files(name) as url, every_second(append):
            yield Site(f"{url}/report.html", pace.set)


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
