"""``watch --syslog`` as its user has it: a real process, real messages, the page's API."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logwatcher.sources.address import Address, read_address
from tests import database
from tests.server import Server, until
from tests.test_cli import TRACEBACK, Program


@pytest.fixture
def program(tmp_path: Path, new_database: Callable[[], str]) -> Program:
    return Program(tmp_path / "data", new_database())


@pytest.fixture
def start(program: Program) -> Iterator[Callable[..., Server]]:
    with ExitStack() as servers:

        def started(*arguments: str) -> Server:
            server = program.server("watch", *arguments)
            servers.callback(lambda: server.is_running and server.kill())
            server.start()
            return server

        yield started


def address(server: Server) -> Address:
    match = re.search(r"syslog on (\S+), UDP and TCP", server.output)
    assert match
    return read_address(match[1])


def line(number: int) -> str:
    now = datetime.fromtimestamp(time.time(), UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.7 - - [{now}] "GET /{number} HTTP/1.1" 200 512 "-" "curl/8" 0.100'


def message(tag: str, number: int) -> bytes:
    return f"<190>Nov 24 10:00:00 web {tag}: {line(number)}".encode()


def send_by_udp(where: Address, *messages: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in messages:
            sender.sendto(data, where)


def send_by_tcp(where: Address, *messages: bytes) -> None:
    with socket.create_connection(where) as sender:
        sender.sendall(b"".join(data + b"\n" for data in messages))


def sources(server: Server) -> list[str]:
    return [source["name"] for source in server.get("/api/sources")["sources"]]


def stored(server: Server) -> int:
    return database.count_requests(server.database_url)


def test_each_tag_is_a_source_beside_the_file(start: Callable[..., Server], tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1) + "\n")
    server = start(str(log), "--syslog", "127.0.0.1:0")
    send_by_udp(address(server), message("shop", 2), message("api", 3))
    send_by_tcp(address(server), message("shop", 4))
    until(lambda: stored(server) == 4)
    assert sorted(sources(server)) == ["access.log", "api", "shop", "syslog"]
    summary = server.get("/api/summary?source=shop")
    assert summary["requests"] == 2
    assert "logwatcher: shop: format combined\n" in server.output
    assert "no passwords" not in server.output
    assert server.stop() == 0
    assert not TRACEBACK.search(server.output)
    assert database.assert_consistent(server.database_url) == 4


def test_a_name_that_is_given_is_the_only_source(start: Callable[..., Server]) -> None:
    server = start("--syslog", "0", "--name", "web", "--format", "combined")
    send_by_udp(address(server), message("shop", 1), message("api", 2), line(3).encode())
    until(lambda: stored(server) == 3)
    assert sources(server) == ["web"]


def test_what_was_sent_is_committed_before_the_end(start: Callable[..., Server]) -> None:
    server = start("--syslog", "0")
    for number in range(0, 3000, 100):
        send_by_udp(address(server), *(message("shop", number + each) for each in range(100)))
    with socket.create_connection(address(server)) as connection:
        connection.sendall(message("shop", 0))
        assert server.stop() == 0
    assert not TRACEBACK.search(server.output)
    assert stored(server) == 3000


def test_lines_that_do_not_match_are_told(start: Callable[..., Server]) -> None:
    server = start("--syslog", "0")
    send_by_udp(address(server), message("shop", 1))
    until(lambda: stored(server) == 1)
    send_by_udp(address(server), b"<190>Nov 24 10:00:00 web shop: nonsense")
    warning = re.compile(r"shop: 1 of 2 lines don't match, the first one because of: ")
    until(lambda: warning.search(server.output))


def test_an_address_that_others_reach_is_warned_of(start: Callable[..., Server]) -> None:
    assert "syslog knows no passwords" in start("--syslog", "0.0.0.0:0").output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("", "give a FILE or --syslog ADDRESS"),
        ("--syslog nowhere", "--syslog: 'nowhere' is no address; give a port, or one like"),
        ("--syslog nowhere.invalid:1", "--syslog: nowhere.invalid:1: there is no such host"),
        ("--syslog 0 --name=", "--name: give 1 to 100 characters"),
    ],
)
def test_what_is_wrong_is_named_on_one_line(program: Program, arguments: str, reason: str) -> None:
    assert reason in program.refused("watch", *arguments.split())


def test_an_address_that_is_taken_is_named_on_one_line(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = Address(*taken.getsockname())
        line = program.refused("watch", "--syslog", str(where), "--port=0")
    assert line == f"logwatcher: --syslog: {where} is taken; try another port"
