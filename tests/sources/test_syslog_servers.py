"""What NGINX, HAProxy and logger send by syslog is found: every request, with what it was."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logwatcher.core.event import Batch, Event
from logwatcher.sources.address import Address, Sockets, open_sockets
from logwatcher.sources.sender import Senders
from logwatcher.sources.syslog import Syslog
from tests.sources.nginx import Client, find_program, free_port, upstream, wait_for
from tests.sources.server import NGINX_JSON

REQUESTS = [
    ("GET", "/api/products?size=1234", 200, 1234),
    ("GET", "/api/products/4632?status=404&size=9", 404, 9),
    ("POST", "/api/orders?status=201&size=64&delay=0.12", 201, 64),
    ("PUT", "/api/users/5107?status=503&size=5", 503, 5),
    ("DELETE", "/api/orders/7765?status=204", 204, 0),
    ("GET", "/caf%C3%A9/a%20b", 200, 0),
    ("GET", "/long/" + "x" * 1500, 200, 0),
]
NGINX = """
{user}
daemon off;
worker_processes 2;
pid nginx.pid;
error_log syslog:server={syslog},tag=shop info;
events {{ worker_connections 128; }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status '
                     '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time';
    log_format json escape=json '{json}';
    access_log syslog:server={syslog},tag=shop timed;
    access_log syslog:server={syslog},tag=shop_json,nohostname,facility=local0 json;
    access_log syslog:server={syslog} combined;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""
HAPROXY = """
global
    {log}
    tune.http.logurilen 4096
defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind 127.0.0.1:{port}
    default_backend app
backend app
    server one 127.0.0.1:{upstream}
{ring}
"""
RING = """
ring syslog
    format {format}
    maxlen 4096
    size 1048576
    timeout connect 5s
    timeout server 10s
    server logwatcher {syslog}{proto}
"""
LOGS = {
    "udp": ("log {syslog} len 4096 local0", ""),
    "udp, RFC 5424": ("log {syslog} len 4096 format rfc5424 local0\n log-send-hostname", ""),
    "udp, ISO": ("log {syslog} len 4096 format iso local0", ""),
    "udp, priority": ("log {syslog} len 4096 format priority local0", ""),
    "tcp": (
        "log ring@syslog len 4096 local0",
        RING.replace("{format}", "rfc3164").replace("{proto}", ""),
    ),
    "tcp, with lengths": (
        "log ring@syslog len 4096 local0",
        RING.replace("{format}", "rfc5424").replace("{proto}", " log-proto octet-count"),
    ),
}


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    opened = open_sockets(Address("127.0.0.1", 0))
    yield opened
    opened.close()


@contextmanager
def running(program: list[str], folder: Path, port: int) -> Iterator[Client]:
    """A server in front of the small one; its client waits until it listens."""
    process = subprocess.Popen(program, cwd=folder, env={**os.environ, "TZ": "UTC"})
    try:
        wait_for(port, process)
        yield Client(port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def collect(sockets: Sockets, counts: dict[str, int]) -> dict[str, list[Event]]:
    """The events of each source, once there are so many of each."""
    found: dict[str, list[Event]] = {source: [] for source in counts}

    async def put(batch: Batch) -> None:
        if batch.events:
            found.setdefault(batch.source, []).extend(batch.events)

    async def body() -> None:
        source = Syslog(sockets, Senders())
        task = asyncio.create_task(source(put))
        async with asyncio.timeout(20):
            while any(len(found[name]) < count for name, count in counts.items()):
                await asyncio.sleep(0.02)
                assert not task.done()
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(body())
    assert found.keys() == counts.keys()
    return found


def check(
    events: list[Event], *, has_headers_in_size: bool = False, has_latency: bool = True
) -> None:
    by_path = {event.path: event for event in events}
    assert len(by_path) == len(events) == len(REQUESTS)
    for method, target, status, size in REQUESTS:
        event = by_path[target.split("?")[0]]
        assert (event.method, event.status) == (method, status)
        assert event.size is not None
        assert event.size > size if has_headers_in_size else event.size == size
        assert abs(event.time_us - time.time_ns() // 1000) < 60_000_000
        if not has_latency:
            assert event.duration_us is None
            continue
        assert event.duration_us is not None
        least = 120_000 if "delay" in target else 0
        assert least <= event.duration_us < 5_000_000


def test_every_request_of_nginx_is_found(tmp_path: Path, sockets: Sockets) -> None:
    program = find_program("nginx", "nginx-light")
    port = free_port()
    with upstream() as upstream_port:
        (tmp_path / "nginx.conf").write_text(
            NGINX.format(
                user="user root;" if os.geteuid() == 0 else "",
                port=port,
                upstream=upstream_port,
                syslog=sockets.address,
                json=NGINX_JSON,
            )
        )
        arguments = [program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        with running(arguments, tmp_path, port) as server:
            for method, target, _, _ in REQUESTS:
                server.request(method, target, headers={"User-Agent": 'a "b" \\ é'})
            found = collect(sockets, dict.fromkeys(["shop", "shop_json", "nginx"], len(REQUESTS)))
    check(found["shop"])
    check(found["shop_json"])
    check(found["nginx"], has_latency=False)


@pytest.mark.parametrize("name", LOGS)
def test_every_request_of_haproxy_is_found(tmp_path: Path, sockets: Sockets, name: str) -> None:
    program = find_program("haproxy", "haproxy")
    port = free_port()
    log, ring = (part.replace("{syslog}", str(sockets.address)) for part in LOGS[name])
    source = "syslog" if name in ("udp, ISO", "udp, priority") else "haproxy"
    with upstream() as upstream_port:
        config = tmp_path / "haproxy.cfg"
        config.write_text(HAPROXY.format(log=log, ring=ring, port=port, upstream=upstream_port))
        with running([program, "-f", str(config), "-db"], tmp_path, port) as server:
            for method, target, _, _ in REQUESTS:
                server.request(method, target)
            found = collect(sockets, {source: len(REQUESTS)})
    check([event for event in found[source] if event.status], has_headers_in_size=True)


LINE = '192.0.2.7 - - [24/Nov/2026:10:00:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "-" 0.100'


@pytest.mark.parametrize("form", ["--rfc3164", "--rfc5424"])
@pytest.mark.parametrize("way", ["--udp", "--tcp", "--tcp --octet-count"])
def test_every_line_of_logger_is_found(
    sockets: Sockets, form: str, way: str, tmp_path: Path
) -> None:
    program = find_program("logger", "bsdutils")
    host, port = sockets.address
    log = tmp_path / "log"
    log.write_text("".join(LINE.format(number) + "\n" for number in range(300)))
    options = ["-n", host, "-P", str(port), form, *way.split(), "-t", "shop", "-f", str(log)]
    sending = subprocess.Popen([program, *options])
    events = collect(sockets, {"shop": 300})["shop"]
    assert sending.wait(timeout=20) == 0
    assert sorted(int(event.path[1:]) for event in events) == list(range(300))
