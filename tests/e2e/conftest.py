"""A browser for the tests in this folder, all of which get the marker `browser`."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

from tests.e2e import chromium
from tests.e2e.dashboard import Dashboard
from tests.e2e.shop import Shop
from tests.factories import events
from tests.programs import do_without

FOLDER = Path(__file__).parent
REQUESTS = 400
PLAIN_HOST = "logwatcher.test"
"""Not localhost, so plain HTTP to it is no secure context."""

NewContext = Callable[..., BrowserContext]
Open = Callable[..., Dashboard]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        found = chromium.find()
    except chromium.NotFound as reason:
        do_without(str(reason))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            args=[*found.arguments, f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"],
            env={**os.environ, **found.environment},
            executable_path=found.executable,
        )
        yield browser
        browser.close()


class Complaints(list[str]):
    """What the pages of a test wrote to the console as errors or warnings, threw, or failed to get.

    A test that causes some on purpose lists them by ``expect``, and they have to come, or
    by ``allow``, where it depends on the moment.
    """

    def __init__(self) -> None:
        self.is_closing = False
        self._expected: dict[str, int] = {}
        self._allowed: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self._add(f"thrown: {error.error}"))
        context.on("requestfailed", self._failed)

    def expect(self, *patterns: str) -> None:
        """Complaints that match one of these regular expressions belong to the test."""
        self._expected.update(dict.fromkeys(patterns, 0))

    def allow(self, *patterns: str) -> None:
        """Complaints that match one of these regular expressions may come."""
        self._allowed += patterns

    @property
    def missing(self) -> list[str]:
        """What was expected and never came."""
        return [pattern for pattern, count in self._expected.items() if not count]

    def _add(self, text: str) -> None:
        matching = [pattern for pattern in self._expected if re.search(pattern, text)]
        for pattern in matching:
            self._expected[pattern] += 1
        if not matching and not any(re.search(pattern, text) for pattern in self._allowed):
            self.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._add(f"{message.type}: {message.text} ({message.location['url']})")

    def _failed(self, request: Request) -> None:
        """Aborted is how every stream ends, and whatever a page still does when it is closed."""
        is_abort = request.failure == "net::ERR_ABORTED"
        if not (is_abort and (self.is_closing or "/api/live" in request.url)):
            self._add(f"failed: {request.method} {request.url} {request.failure}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Any complaint that was not expected fails the test, and any that was expected in vain."""
    complaints = Complaints()
    yield complaints
    assert not complaints
    assert not complaints.missing


@pytest.fixture
def new_context(browser: Browser, complaints: Complaints) -> Iterator[NewContext]:
    """Makes a browser context, watched for complaints: ``new_context(timezone_id="…")``."""
    with ExitStack() as contexts:

        def new(**options: Any) -> BrowserContext:  # Any: Playwright's own options
            options.setdefault("viewport", {"width": 1280, "height": 900})
            context = browser.new_context(**options)
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            complaints.watch(context)
            return context

        yield new
        complaints.is_closing = True


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server for all tests of a module; stopped, but tests write to it as another process would.

    On SQLite whatever ``--database`` says: databases differ far below the page.
    """
    with Shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop where ``REQUESTS`` requests came in the last minutes, and some in the hour before."""
    with Shop(tmp_path_factory.mktemp("stocked")) as shop:
        now = time.time()
        shop.write(events(REQUESTS, start=now - 270, seconds=250))
        shop.write(events(100, seed=2, start=now - 3000, seconds=2500))
        yield shop
