"""A real NGINX in front of a small server, for tests of the logs that it writes."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

from tests.programs import find_program

FOLDERS = """
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
"""
"""Below the working directory, where whoever runs it may write."""
CONFIG = """
{user}
daemon off;
worker_processes {workers};
pid nginx.pid;
events {{ worker_connections 128; }}
http {{
{folders}
{logs}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
""".replace("{folders}", FOLDERS)
USER = "user root;" if os.geteuid() == 0 else ""
TIMED = """
    log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status '
                     '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time';
"""
LOGS = f"""{TIMED}
    access_log combined.log combined;
    access_log timed.log timed;
"""
REQUESTS = [
    ("GET", "/api/products?size=1234", 200, 1234),
    ("GET", "/api/products/4632?status=404&size=9", 404, 9),
    ("POST", "/api/orders?status=201&size=64&delay=0.12", 201, 64),
    ("PUT", "/api/users/5107?status=503&size=5", 503, 5),
    ("DELETE", "/api/orders/7765?status=204", 204, 0),
    ("GET", "/caf%C3%A9/a%20b", 200, 0),
]
"""Method, target, and the status and size that are answered."""


class Client:
    """Talks to a server on a port."""

    def __init__(self, port: int) -> None:
        self.port = port

    def request(
        self, method: str, target: str, body: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """One request, whose answer is read to its end."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, target, body, headers or {})
        connection.getresponse().read()
        connection.close()

    def send(self, data: bytes) -> bytes:
        """Bytes that need not be HTTP; returns what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


class Nginx(Client):
    """A running NGINX; ``/any/path?status=404&size=12&delay=0.1`` answers like that."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        super().__init__(port)
        self.combined_log = folder / "combined.log"
        self.timed_log = folder / "timed.log"
        self._process = process

    def reopen(self) -> None:
        """Open the logs anew, as after a rotation."""
        self._process.send_signal(signal.SIGUSR1)


@contextmanager
def running(folder: Path) -> Iterator[Nginx]:
    """NGINX with its files in this folder; skips the test where there is none, but not in CI."""
    program = find_program("nginx", "nginx-light")
    with upstream() as upstream_port:
        port = free_port()
        config = folder / "nginx.conf"
        text = CONFIG.format(user=USER, workers=1, logs=LOGS, port=port, upstream=upstream_port)
        config.write_text(text)
        arguments = [program, "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
        with started(arguments, folder, port) as process:
            yield Nginx(folder, port, process)


@contextmanager
def started(
    program: list[str], folder: Path, port: int, output: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that listens on the port, and whose local time is UTC; it is ended at the end."""
    process = subprocess.Popen(program, cwd=folder, stdout=output, env={**os.environ, "TZ": "UTC"})
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once something listens there."""
    for _ in range(100):
        assert process.poll() is None, "the server has ended"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server does not listen")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class _Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        time.sleep(float(query.get("delay", ["0"])[0]))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        size = int(query.get("size", ["0"])[0])
        self.send_response(int(query.get("status", ["200"])[0]))
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(b"x" * size)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  (the base class's names)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """NGINX writes the log."""


@contextmanager
def upstream() -> Iterator[int]:
    """The port of a server that answers as the query says: ``?status=404&size=12&delay=0.1``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
