"""``logwatcher watch``."""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from logwatcher.cli import database, option, page
from logwatcher.cli.option import STDIN, Commands
from logwatcher.cli.problem import UsageError, tell

if TYPE_CHECKING:
    from logwatcher.core.formats import Reading
    from logwatcher.follower import Start
    from logwatcher.runtime import Source


def add(commands: Commands) -> None:
    """``logwatcher watch``."""
    command = commands.add_parser("watch", help="follow access logs and serve the page on them")
    command.add_argument(
        "files", nargs="*", metavar="FILE", help="logs, or globs in quotes; -: standard input"
    )
    command.add_argument(
        "--syslog",
        metavar="ADDRESS",
        help="take requests by syslog, too: a port, or an address like 127.0.0.1:5514",
    )
    command.add_argument(
        "--from",
        dest="start",
        default="1h",
        help="where to begin in a log that is new here: start, end or how far back,"
        " such as 30m, 6h, 7d; default: %(default)s",
    )
    command.add_argument("--name", help="one source for all of them; default: each by its own name")
    option.add_format(command)
    option.add_privacy(command)
    page.add_options(command)
    command.set_defaults(command=_watch)


def _watch(options: argparse.Namespace) -> int:
    if not options.files and not options.syslog:
        raise UsageError("watch: give a FILE or --syslog ADDRESS")
    format_, zone = option.chosen_format(options), option.chosen_zone(options)
    start = _start(options.start)
    absent = _check(options.files)
    database.set_up()
    from django.conf import settings

    from logwatcher.core.formats import Reading

    source = option.source_name(options.name)
    reading = Reading(format_, option.choose_policy(options), zone)
    sources: list[Source] = []
    if options.syslog:
        sources.append(_syslog(options.syslog, source, reading))
    database.migrate()
    _check_absent(absent)
    settings.HAS_MOCK_TRAFFIC = False
    sources += _logs(options.files, source, reading, start)
    with page.listen(options) as listener:
        return page.run(sources, listener, options)


def _logs(names: Sequence[str], source: str, reading: "Reading", start: "Start") -> "list[Source]":
    """What reads the files of these names and globs, and standard input if it is among them."""
    from logwatcher.sources.line_reader import LineReader
    from logwatcher.watcher import StandardInput, Watcher

    sources: list[Source] = []
    if STDIN in names:
        reader = LineReader("standard input", source or "stdin", reading, tell)
        sources.append(StandardInput(sys.stdin.fileno(), reader))
    if files := [name for name in names if name != STDIN]:
        sources.append(Watcher(files, source=source, reading=reading, start=start, tell=tell))
    return sources


def _syslog(text: str, name: str, reading: "Reading") -> "Source":
    """What listens there; warns if others than this machine reach it."""
    from logwatcher.sources.address import AddressError, open_sockets, read_address
    from logwatcher.sources.sender import Senders
    from logwatcher.sources.syslog import Syslog

    try:
        sockets = open_sockets(read_address(text))
    except AddressError as error:
        raise UsageError(f"--syslog: {error}") from None
    tell(f"syslog on {sockets.address}, UDP and TCP")
    if not sockets.is_local:
        tell(
            "syslog knows no passwords: whoever reaches this address can write;"
            " let a firewall choose who does"
        )
    return Syslog(sockets, Senders(name, reading, tell))


def _check(names: Sequence[str]) -> list[Path]:
    """The files that aren't there. Raises UsageError for what can't be followed."""
    from logwatcher.sources import discovery

    files = [name for name in names if name != STDIN]
    absent = []
    for name in files:
        option.check_reachable(Path(name))
        if Path(name).is_dir():
            raise UsageError(f"{name}: a folder; name files, or a glob in quotes: '{name}/*.log'")
        if discovery.is_glob(name):
            continue
        if os.path.lexists(name):
            option.check_readable(Path(name))
        else:
            absent.append(Path(name))
    if files and not discovery.find(files):
        if old := [name for name in files if not discovery.is_glob(name)]:
            raise UsageError(f"{old[0]}: an old log; add it by: logwatcher import {old[0]}")
        tell(f"no file matches {' or '.join(files)} yet; it is waited for")
    return absent


def _check_absent(paths: Sequence[Path]) -> None:
    """Raises UsageError unless they were followed before: a rotation takes a log away a while."""
    from logwatcher.store import reader
    from logwatcher.watcher import input_name

    for path in paths:
        if reader.position(input_name(path.absolute())) is None:
            raise UsageError(f"{path}: no such file; check the path")
        tell(f"{path} is not there; it is waited for")


def _start(text: str) -> "Start":
    """Where ``--from`` says to begin."""
    from logwatcher.follower import Start

    if text in ("start", "end"):
        return Start(from_end=text == "end")
    match = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
    if not match:
        raise UsageError(
            f"--from: can't use {text!r}; give start, end or how far back: 30m, 6h, 7d"
        )
    seconds = int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    return Start(since_us=int((time.time() - seconds) * 1e6))
