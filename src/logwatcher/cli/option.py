"""Options that several commands have, and what they choose."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logwatcher import config
from logwatcher.cli.problem import UsageError
from logwatcher.core.privacy import MODES

if TYPE_CHECKING:
    from datetime import tzinfo
    from types import TracebackType

    from logwatcher.core.formats import Format
    from logwatcher.core.privacy import Policy

AUTO = "auto"
STDIN = "-"

Commands = Any  # argparse's action that makes subparsers has no public type


def add_format(command: argparse.ArgumentParser) -> None:
    """How lines are read."""
    command.add_argument(
        "--format",
        default=AUTO,
        help="its name, a log_format, a LogFormat or JSON keys; default: found by the lines",
    )
    command.add_argument(
        "--time-zone",
        default="local",
        metavar="ZONE",
        help="of times without an offset, like Europe/Berlin or UTC; default: this machine's",
    )


def add_privacy(command: argparse.ArgumentParser) -> None:
    """What is kept of persons."""
    command.add_argument(
        "--client-ip",
        choices=MODES,
        help="what is kept of a client's address; default: LOGWATCHER_CLIENT_IP, or none",
    )
    command.add_argument("--query-strings", action="store_true", help="keep them in paths")


def add_log_format(command: argparse.ArgumentParser) -> None:
    """How what the process says of itself is written."""
    command.add_argument(
        "--log-format",
        choices=config.LOG_FORMATS,
        help="of standard error: text, or json, an object a line; default: LOGWATCHER_LOG_FORMAT",
    )


def choose_log_format(options: argparse.Namespace) -> None:
    """What the option says, else the setting; JSON from now on also for what goes wrong badly."""
    if "log_format" not in options:
        return
    if options.log_format:
        config.choose("LOGWATCHER_LOG_FORMAT", options.log_format)
    if config.from_environment().log_format != "text":
        import logging.config

        from logwatcher import journal

        logging.config.dictConfig(journal.configuration(journal.JSON))
        logging.captureWarnings(True)
        sys.excepthook = _log_exception


def _log_exception(
    kind: type[BaseException], error: BaseException, traceback: "TracebackType | None"
) -> None:
    import logging

    logging.getLogger("logwatcher").critical(
        "logwatcher ends because of a bug", exc_info=(kind, error, traceback)
    )


def chosen_format(options: argparse.Namespace) -> "Format | None":
    """None: it is to be found. Raises UsageError."""
    from logwatcher.core.formats import FormatError, find_format

    if options.format == AUTO:
        return None
    try:
        return find_format(options.format)
    except FormatError as error:
        raise UsageError(f"--format: {error}") from None


def chosen_zone(options: argparse.Namespace) -> "tzinfo":
    """Raises UsageError."""
    from logwatcher.sources.zone import ZoneError, find_zone

    try:
        return find_zone(options.time_zone)
    except ZoneError as error:
        raise UsageError(f"--time-zone: {error}") from None


def choose_policy(options: argparse.Namespace) -> "Policy":
    """What the settings say, where no option says otherwise; from now on all settings say so."""
    from django.conf import settings

    default: Policy = settings.PRIVACY
    policy = replace(
        default,
        client=options.client_ip or default.client,
        keeps_query=options.query_strings or default.keeps_query,
    )
    settings.PRIVACY = policy
    return policy


def source_name(name: str | None) -> str:
    """The name given for a source; empty: none is given. Raises UsageError."""
    from logwatcher.core.event import MAX_SOURCE
    from logwatcher.core.text import clean

    if name is not None and not 0 < len(name) <= MAX_SOURCE:
        raise UsageError(f"--name: give 1 to {MAX_SOURCE} characters")
    return clean(name or "", MAX_SOURCE)


def check_reachable(path: Path) -> None:
    """Raises UsageError if nobody here may look whether it is there."""
    try:
        path.lstat()
    except PermissionError:
        raise UsageError(f"{path}: its folder can't be entered; mend the rights") from None
    except OSError:
        return  # whoever opens it says why


def check_readable(path: Path) -> None:
    """Raises UsageError."""
    check_reachable(path)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UsageError(f"{path}: not a file that can be read; check the path and rights")
