"""What NGINX, HAProxy and logger send by syslog is found: every request, with what it was."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from logwatcher.core.event import Batch, Event
from logwatcher.sources.address import Address, Sockets, open_sockets
from logwatcher.sources.sender import Senders
from logwatcher.sources.syslog import Syslog
from tests.programs import find_program
from tests.sources import nginx
from tests.sources.nginx import Client, free_port, started, upstream
from tests.sources.server import HAPROXY, NGINX_JSON

REQUESTS = [*nginx.REQUESTS, ("GET", "/long/" + "x" * 1500, 200, 0)]
NGINX = f"""{nginx.TIMED}
    log_format json escape=json '{NGINX_JSON}';
    error_log syslog:server={{syslog}},tag=shop info;
    access_log syslog:server={{syslog}},tag=shop timed;
    access_log syslog:server={{syslog}},tag=shop_json,nohostname,facility=local0 json;
    access_log syslog:server={{syslog}} combined;
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
            nginx.CONFIG.format(
                user=nginx.USER,
                workers=2,
                logs=NGINX.replace("{syslog}", str(sockets.address)),
                port=port,
                upstream=upstream_port,
            )
        )
        arguments = [program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        with started(arguments, tmp_path, port):
            for method, target, _, _ in REQUESTS:
                Client(port).request(method, target, headers={"User-Agent": 'a "b" \\ é'})
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
        with started([program, "-f", str(config), "-db"], tmp_path, port):
            for method, target, _, _ in REQUESTS:
                Client(port).request(method, target)
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
