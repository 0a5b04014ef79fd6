"""A logwatcher process of its own, for tests that need the real thing."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

START_TIMEOUT = 60.0
STOP_TIMEOUT = 5.0
PROGRAM = Path(sys.executable).with_name("logwatcher")
ADDRESS = re.compile(r"http://[\d.]+:\d+")

JSON = dict[str, Any]  # Any: JSON


def until(condition: Callable[[], object], timeout: float = 15) -> None:
    """Wait for something that another process does. Raises AssertionError if it takes too long."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "too late"
        time.sleep(0.02)


class Server:
    """``logwatcher COMMAND …`` on a port of its own; the same one again after a restart."""

    def __init__(
        self,
        data: Path,
        database_url: str,
        arguments: list[str],
        program: Sequence[str] = (str(PROGRAM),),
    ) -> None:
        self.url = ""
        self.database_url = database_url
        self.arguments = arguments
        self._program = program
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "LOGWATCHER_DATA": str(data),
        }
        self._output: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    @property
    def output(self) -> str:
        """What it has written so far."""
        return "".join(self._output)

    @property
    def pid(self) -> int:
        """Of the process that runs now, or ran last."""
        assert self._process
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start; returns when it listens.

        Raises:
            RuntimeError: it ended instead, or took too long; says what it wrote.
        """
        port = str(urlsplit(self.url).port or 0)
        self._process = process = subprocess.Popen(
            [*self._program, *self.arguments, "--port", port],
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        listens = threading.Event()
        threading.Thread(target=self._read, args=(process, listens), daemon=True).start()
        if not listens.wait(START_TIMEOUT) or not ADDRESS.search(self.output):
            self.kill()
            raise RuntimeError(f"the server did not start:\n{self.output}")
        self.url = ADDRESS.findall(self.output)[-1]
        self._wait_until_it_answers()

    def command(self, *arguments: str, typed: str = "") -> str:
        """Another command on the same database; returns what it printed."""
        return subprocess.run(
            [PROGRAM, *arguments],
            env=self._environment,
            input=typed,
            stdout=subprocess.PIPE,
            text=True,
            timeout=START_TIMEOUT,
            check=True,
        ).stdout

    def get(self, path: str, timeout: float = 10) -> JSON:
        """What the API answers."""
        return self._ask(Request(self.url + path), timeout)  # noqa: S310  # http:// it is

    def read(self, path: str) -> str:
        """What it answers there, as text."""
        with urlopen(self.url + path, timeout=10) as response:  # noqa: S310  # http:// it is
            text: str = response.read().decode()
        return text

    def put_traffic(self, **changes: object) -> JSON:
        """PUT ``/api/traffic``; returns the state as it is then."""
        url, type_ = f"{self.url}/api/traffic", {"Content-Type": "application/json"}
        body = json.dumps(changes).encode()
        return self._ask(Request(url, body, type_, method="PUT"))  # noqa: S310  # http:// it is

    def _ask(self, request: Request, timeout: float = 10) -> JSON:
        with urlopen(request, timeout=timeout) as response:  # noqa: S310  # http:// it is
            answer: JSON = json.load(response)
        return answer

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does, or another signal; returns the exit code."""
        return self._end(number)

    def kill(self) -> int:
        """End it as a crash does."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        assert self._process
        self._process.send_signal(number)
        try:
            return self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def _wait_until_it_answers(self) -> None:
        """The address is printed before the first request is taken."""
        address = urlsplit(self.url)
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                socket.create_connection((address.hostname, address.port), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline or not self.is_running:
                    self.kill()
                    raise RuntimeError(f"the server does not answer:\n{self.output}") from None
                time.sleep(0.05)
            else:
                return

    def _read(self, process: "subprocess.Popen[str]", listens: threading.Event) -> None:
        """Until it ends; a pipe that nobody reads would stop it one day."""
        assert process.stderr
        with process.stderr:
            for line in process.stderr:
                self._output.append(line)
                if ADDRESS.search(line):
                    listens.set()
        listens.set()
