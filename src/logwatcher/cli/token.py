"""``logwatcher token``."""

import argparse
import sys
from datetime import UTC, datetime

from logwatcher.cli import database
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError


def add(commands: Commands) -> None:
    """``logwatcher token``."""
    command = commands.add_parser(
        "token", help="which programs may send requests, and as which source, or read"
    )
    actions = command.add_subparsers(title="actions", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a token and show it, this once")
    create.add_argument(
        "source",
        nargs="?",
        default="",
        help="what the page calls the requests sent with it; '*': OpenTelemetry's service.name",
    )
    create.add_argument(
        "--scope",
        choices=("write", "read"),
        default="write",
        help="write: send requests of the source; read: the API and the stream; default: write",
    )
    create.add_argument("--name", default="", help="for whom it is, as a reminder")
    create.set_defaults(command=_create)
    actions.add_parser("list", help="all tokens, without their secrets").set_defaults(command=_list)
    revoke = actions.add_parser("revoke", help="end a token")
    revoke.add_argument("id", type=int, help="its number in the list")
    revoke.set_defaults(command=_revoke)


def _create(options: argparse.Namespace) -> int:
    database.set_up()
    from logwatcher.core.event import MAX_SOURCE
    from logwatcher.core.text import clean
    from logwatcher.store import token

    is_reader = options.scope == token.READ
    if is_reader and options.source:
        raise UsageError("source: a token that reads has none; leave it out")
    for field in ("source", "name"):
        given = getattr(options, field)
        is_missing = field == "source" and not given and not is_reader
        if given != clean(given, MAX_SOURCE).strip() or is_missing:
            raise UsageError(f"{field}: give at most {MAX_SOURCE} printable characters")
    database.migrate()
    token_id, text = token.create(options.source, options.name, options.scope)
    print(text)
    print(f"token {token_id}; it is not shown again", file=sys.stderr)
    return 0


def _list(_: argparse.Namespace) -> int:
    database.set_up()
    database.check()
    from logwatcher.store import token

    for row in token.rows():
        created = datetime.fromtimestamp(row.created_us // 1_000_000, UTC)
        print(f"{row.pk}\t{row.source or '(reads)'}\t{created:%Y-%m-%d %H:%M} UTC\t{row.name}")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    database.set_up()
    database.check()
    from logwatcher.store import token

    if not token.revoke(options.id):
        raise UsageError(f"there is no token {options.id}; see: logwatcher token list")
    print(f"token {options.id} is revoked")
    return 0
