"""Where to listen: what a user writes, as sockets that have the address for themselves."""

import errno
import ipaddress
import re
import socket
from typing import NamedTuple

LOOPBACK = "127.0.0.1"
BACKLOG = 128
RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes that the system keeps until they are read; it may allow less."""

_ADDRESS = re.compile(r"(?:(?:\[([^\[\]]+)\]|([^\[\]:]+)):)?(\d{1,5})", re.ASCII)
_TRIES = 20


class AddressError(ValueError):
    """An address that can't be listened on: says which one, why and what to do."""


class Address(NamedTuple):
    """A host, by name or number, and a port; 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Sockets(NamedTuple):
    """Both have the same port.

    Attributes:
        tcp: listens.
        udp: receives.
    """

    tcp: socket.socket
    udp: socket.socket

    @property
    def address(self) -> Address:
        """Where they are."""
        host, port = self.tcp.getsockname()[:2]
        return Address(host, port)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches them."""
        return ipaddress.ip_address(self.address.host.partition("%")[0]).is_loopback

    def close(self) -> None:
        """Give the address up."""
        self.tcp.close()
        self.udp.close()


def read_address(text: str) -> Address:
    """``5514``, ``127.0.0.1:5514``, ``localhost:5514`` or ``[::1]:5514``.

    Raises:
        AddressError: it is none.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[3]) > 65_535:
        raise AddressError(f"{text!r} is no address; give a port, or one like 127.0.0.1:5514")
    return Address(match[1] or match[2] or LOOPBACK, int(match[3]))


def open_sockets(address: Address) -> Sockets:
    """Sockets that listen there.

    Raises:
        AddressError: they can't.
    """
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        raise AddressError(f"{address}: there is no such host; check the name") from None
    family, where = found[0][0], found[0][4][0]
    for _ in range(_TRIES if address.port == 0 else 1):
        try:
            return _open(family, str(where), address.port)
        except OSError as error:
            reason = error
    if reason.errno == errno.EADDRINUSE:
        raise AddressError(f"{address} is taken; try another port")
    hint = "; try a port above 1023" if reason.errno == errno.EACCES else "; try another address"
    raise AddressError(f"{address} can't be used: {reason.strerror}{hint}")


def _open(family: int, host: str, port: int) -> Sockets:
    tcp = socket.socket(family, socket.SOCK_STREAM)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    sockets = Sockets(tcp, udp)
    try:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for one in sockets:
            one.setblocking(False)
            one.bind((host, port))
            port = one.getsockname()[1]
        tcp.listen(BACKLOG)
        _widen(udp)
    except OSError:
        sockets.close()
        raise
    return sockets


def _widen(udp: socket.socket) -> None:
    """Let as much wait as the system allows: Linux takes its own bound instead, others refuse."""
    size = RECEIVE_BUFFER
    while size > udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF):
        try:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        except OSError:
            size //= 2
        else:
            return
