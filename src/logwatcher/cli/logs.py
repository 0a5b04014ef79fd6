"""Logs without a page: ``logwatcher import``, ``explain`` and ``formats``."""

import argparse
import glob
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from logwatcher.cli import database, option
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError

MAX_EXPLAINED = 100_000
"""Lines that ``explain`` looks at."""


def add_import(commands: Commands) -> None:
    """``logwatcher import``."""
    command = commands.add_parser("import", help="read old logs, compressed ones too, once each")
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="logs or globs; -: standard input"
    )
    command.add_argument("--name", help="what the page calls them; default: by the file's name")
    command.add_argument("--rejects", type=Path, help="a file for the lines that don't match")
    command.add_argument(
        "--figures-only", action="store_true", help="count the requests, but keep none of them"
    )
    option.add_format(command)
    option.add_privacy(command)
    command.set_defaults(command=_import)


def add_explain(commands: Commands) -> None:
    """``logwatcher explain``."""
    command = commands.add_parser("explain", help="which format a log has, and what doesn't fit it")
    command.add_argument("file", type=Path, help="an access log")
    option.add_format(command)
    command.set_defaults(command=_explain)


def add_formats(commands: Commands) -> None:
    """``logwatcher formats``."""
    command = commands.add_parser("formats", help="all formats with a sample of each")
    command.set_defaults(command=_formats)


def _import(options: argparse.Namespace) -> int:
    paths = _paths(options.files)
    option.chosen_format(options)  # raises UsageError
    option.chosen_zone(options)
    database.set_up()
    from logwatcher import importing

    source = option.source_name(options.name)
    if options.rejects and any(options.rejects.resolve() == path.resolve() for path in paths):
        raise UsageError(f"--rejects: {options.rejects} is one of the logs; name another file")
    policy = option.choose_policy(options)
    database.migrate()
    format_ = None if options.format == option.AUTO else options.format
    try:
        return importing.run(
            paths,
            format_,
            source or None,
            options.rejects,
            policy,
            options.time_zone,
            with_requests=not options.figures_only,
        )
    except importing.Unwritable as error:
        raise UsageError(f"--rejects: {error}") from None


def _paths(names: Sequence[str]) -> list[Path]:
    """The files of these names and globs, each once."""
    paths: dict[Path, None] = {}
    for name in names:
        if name == option.STDIN:
            paths[Path(name)] = None
            continue
        option.check_reachable(Path(name))
        found = [Path(name)] if Path(name).exists() else sorted(map(Path, glob.glob(name)))  # noqa: PTH207
        files = [path for path in found if not path.is_dir()] if len(found) > 1 else found
        for path in files:
            option.check_readable(path)
            paths[path] = None
        if not files:
            raise UsageError(f"{name}: no such file; check the path")
    return list(paths)


def _explain(options: argparse.Namespace) -> int:
    from logwatcher.core.formats import explain
    from logwatcher.sources.lines import first_lines

    option.check_readable(options.file)
    lines = first_lines(options.file, MAX_EXPLAINED)
    _show(explain(lines, option.chosen_format(options), option.chosen_zone(options)))
    return 0


def _formats(_: argparse.Namespace) -> int:
    from logwatcher.core.formats import FORMATS

    _show(
        "\n\n".join(
            f"{format_.name}\n  {format_.about}\n  {format_.sample}" for format_ in FORMATS.values()
        )
    )
    return 0


def _show(text: str) -> None:
    """Print what may be read only in part, as by ``head``."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
