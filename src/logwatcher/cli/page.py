"""``logwatcher demo`` and ``serve``, and what all commands that serve the page share."""

import argparse
import socket
import sys
import webbrowser
from collections.abc import Sequence
from typing import TYPE_CHECKING

from logwatcher.cli import database, option, traffic
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError

if TYPE_CHECKING:
    from logwatcher.runtime import Source

DEFAULT_PORT = 8000


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
    command.set_defaults(command=_serve)


def add_options(command: argparse.ArgumentParser) -> None:
    """Where the page is."""
    command.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    command.add_argument("--open", action="store_true", help="open the page in a browser")


def listen(port: int) -> socket.socket:
    """On this machine only. Raises UsageError."""
    from logwatcher import server

    try:
        return server.listen(port)
    except server.PortTaken as error:
        raise UsageError(str(error)) from None


def run(sources: "Sequence[Source]", listener: socket.socket, options: argparse.Namespace) -> int:
    """Serve the page until told to stop; returns the exit code."""
    from logwatcher import server

    host, port = listener.getsockname()
    address = f"http://{host}:{port}"

    def announce() -> None:
        print(f"logwatcher: {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)
        if options.open:
            webbrowser.open(address)

    code = server.run(sources, listener, announce)
    print("logwatcher: stopped", file=sys.stderr)
    return code


def _demo(options: argparse.Namespace) -> int:
    database.set_up()
    from logwatcher.generator import Generator

    option.choose_policy(options)
    database.migrate()
    with listen(options.port) as listener:
        traffic.change(options)
        return run([Generator()], listener, options)


def _serve(options: argparse.Namespace) -> int:
    database.set_up()
    from logwatcher.generator import Generator

    option.choose_policy(options)
    database.check()
    with listen(options.port) as listener:
        return run([Generator()], listener, options)
