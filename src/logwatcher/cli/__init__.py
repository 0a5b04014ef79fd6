"""The command line. Django and the rest are imported by the command that needs them."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from logwatcher import __version__
from logwatcher.cli import database, doctor, logs, option, page, store, token, traffic, user, watch
from logwatcher.cli.problem import UsageError, shown, tell
from logwatcher.config import ConfigError

if TYPE_CHECKING:
    from logwatcher.cli.worker import Worker

COMMANDS = (
    page.add_demo,
    watch.add,
    logs.add_import,
    logs.add_explain,
    logs.add_formats,
    page.add_serve,
    traffic.add,
    token.add,
    user.add,
    database.add_migrate,
    store.add,
    doctor.add,
)
"""Each adds one command, in the order of ``--help``."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, not after all that could be right."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {shown(message)}; see: {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None, worker: "Worker | None" = None) -> int:
    """Run one command; returns the exit code: 0, 1 after a bug, 2 for what the user can mend.

    Args:
        arguments: of the command line; default: this process's.
        worker: this process, if it is one of several that run the same command.
    """
    # Else numpy starts a thread per core to multiply matrices, which nothing here does.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251  # set, not read
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    options.arguments, options.worker = arguments, worker
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        option.choose_log_format(options)
        return command(options)
    except (UsageError, ConfigError) as error:
        tell(str(error), is_error=True)
        return 2
    except KeyboardInterrupt:
        return 0


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = Parser(prog="logwatcher", description="Your HTTP traffic, live, on one page.")
    top.add_argument("--version", action="version", version=f"logwatcher {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    return top
