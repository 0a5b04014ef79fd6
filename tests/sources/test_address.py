"""What is written as an address is listened on, or it is said why not."""

import errno
import socket
from collections.abc import Iterator

import pytest

from logwatcher.sources import address
from logwatcher.sources.address import Address, AddressError, Sockets, open_sockets, read_address


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    opened = open_sockets(Address("127.0.0.1", 0))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("5514", "127.0.0.1", 5514),
        ("127.0.0.1:5514", "127.0.0.1", 5514),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
        ("0.0.0.0:514", "0.0.0.0", 514),  # noqa: S104  # nobody listens
    ],
)
def test_a_port_alone_is_on_this_machine(text: str, host: str, port: int) -> None:
    assert read_address(text) == Address(host, port)


@pytest.mark.parametrize("text", ["", ":5514", "::1:5514", "host", "1:2:3", "65536", "-1", "１"])
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(AddressError, match=f"'{text}' is no address; give a port, or one like"):
        read_address(text)


def test_an_address_is_shown_as_it_is_written() -> None:
    for text in ("127.0.0.1:5514", "[::1]:5514"):
        assert str(read_address(text)) == text


def test_both_sockets_have_the_same_port(sockets: Sockets) -> None:
    assert sockets.udp.getsockname() == sockets.tcp.getsockname() == tuple(sockets.address)
    assert sockets.is_local


def test_much_can_wait_to_be_read(sockets: Sockets) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as usual:
        before = usual.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    assert sockets.udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > before


def test_a_system_that_refuses_to_let_much_wait_is_asked_for_less() -> None:
    class Refusing(socket.socket):
        asked: list[int] = []  # noqa: RUF012  # one socket

        def setsockopt(self, level: int, option: int, value: int) -> None:  # type: ignore[override]  # one of its forms
            self.asked.append(value)
            if value > 1_000_000:
                raise OSError(errno.ENOBUFS, "no buffer space")

    with Refusing(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        address._widen(udp)
    assert Refusing.asked == [4 << 20, 2 << 20, 1 << 20, 1 << 19]


def test_others_can_reach_an_address_of_all(sockets: Sockets) -> None:
    everywhere = open_sockets(Address("0.0.0.0", 0))  # noqa: S104  # closed at once
    assert not everywhere.is_local
    everywhere.close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_an_address_that_is_taken_is_named(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        where = Address(*taken.getsockname())
        with pytest.raises(AddressError, match=f"{where} is taken; try another port"):
            open_sockets(where)


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (Address("nowhere.invalid", 5514), "nowhere.invalid:5514: there is no such host"),
        (Address("a" * 300, 5514), "there is no such host"),
        (Address("192.0.2.1", 5514), "192.0.2.1:5514 can't be used: .*; try another address"),
    ],
)
def test_an_address_that_is_not_there_is_named(where: Address, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        open_sockets(where)


def test_a_port_that_needs_rights_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Sockets:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(address, "_open", refuse)
    with pytest.raises(
        AddressError, match="514 can't be used: Permission denied; try a port above"
    ):
        open_sockets(Address("127.0.0.1", 514))
