"""``logwatcher demo`` and ``serve``, and what all commands that serve the page share."""

import argparse
import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from logwatcher.cli import database, option, traffic
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError, tell

if TYPE_CHECKING:
    from logwatcher.runtime import Source

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
MAX_WORKERS = 64


def add_demo(commands: Commands) -> None:
    """``logwatcher demo``."""
    command = commands.add_parser("demo", help="the page with mock traffic at hand, on SQLite")
    command.add_argument("--start", action="store_true", help="start the mock traffic at once")
    traffic.add_options(command)
    option.add_privacy(command)
    add_options(command)
    command.set_defaults(command=_demo)


def add_serve(commands: Commands) -> None:
    """``logwatcher serve``."""
    command = commands.add_parser("serve", help="the page on the database of DATABASE_URL")
    option.add_privacy(command)
    add_options(command)
    command.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the work; default: %(default)s",
    )
    command.set_defaults(command=_serve)


def add_options(command: argparse.ArgumentParser) -> None:
    """Where the page is, and for whom."""
    command.add_argument(
        "--host",
        default=DEFAULT_HOST,
        metavar="ADDRESS",
        help="an IP address of this machine, or 0.0.0.0 for all of them; default: %(default)s",
    )
    command.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    command.add_argument(
        "--public", action="store_true", help="anybody may view; the rest needs a login"
    )
    command.add_argument("--open", action="store_true", help="open the page in a browser")
    option.add_log_format(command)
    command.set_defaults(workers=1)


def listen(options: argparse.Namespace) -> socket.socket:
    """Where the options say, and from now on the settings, too. Raises UsageError."""
    from django.conf import settings

    from logwatcher import server

    host = _host(options.host)
    settings.IS_LOCAL, settings.IS_PUBLIC = host.is_loopback, options.public
    _check_users(options)
    settings.ALLOWED_HOSTS += _names(host)
    if options.worker:
        settings.WORKER = options.worker.number
        settings.WORKER_SOCKETS = options.worker.sockets(options.workers)
        listener: socket.socket = options.worker.listener
        return listener
    try:
        return server.listen(str(host), options.port)
    except (server.PortTaken, server.HostError) as error:
        raise UsageError(str(error)) from None


def _host(text: str) -> "ipaddress.IPv4Address | ipaddress.IPv6Address":
    """Raises UsageError."""
    try:
        return ipaddress.ip_address("127.0.0.1" if text == "localhost" else text.strip("[]"))
    except ValueError:
        raise UsageError(
            f"--host: {text!r} is no IP address; give one of this machine's, or 0.0.0.0 for all"
        ) from None


def _names(host: "ipaddress.IPv4Address | ipaddress.IPv6Address") -> list[str]:
    """What the page may be asked for by, besides this machine's own names for itself."""
    if host.is_loopback:
        return []
    if not host.is_unspecified:
        return [f"[{host}]" if host.version == 6 else str(host)]
    names = [socket.gethostname().lower()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing, but tells which address others see
        names.append(probe.getsockname()[0])
    return names


def _check_users(options: argparse.Namespace) -> None:
    """Nobody else's machine is served without a login. Raises UsageError."""
    from django.conf import settings

    from logwatcher.store import user

    if not (settings.IS_LOCAL or settings.IS_PUBLIC or settings.USER_HEADER or user.exists()):
        raise UsageError(
            f"--host {options.host}: there are no users yet, so anybody could do anything; add one"
            " by: logwatcher user add NAME --role admin, or let anybody view by --public"
        )


def run(sources: "Sequence[Source]", listener: socket.socket, options: argparse.Namespace) -> int:
    """Serve the page until told to stop; returns the exit code."""
    from logwatcher import server

    if options.worker:
        return server.run(sources, listener, on_ready=options.worker.report_ready)

    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def announce() -> None:
        tell(f"{address} (Ctrl-C ends it)")
        if options.open:
            import webbrowser

            webbrowser.open(address)

    if options.workers > 1:
        code = _supervise(listener, options, announce)
    else:
        code = server.run(sources, listener, announce)
    tell("stopped")
    return code


def _supervise(
    listener: socket.socket, options: argparse.Namespace, announce: Callable[[], None]
) -> int:
    from django.db import connections

    from logwatcher.supervisor import Supervisor

    connections.close_all()  # what was checked before is all that this process asks
    return Supervisor(options.workers, options.arguments, listener).run(announce)


def _check_workers(count: int) -> None:
    """Raises UsageError."""
    if not 1 <= count <= MAX_WORKERS:
        raise UsageError(f"--workers: {count} won't do; give 1 to {MAX_WORKERS}, about one a core")
    if count > 1 and os.name != "posix":
        raise UsageError("--workers: this system can't hand a socket to several; leave it out")


def _demo(options: argparse.Namespace) -> int:
    database.set_up()
    from logwatcher.generator import Generator

    option.choose_policy(options)
    database.migrate()
    with listen(options) as listener:
        traffic.change(options)
        return run([Generator()], listener, options)


def _serve(options: argparse.Namespace) -> int:
    _check_workers(options.workers)
    database.set_up()
    from logwatcher.generator import Generator

    option.choose_policy(options)
    database.check()
    with listen(options) as listener:
        return run([Generator()], listener, options)
