"""``logwatcher doctor``."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from logwatcher import config
from logwatcher.cli import database
from logwatcher.cli.option import STDIN, Commands
from logwatcher.cli.problem import UsageError, shown

if TYPE_CHECKING:
    from logwatcher.doctor.finding import Finding


def add(commands: Commands) -> None:
    """``logwatcher doctor``."""
    command = commands.add_parser("doctor", help="what is wrong around a server, and what to mend")
    command.add_argument(
        "--url",
        metavar="ADDRESS",
        help="of the page, as browsers have it: whether its stream comes through the proxy",
    )
    command.add_argument(
        "--token", default="", help="that reads, where a login is needed; '-': the first line typed"
    )
    command.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    if options.url:
        _check_url(options.url)
    token = input() if options.token == STDIN else options.token
    has_failed = False
    for finding in _findings(options.url, token):
        print(f"{finding.level:4}  {finding.name}: {shown(finding.text)}", flush=True)
        has_failed |= finding.level == "fail"
    return int(has_failed)


def _check_url(url: str) -> None:
    """Raises UsageError."""
    try:
        address = urlsplit(url)
        is_page = address.scheme in ("http", "https") and address.port != 0 and address.hostname
    except ValueError:
        is_page = None
    if not is_page:
        raise UsageError(f"--url: {url!r} is no address of a page; give one like https://host/")


def _findings(url: str | None, token: str) -> "Iterator[Finding]":
    """One after the other, as they are found."""
    from logwatcher.doctor import live

    yield from _local()
    if url:
        yield from live.findings(url, token)


def _local() -> "Iterator[Finding]":
    """What stands on this machine; without settings there is nothing to look at."""
    from logwatcher.doctor.finding import Finding

    try:
        database.set_up()
        data = config.from_environment().data
    except (config.ConfigError, UsageError) as error:
        yield Finding("fail", "settings", str(error))
        return
    if unknown := config.unknown():
        yield Finding("warn", "settings", f"there is no {', '.join(unknown)}; check the spelling")
    else:
        yield Finding("ok", "settings", "can be used")
    from logwatcher.doctor import database as store
    from logwatcher.doctor import place

    yield from place.findings(data)
    yield from store.findings()
