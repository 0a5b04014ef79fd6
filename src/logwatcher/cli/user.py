"""``logwatcher user``."""

import argparse
import sys
from getpass import getpass
from typing import TYPE_CHECKING

from logwatcher.cli import database
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError, tell

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROLES = ("viewer", "operator", "admin")
MAX_PASSWORD = 1000


def add(commands: Commands) -> None:
    """``logwatcher user``."""
    command = commands.add_parser("user", help="who may log in, and what each may do")
    actions = command.add_subparsers(title="actions", required=True, metavar="ACTION")
    create = actions.add_parser("add", help="add a user; the password is asked for")
    create.add_argument("name", help="with which the user logs in")
    create.add_argument("--role", choices=ROLES, default="viewer", help="default: %(default)s")
    create.set_defaults(command=_add)
    actions.add_parser("list", help="all users and their roles").set_defaults(command=_list)
    for name, help_, action in (
        ("remove", "remove a user", _remove),
        ("password", "give a user another password; it is asked for", _password),
    ):
        command = actions.add_parser(name, help=help_)
        command.add_argument("name", help="of the user")
        command.set_defaults(command=action)
    role = actions.add_parser("role", help="give a user another role")
    role.add_argument("name", help="of the user")
    role.add_argument(
        "role",
        choices=ROLES,
        help="viewer: sees all; operator: also traffic and tokens; admin: also users",
    )
    role.set_defaults(command=_role)


def _add(options: argparse.Namespace) -> int:
    database.set_up()
    database.migrate()
    from django.core.exceptions import ValidationError

    from logwatcher.store import user

    try:
        user.check_name(options.name)
        user.create(options.name, _ask_password(), user.Role(options.role))
    except ValidationError as error:
        raise UsageError(user.reasons(error)) from None
    print(f"{options.name} is added, as {options.role}")
    return 0


def _list(_: argparse.Namespace) -> int:
    database.set_up()
    database.check()
    from logwatcher.store import user

    for row in user.rows():
        seen = f"{row.last_login:%Y-%m-%d %H:%M} UTC" if row.last_login else "never"
        print(f"{row.username}\t{user.role(row)}\t{seen}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    _find(options.name).delete()
    print(f"{options.name} is removed")
    from logwatcher.store import user

    if not user.exists():
        tell("no user is left: on this machine the page needs no login now")
    return 0


def _password(options: argparse.Namespace) -> int:
    found = _find(options.name)
    from django.core.exceptions import ValidationError

    from logwatcher.store import user

    try:
        user.set_password(found, _ask_password())
    except ValidationError as error:
        raise UsageError(user.reasons(error)) from None
    print(f"the password of {options.name} is changed, and its sessions are ended")
    return 0


def _role(options: argparse.Namespace) -> int:
    found = _find(options.name)
    from logwatcher.store import user

    user.set_role(found, user.Role(options.role))
    print(f"{options.name} is {options.role}")
    return 0


def _find(name: str) -> "User":
    """Raises UsageError."""
    database.set_up()
    database.check()
    from logwatcher.store import user

    try:
        return user.find(name)
    except user.NoSuchUser:
        raise UsageError(f"there is no user {name!r}; see: logwatcher user list") from None


def _ask_password() -> str:
    """Twice, without showing it; a line where nobody can be asked. Raises UsageError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(MAX_PASSWORD).removesuffix("\n")
    try:
        password = getpass("Password: ")
        again = getpass("Once more: ")
    except EOFError:
        raise UsageError("no password was given") from None
    if password != again:
        raise UsageError("the two passwords differ; try again")
    return password
