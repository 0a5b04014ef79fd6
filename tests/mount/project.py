"""The bookshop, a Django project with the page in it, as processes of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stream.sse import Event

ROOT = Path(__file__).parents[2]
PAGE = "/inside/logwatcher/"
SETTINGS = "tests.mount.bookshop.settings"
SOON_S = 20.0
SERVERS = {
    "runserver": ["tests.mount.bookshop.manage", "runserver", "--noreload", "127.0.0.1:{port}"],
    "uvicorn": ["uvicorn", "tests.mount.bookshop.asgi:application", "--port={port}"],
    "gunicorn": ["gunicorn", "-w2", "-b127.0.0.1:{port}", "tests.mount.bookshop.wsgi"],
    "gthread": [
        *["gunicorn", "-w1", "--threads=4", "--preload"],
        *["-b127.0.0.1:{port}", "tests.mount.bookshop.wsgi"],
    ],
}
PUSHING = "pushing"
COMMANDS = {
    **SERVERS,
    PUSHING: [
        *["uvicorn", "tests.mount.bookshop.pushing:application", "--port={port}"],
        "--timeout-graceful-shutdown=1",
    ],
}
ALL = "from django.contrib.auth.models import User\n" + "\n".join(
    f"User.objects.create_user({name!r}, password={name!r}, is_staff={name == 'staff'})"
    for name in ("staff", "guest")
)
MIGRATE = "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"

STRICT = "error,ignore::ResourceWarning"  # runserver leaves its socket open

JSON = Any  # whatever JSON can hold
Cookies = Mapping[str, str]


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self) -> JSON:
        """Its content."""
        return json.loads(self.text)


class Visitor:
    """Somebody with a browser, signed in or not."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookie = ""

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SOON_S)
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        connection.request("GET", path, headers={**cookie, **headers})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def sign_in(self, name: str) -> "Visitor":
        """As one of the two users there are: staff and guest."""
        answer = self.get(f"/sign-in?name={name}")
        assert answer.status == 200, answer.text
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return self

    def rows(self, path: str = PAGE) -> list[JSON]:
        """The requests that the page knows, newest first."""
        answer = self.get(f"{path}api/requests")
        assert answer.status == 200, answer.text
        found: list[JSON] = answer.json["requests"]
        return found


class Project:
    """Its settings and databases; ``wanted`` is what the settings take from BOOKSHOP."""

    def __init__(
        self, databases: Mapping[str, str], *, warnings: str = STRICT, **wanted: JSON
    ) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if "LOGWATCHER" not in name},
            "BOOKSHOP": json.dumps({"DATABASES": databases, **wanted}),
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "PYTHONWARNINGS": warnings,
        }
        self._environment.pop("DATABASE_URL", None)

    def run(self, code: str) -> str:
        """Run Python inside of it; what it printed."""
        return self._python("-c", f"import django\ndjango.setup()\n{code}")

    def manage(self, *arguments: str) -> str:
        """``manage.py`` …; what it printed."""
        return self._python("-m", "tests.mount.bookshop.manage", *arguments)

    def prepare(self, migrate: str = MIGRATE) -> "Project":
        """Make its tables and users."""
        self.run(migrate + ALL)
        return self

    @contextmanager
    def served(self, kind: str, port: int = 0) -> Iterator[int]:
        """The port of one of ``COMMANDS``, which is asked to end afterwards, and does."""
        with self.process(kind, port) as (found, _):
            yield found

    @contextmanager
    def process(self, kind: str, port: int = 0) -> Iterator[tuple[int, int]]:
        """The same, with the id of its process."""
        port = port or _free_port()
        command = [part.format(port=port) for part in COMMANDS[kind]]
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _wait_for(port, process)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGINT if kind == "runserver" else signal.SIGTERM)
            try:
                _, errors = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert "Traceback" not in errors.replace("a secret", ""), errors

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not done.returncode or arguments[-1] == "check", done.stderr
        return done.stdout + done.stderr


def events(text: str) -> list[Event]:
    """The events of an answer that has ended."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append(Event(fields["event"], fields.get("id", ""), json.loads(fields["data"])))
    return found


def until(condition: Callable[[], object], seconds: float = SOON_S) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(process.communicate()[1])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    until(answers)
