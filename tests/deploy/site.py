"""The site as ``deploy/`` has it: its NGINX configuration in front of a server process."""

import http.client
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.factories import PASSWORD
from tests.programs import find_program
from tests.sending import Source, create_token
from tests.server import Server
from tests.sources.nginx import FOLDERS, USER, free_port, started
from tests.stream.sse import Stream

CONFIG = Path(__file__).parents[2] / "deploy" / "nginx" / "logwatcher.conf"
READ_TIMEOUT_S = 4
"""That of the tested NGINX: an hour is long for a test."""
FRAME = """
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 512; }}
http {{
{folders}
    include logwatcher.conf;
}}
""".replace("{folders}", FOLDERS)
USER_HEADER = "X-Forwarded-User"
PROGRAM = """
from logwatcher.stream import feed
feed.HEARTBEAT_S = 0.5  # an idle stream need not be watched for long
from logwatcher.cli import main
raise SystemExit(main())
"""


@dataclass(frozen=True)
class Site:
    """A running one."""

    server: Server
    url: str
    plain_url: str
    certificate: Path
    source: Source
    reader: str
    """A token that reads."""

    def stream(self) -> Stream:
        """The whole view's stream, through NGINX over HTTP/1.1."""
        return Stream(self.url, token=self.reader, tls=self.new_tls(), timeout=30)

    def new_tls(self) -> ssl.SSLContext:
        """Trusts its certificate."""
        return ssl.create_default_context(cafile=self.certificate)

    def send_request(self) -> None:
        """One for the page to show."""
        request = {"time": time.time(), "method": "GET", "path": "/x", "status": 200}
        assert self.source.post([request])[0] == 202

    def has_said(self, text: str) -> bool:
        """Whether the server writes that, by now or soon: its output comes through a pipe."""
        deadline = time.monotonic() + 10
        while text not in self.server.output and time.monotonic() < deadline:
            time.sleep(0.05)
        return text in self.server.output

    def connect(self, client: str = "127.0.0.1") -> http.client.HTTPSConnection:
        """From an address of this machine."""
        address = urlsplit(self.url)
        return http.client.HTTPSConnection(
            "127.0.0.1",
            address.port,
            timeout=20,
            context=self.new_tls(),
            source_address=(client, 0),
        )


@contextmanager
def running() -> Iterator[Site]:
    """All of it with a user, ``ada``; skips the test where there is no NGINX, but not in CI."""
    program = find_program("nginx", "nginx-light")
    with tempfile.TemporaryDirectory() as directory:  # NGINX's workers have to get in
        folder = Path(directory)
        folder.chmod(0o755)
        certificate = _make_certificate(folder)
        server = _make_server(folder / "data")
        source = Source(server, create_token(server, "shop"))
        reader = server.command("token", "create", "--scope", "read").strip()
        server.start()
        try:
            plain_port, port = free_port(), free_port()
            (folder / "logwatcher.conf").write_text(_config(folder, plain_port, port, server.url))
            (folder / "nginx.conf").write_text(FRAME.format(user=USER))
            arguments = [program, "-p", directory, "-c", "nginx.conf", "-e", "error.log"]
            with started(arguments, folder, port):
                yield Site(
                    server,
                    f"https://127.0.0.1:{port}",
                    f"http://127.0.0.1:{plain_port}",
                    certificate,
                    source,
                    reader,
                )
        finally:
            server.stop()


def _make_server(data: Path) -> Server:
    url = f"sqlite:///{data / 'logwatcher.sqlite3'}"
    with pytest.MonkeyPatch.context() as patch:  # as somebody has it who adds another proxy later
        patch.setenv("LOGWATCHER_USER_HEADER", USER_HEADER)
        server = Server(data, url, ["serve"], [sys.executable, "-c", PROGRAM])
    server.command("user", "add", "ada", "--role", "admin", typed=PASSWORD)
    return server


def _config(folder: Path, plain_port: int, port: int, upstream: str) -> str:
    """The file that is delivered; only names, ports, a time and two rates are the test's."""
    text = CONFIG.read_text()
    live = "/etc/letsencrypt/live/logwatcher.example.com"
    for old, new in {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "server 127.0.0.1:8000;": f"server {urlsplit(upstream).netloc};",
        f"{live}/fullchain.pem": f"{folder}/certificate.pem",
        f"{live}/privkey.pem": f"{folder}/key.pem",
        "proxy_read_timeout 1h;": f"proxy_read_timeout {READ_TIMEOUT_S}s;",
        "rate=30r/m;": "rate=1r/m;",  # no machine is too slow to exceed these
        "rate=100r/s;": "rate=1r/m;",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def _make_certificate(folder: Path) -> Path:
    certificate = folder / "certificate.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    name = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files: list[str | Path] = ["-keyout", folder / "key.pem", "-out", certificate, "-days", "2"]
    program = find_program("openssl", "openssl")
    subprocess.run([program, "req", "-x509", *key, *name, *files], check=True, capture_output=True)
    return certificate
