"""What NGINX, Apache, HAProxy and Squid write is read: every request, with what it was."""

import time
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from logwatcher.core.event import Event
from logwatcher.core.formats import AutoParse, detect, find_format
from logwatcher.core.formats.request import without_origin
from logwatcher.core.privacy import FULL, Policy
from logwatcher.sources.lines import Tally, first_lines, read_events
from tests.sources.nginx import REQUESTS
from tests.sources.server import SERVERS, Log, RunningServer, running

NO_QUERY = {"squid"}  # unless strip_query_terms is off
NO_AGENT = {"common", "both", "output", "squid"}
AGENT = {"User-Agent": 'quotes " and \\ in it', "Referer": "https://example.com/é"}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with running(request.param) as server:
        for method, target, _, _ in REQUESTS:
            server.request(method, target, headers=AGENT)
        for line in [b"\x16\x03\x01\x02 \xff", b"nonsense", b"BREW /pot HTTP/1.1\r\nHost: a"]:
            server.send(line + b"\r\nConnection: close\r\n\r\n")
        yield server


def written(server: RunningServer, name: str) -> list[str]:
    """The lines of a log, once all requests are there."""
    for _ in range(100):
        lines = first_lines(server.log(name), 1000)
        if len([line for line in lines if line]) >= len(REQUESTS) + 2:
            break
        time.sleep(0.05)
    return lines


def check(server: RunningServer, log: Log, events: list[Event]) -> None:
    """Apache's %U is unquoted, HAProxy and Squid count the headers' bytes too."""
    found = [event for event in events if event.status and event.path != "/pot"]
    found = [event for event in found if event.method != "_OTHER" and "error:" not in event.path]
    # Several of a server's processes may log in another order than they were asked.
    found.sort(key=lambda event: (event.method, unquote(without_origin(event.path))))
    sent = sorted(REQUESTS, key=lambda of: (of[0], unquote(of[1].split("?")[0])))
    assert [
        (event.method, unquote(without_origin(event.path)), event.status) for event in found
    ] == [(method, unquote(target.split("?")[0]), status) for method, target, status, _ in sent]
    for event, (_, target, status, size) in zip(found, sent, strict=True):
        assert (event.size or 0) == size or (server.server.has_headers_in_size and status)
        assert (event.size or 0) >= size
        assert server.started_us - 1_000_000 <= event.time_us <= time.time_ns() // 1000 + 1_000_000
        if not log.has_latency:
            assert event.duration_us is None
            continue
        assert event.duration_us is not None
        least = 120_000 if "delay" in target else 0
        assert least - log.step_us < event.duration_us < 5_000_000


def test_every_request_is_found_with_what_it_was(server: RunningServer) -> None:
    for name, log in server.server.logs.items():
        lines = written(server, name)
        tally = Tally()
        events = read_events(
            [line.encode() for line in lines], find_format(log.format).reader(), tally
        )
        assert (tally.unmatched, tally.samples) == (0, []), name
        assert tally.matched >= len(REQUESTS) + 2
        check(server, log, events)


def test_the_format_is_found_by_the_lines(server: RunningServer) -> None:
    for name, log in server.server.logs.items():
        if not log.format.isidentifier():
            continue
        lines = written(server, name)
        detection = detect(lines)
        assert detection.format is not None, name
        assert detection.format.name == log.format, name
        assert detection.fits[0].lines == detection.lines == len(lines), name
        tally = Tally()
        read_events([line.encode() for line in lines], AutoParse(lines), tally)
        assert tally.unmatched == 0, name


def test_client_query_and_agent_are_read_if_they_are_kept(server: RunningServer) -> None:
    targets = {target for _, target, _, _ in REQUESTS}
    for name, log in server.server.logs.items():
        parse = find_format(log.format).reader(Policy(FULL, keeps_query=True))
        events = read_events([line.encode() for line in written(server, name)], parse, Tally())
        assert {event.client for event in events} == {"127.0.0.1"}, name
        found = {unquote(without_origin(event.path)).removesuffix("?") for event in events}
        kept = {target.split("?")[0] for target in targets} if name in NO_QUERY else targets
        assert {unquote(target) for target in kept} <= found, name
        assert {event.agent for event in events} <= {"", "other"}, name
        assert ("other" in {event.agent for event in events}) == (name not in NO_AGENT), name
