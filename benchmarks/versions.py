"""Which programs are compared: their versions, as they say them."""

import platform
import re
import subprocess
from importlib import metadata

from benchmarks.bench import PEER_PYTHON, SYSTEM_PATH
from logwatcher import __version__
from tests.e2e import chromium

PACKAGES = ("django-eventstream", "sse-starlette", "duckdb", "uvicorn")
OURS = ("django", "numpy", "opentelemetry-sdk", "psycopg")
PROGRAMS = {
    "GoAccess": ["goaccess", "--version"],
    "NGINX": ["nginx", "-v"],
}
ASK = "from importlib.metadata import version; print(*map(version, {!r}), sep='\\n')"


def found() -> str:
    """``logwatcher 0.1, Python 3.11.7, …``; what isn't there is left out."""
    names = [f"logwatcher {__version__}", f"Python {platform.python_version()}"]
    names += [f"{name} {metadata.version(name)}" for name in OURS]
    if PEER_PYTHON.exists():
        said = _said([str(PEER_PYTHON), "-c", ASK.format(PACKAGES)]).split()
        names += [f"{name} {version}" for name, version in zip(PACKAGES, said, strict=False)]
    for name, command in [
        *PROGRAMS.items(),
        ("Chromium", [chromium.find().executable, "--version"]),
    ]:
        if version := re.search(r"\d+(?:\.\d+)+", _said(command)):
            names.append(f"{name} {version[0]}")
    return ", ".join(names)


def _said(command: list[str]) -> str:
    """On both of its outputs; empty if it isn't there."""
    try:
        done = subprocess.run(
            command,
            env={"PATH": f"/usr/bin:/bin:{SYSTEM_PATH}"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout + done.stderr
