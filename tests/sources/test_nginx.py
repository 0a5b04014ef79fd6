"""Logs that a real NGINX writes are read while it writes them."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from logwatcher.core.event import Event
from logwatcher.core.formats import FORMATS
from logwatcher.core.route import NO_ROUTE
from logwatcher.core.text import OTHER_METHOD
from logwatcher.sources import tail
from logwatcher.sources.lookout import Lookout
from logwatcher.sources.tail import Follower
from tests.sources import nginx

REQUESTS = [*nginx.REQUESTS, ("GET", "/redirect?status=302", 302, 0)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[nginx.Nginx]:
    with nginx.running(tmp_path) as server:
        yield server


def follow(log: Path, count: int) -> list[Event]:
    """The first events of a log, read as they are written; each line must be one."""

    async def read() -> list[Event]:
        events: list[Event] = []
        batches = tail.follow(Follower(log, "web", FORMATS["combined"].parse), Lookout())
        async with asyncio.timeout(20):
            async for batch in batches:
                assert batch.unmatched == 0
                events += batch.events
                if len(events) >= count:
                    break
        await batches.aclose()
        return events

    return asyncio.run(read())


@pytest.mark.parametrize("log", ["combined_log", "timed_log"])
def test_every_request_is_found_with_what_it_was(server: nginx.Nginx, log: str) -> None:
    before_us = time.time_ns() // 1000 - 1_000_000  # the log's times are whole seconds
    agent = {"User-Agent": 'quotes " and \\ in it', "Referer": "https://example.com/é"}
    for method, target, _, _ in REQUESTS:
        server.request(method, target, headers=agent)
    events = follow(getattr(server, log), len(REQUESTS))
    assert [(event.method, event.path, event.status, event.size) for event in events] == [
        (method, target.split("?")[0], status, size) for method, target, status, size in REQUESTS
    ]
    assert [event.route for event in events[:3]] == [
        "/api/products",
        "/api/products/{id}",
        "/api/orders",
    ]
    assert all(before_us <= event.time_us <= time.time_ns() // 1000 for event in events)


def test_the_latency_is_found_where_the_log_has_it(server: nginx.Nginx) -> None:
    for method, target, _, _ in REQUESTS:
        server.request(method, target)
    durations = [event.duration_us for event in follow(server.timed_log, len(REQUESTS))]
    slow = durations.pop(2)
    assert slow is not None
    assert 120_000 <= slow < 1_000_000
    assert all(duration is not None and 0 <= duration < 120_000 for duration in durations)
    assert {event.duration_us for event in follow(server.combined_log, len(REQUESTS))} == {None}


@pytest.mark.parametrize("log", ["combined_log", "timed_log"])
def test_odd_requests_are_found_too(server: nginx.Nginx, log: str) -> None:
    server.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \xff\r\n\r\n")
    server.send(b"nonsense\r\n\r\n")
    server.send(b'GET /caf\xc3\xa9" HTTP/1.0\r\n\r\n')
    server.send(b"GET http://example.com/items/7?q HTTP/1.0\r\n\r\n")
    server.send(b"BREW /pot HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    server.send(b"GET /old\r\n")
    events = follow(getattr(server, log), 6)
    assert [(event.method, event.route, event.status) for event in events] == [
        (OTHER_METHOD, NO_ROUTE, 400),
        (OTHER_METHOD, NO_ROUTE, 400),
        ("GET", '/café"', 200),
        ("GET", "/items/{id}", 200),
        (OTHER_METHOD, "/pot", 501),
        ("GET", "/old", 200),
    ]


def test_no_request_is_lost_or_found_twice_when_the_log_is_rotated(server: nginx.Nginx) -> None:
    count = 300

    def work() -> None:
        for number in range(count):
            server.request("GET", f"/n/x{number}")
            if number in (100, 200):
                server.timed_log.rename(server.timed_log.with_name(f"timed.log.{number}"))
            if number in (105, 205):
                server.reopen()

    worker = Thread(target=work)
    worker.start()
    events = follow(server.timed_log, count)
    worker.join()
    assert sorted(int(event.path[4:]) for event in events) == list(range(count))
