"""The command line. Django and the rest are imported by the command that needs them."""

import argparse
import glob
import os
import re
import signal
import socket
import sys
import time
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from logwatcher import __version__, config
from logwatcher.config import ConfigError
from logwatcher.core.privacy import MODES

if TYPE_CHECKING:
    from datetime import tzinfo

    from logwatcher.core.formats import Format, Reading
    from logwatcher.core.privacy import Policy
    from logwatcher.follower import Start
    from logwatcher.runtime import Source

DEFAULT_PORT = 8000
AUTO = "auto"
STDIN = "-"
MAX_EXPLAINED = 100_000
"""Lines that ``explain`` looks at."""
MAX_MESSAGE = 2000


class UsageError(Exception):
    """Something the user can mend: what is wrong and what to do, on one line."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, not after all that could be right."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_shown(message)}; see: {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 after a bug, 2 for what the user can mend."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (UsageError, ConfigError) as error:
        print(f"logwatcher: {_shown(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _shown(message: str) -> str:
    """What it says of names of files and the like, which may hold a terminal's escapes."""
    from logwatcher.core.text import clean

    return clean(message, MAX_MESSAGE)


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = Parser(prog="logwatcher", description="Your HTTP traffic, live, on one page.")
    top.add_argument("--version", action="version", version=f"logwatcher {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the page with mock traffic at hand, on SQLite")
    demo.add_argument("--start", action="store_true", help="start the mock traffic at once")
    _add_traffic(demo)
    _add_privacy(demo)
    _add_server(demo)
    demo.set_defaults(command=_demo)

    watch = commands.add_parser("watch", help="follow access logs and serve the page on them")
    watch.add_argument(
        "files", nargs="*", metavar="FILE", help="logs, or globs in quotes; -: standard input"
    )
    watch.add_argument(
        "--syslog",
        metavar="ADDRESS",
        help="take requests by syslog, too: a port, or an address like 127.0.0.1:5514",
    )
    watch.add_argument(
        "--from",
        dest="start",
        default="1h",
        help="where to begin in a log that is new here: start, end or how far back,"
        " such as 30m, 6h, 7d; default: %(default)s",
    )
    watch.add_argument("--name", help="one source for all of them; default: each by its own name")
    _add_format(watch)
    _add_privacy(watch)
    _add_server(watch)
    watch.set_defaults(command=_watch)

    import_ = commands.add_parser("import", help="read old logs, compressed ones too, once each")
    import_.add_argument(
        "files", nargs="+", metavar="FILE", help="logs or globs; -: standard input"
    )
    import_.add_argument("--name", help="what the page calls them; default: by the file's name")
    import_.add_argument("--rejects", type=Path, help="a file for the lines that don't match")
    _add_format(import_)
    _add_privacy(import_)
    import_.set_defaults(command=_import)

    explain = commands.add_parser("explain", help="which format a log has, and what doesn't fit it")
    explain.add_argument("file", type=Path, help="an access log")
    _add_format(explain)
    explain.set_defaults(command=_explain)

    formats = commands.add_parser("formats", help="all formats with a sample of each")
    formats.set_defaults(command=_formats)

    serve = commands.add_parser("serve", help="the page on the database of DATABASE_URL")
    _add_privacy(serve)
    _add_server(serve)
    serve.set_defaults(command=_serve)

    traffic = commands.add_parser("traffic", help="start, stop or change the mock traffic")
    state = traffic.add_mutually_exclusive_group()
    state.add_argument("--start", action="store_true", help="start it")
    state.add_argument("--stop", action="store_true", help="stop it")
    _add_traffic(traffic)
    traffic.set_defaults(command=_traffic)

    token = commands.add_parser(
        "token", help="who may send requests over HTTP, and as which source"
    )
    actions = token.add_subparsers(title="actions", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a token and show it, this once")
    create.add_argument(
        "source",
        help="what the page calls the requests sent with it; '*': OpenTelemetry's service.name",
    )
    create.add_argument("--name", default="", help="for whom it is, as a reminder")
    create.set_defaults(command=_create_token)
    actions.add_parser("list", help="all tokens, without their secrets").set_defaults(
        command=_list_tokens
    )
    revoke = actions.add_parser("revoke", help="end a token")
    revoke.add_argument("id", type=int, help="its number in the list")
    revoke.set_defaults(command=_revoke_token)

    migrate = commands.add_parser("migrate", help="make or update the database's tables")
    migrate.set_defaults(command=_migrate)
    return top


def _add_server(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    command.add_argument("--open", action="store_true", help="open the page in a browser")


def _add_format(command: argparse.ArgumentParser) -> None:
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


def _add_privacy(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--client-ip",
        choices=MODES,
        help="what is kept of a client's address; default: LOGWATCHER_CLIENT_IP, or none",
    )
    command.add_argument("--query-strings", action="store_true", help="keep them in paths")


def _add_traffic(command: argparse.ArgumentParser) -> None:
    command.add_argument("--rate", type=float, help="requests per second, 0.1 to 5000")
    command.add_argument("--scenario", help="what goes wrong in it, e.g. checkout-errors")
    command.add_argument("--seed", type=int, help="the same seed makes the same requests")


def _demo(options: argparse.Namespace) -> int:
    _set_up()
    from logwatcher.generator import Generator

    _choose_policy(options)
    _migrate_database()
    with _listener(options.port) as listener:
        _change_traffic(options)
        return _run([Generator()], listener, options)


def _watch(options: argparse.Namespace) -> int:
    if not options.files and not options.syslog:
        raise UsageError("watch: give a FILE or --syslog ADDRESS")
    format_, zone = _chosen_format(options), _chosen_zone(options)
    start = _start(options.start)
    names = _watched(options.files)
    _set_up()
    from django.conf import settings

    from logwatcher.core.formats import Reading
    from logwatcher.sources.line_reader import LineReader
    from logwatcher.watcher import StandardInput, Watcher

    source = _source_name(options.name)
    reading = Reading(format_, _choose_policy(options), zone)
    sources: list[Source] = []
    if options.syslog:
        sources.append(_syslog(options.syslog, source, reading))
    _migrate_database()
    settings.HAS_MOCK_TRAFFIC = False
    if STDIN in names:
        reader = LineReader("standard input", source or "stdin", reading, _tell)
        sources.append(StandardInput(sys.stdin.fileno(), reader))
    if files := [name for name in names if name != STDIN]:
        sources.append(Watcher(files, source=source, reading=reading, start=start, tell=_tell))
    with _listener(options.port) as listener:
        return _run(sources, listener, options)


def _syslog(text: str, name: str, reading: "Reading") -> "Source":
    """What listens there; warns if others than this machine reach it."""
    from logwatcher.sources.address import AddressError, open_sockets, read_address
    from logwatcher.sources.sender import Senders
    from logwatcher.sources.syslog import Syslog

    try:
        sockets = open_sockets(read_address(text))
    except AddressError as error:
        raise UsageError(f"--syslog: {error}") from None
    _tell(f"syslog on {sockets.address}, UDP and TCP")
    if not sockets.is_local:
        _tell(
            "syslog knows no passwords: whoever reaches this address can write;"
            " let a firewall choose who does"
        )
    return Syslog(sockets, Senders(name, reading, _tell))


def _tell(text: str) -> None:
    print(f"logwatcher: {_shown(text)}", file=sys.stderr)


def _watched(names: Sequence[str]) -> list[str]:
    """The names, once it is clear that each can be followed or may come to be."""
    from logwatcher.sources import discovery

    for name in names:
        if name == STDIN:
            continue
        if Path(name).is_dir():
            raise UsageError(f"{name}: a folder; name files, or a glob in quotes: '{name}/*.log'")
        if not discovery.is_glob(name):
            _check_readable(Path(name))
    files = [name for name in names if name != STDIN]
    if files and not discovery.find(files):
        if old := [name for name in files if not discovery.is_glob(name)]:
            raise UsageError(f"{old[0]}: an old log; add it by: logwatcher import {old[0]}")
        _tell(f"no file matches {' or '.join(files)} yet; it is waited for")
    return list(names)


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


def _source_name(name: str | None) -> str:
    """The name given for a source; empty: none is given."""
    from logwatcher.core.event import MAX_SOURCE
    from logwatcher.core.text import clean

    if name is not None and not 0 < len(name) <= MAX_SOURCE:
        raise UsageError(f"--name: give 1 to {MAX_SOURCE} characters")
    return clean(name or "", MAX_SOURCE)


def _import(options: argparse.Namespace) -> int:
    paths = _paths(options.files)
    _chosen_format(options)  # raises UsageError
    _chosen_zone(options)
    _set_up()
    from logwatcher import importing

    source = _source_name(options.name)
    if options.rejects and any(options.rejects.resolve() == path.resolve() for path in paths):
        raise UsageError(f"--rejects: {options.rejects} is one of the logs; name another file")
    policy = _choose_policy(options)
    _migrate_database()
    format_ = None if options.format == AUTO else options.format
    try:
        return importing.run(
            paths, format_, source or None, options.rejects, policy, options.time_zone
        )
    except importing.Unwritable as error:
        raise UsageError(f"--rejects: {error}") from None


def _paths(names: Sequence[str]) -> list[Path]:
    """The files of these names and globs, each once."""
    paths: dict[Path, None] = {}
    for name in names:
        if name == STDIN:
            paths[Path(name)] = None
            continue
        found = [Path(name)] if Path(name).exists() else sorted(map(Path, glob.glob(name)))  # noqa: PTH207
        files = [path for path in found if not path.is_dir()] if len(found) > 1 else found
        for path in files:
            _check_readable(path)
            paths[path] = None
        if not files:
            raise UsageError(f"{name}: no such file; check the path")
    return list(paths)


def _explain(options: argparse.Namespace) -> int:
    from logwatcher.core.formats import explain
    from logwatcher.sources.lines import first_lines

    _check_readable(options.file)
    lines = first_lines(options.file, MAX_EXPLAINED)
    _show(explain(lines, _chosen_format(options), _chosen_zone(options)))
    return 0


def _formats(options: argparse.Namespace) -> int:
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


def _check_readable(path: Path) -> None:
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UsageError(f"{path}: not a file that can be read; check the path and rights")


def _chosen_format(options: argparse.Namespace) -> "Format | None":
    from logwatcher.core.formats import FormatError, find_format

    if options.format == AUTO:
        return None
    try:
        return find_format(options.format)
    except FormatError as error:
        raise UsageError(f"--format: {error}") from None


def _chosen_zone(options: argparse.Namespace) -> "tzinfo":
    from logwatcher.sources.zone import ZoneError, find_zone

    try:
        return find_zone(options.time_zone)
    except ZoneError as error:
        raise UsageError(f"--time-zone: {error}") from None


def _serve(options: argparse.Namespace) -> int:
    _set_up()
    from logwatcher.generator import Generator

    _choose_policy(options)
    _check_migrations()
    with _listener(options.port) as listener:
        return _run([Generator()], listener, options)


def _traffic(options: argparse.Namespace) -> int:
    _set_up()
    _check_migrations()
    _change_traffic(options)
    from logwatcher.store import traffic

    wanted = traffic.wanted()
    state = "running" if wanted.is_running else "stopped"
    print(f"{state}, {wanted.rate:g} requests/s, scenario {wanted.scenario}, seed {wanted.seed}")
    return 0


def _create_token(options: argparse.Namespace) -> int:
    _set_up()
    from logwatcher.core.event import MAX_SOURCE
    from logwatcher.core.text import clean
    from logwatcher.store import token

    for field in ("source", "name"):
        given = getattr(options, field)
        if given != clean(given, MAX_SOURCE).strip() or (field == "source" and not given):
            raise UsageError(f"{field}: give at most {MAX_SOURCE} printable characters")
    _migrate_database()
    token_id, text = token.create(options.source, options.name)
    print(text)
    print(f"token {token_id}; it is not shown again", file=sys.stderr)
    return 0


def _list_tokens(options: argparse.Namespace) -> int:
    _set_up()
    _check_migrations()
    from logwatcher.store import token

    for row in token.rows():
        created = datetime.fromtimestamp(row.created_us // 1_000_000, UTC)
        print(f"{row.pk}\t{row.source}\t{created:%Y-%m-%d %H:%M} UTC\t{row.name}")
    return 0


def _revoke_token(options: argparse.Namespace) -> int:
    _set_up()
    _check_migrations()
    from logwatcher.store import token

    if not token.revoke(options.id):
        raise UsageError(f"there is no token {options.id}; see: logwatcher token list")
    print(f"token {options.id} is revoked")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    _set_up()
    names = _migrate_database()
    print("\n".join(f"applied {name}" for name in names) or "nothing to do")
    return 0


def _listener(port: int) -> socket.socket:
    from logwatcher import server

    try:
        return server.listen(port)
    except server.PortTaken as error:
        raise UsageError(str(error)) from None


def _run(sources: "list[Source]", listener: socket.socket, options: argparse.Namespace) -> int:
    from logwatcher import server

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until Uvicorn has its own
    host, port = listener.getsockname()
    address = f"http://{host}:{port}"
    print(f"logwatcher: {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)
    if options.open:
        webbrowser.open(address)
    code = server.run(sources, listener)
    print("logwatcher: stopped", file=sys.stderr)
    return code


def _check_migrations() -> None:
    if _missing_migrations():
        raise UsageError("the database's tables are missing or old; run: logwatcher migrate")


def _change_traffic(options: argparse.Namespace) -> None:
    from logwatcher.store import traffic
    from logwatcher.web.page import TrafficForm

    fields = {"rate": options.rate, "scenario": options.scenario, "seed": options.seed}
    if options.start:
        fields["running"] = "on"
    if getattr(options, "stop", False):
        fields["running"] = "off"
    form = TrafficForm({name: value for name, value in fields.items() if value is not None})
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise UsageError(f"--{name}: {errors[0]}")
    if changes := form.changes():
        traffic.change(**changes)


def _set_up() -> None:
    """Make the data directory and load Django."""
    data = config.from_environment().data
    try:
        data.mkdir(parents=True, exist_ok=True)
        writable = os.access(data, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise UsageError(
            f"{data}: can't write there; mend its rights or set LOGWATCHER_DATA to another one"
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logwatcher.settings")  # noqa: TID251
    import django

    django.setup()


def _choose_policy(options: argparse.Namespace) -> "Policy":
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


def _migrate_database() -> list[str]:
    """Apply what is missing; returns its names."""
    from django.core.management import call_command

    from logwatcher.store.exclusive import exclusive

    if not _missing_migrations():
        return []
    with exclusive():
        if missing := _missing_migrations():
            call_command("migrate", verbosity=0, interactive=False)
    return missing


def _missing_migrations() -> list[str]:
    """Migrations that this version has and the database has not.

    Raises:
        UsageError: the database can't be reached, or a newer version has changed it.
    """
    from django.db import DatabaseError, connection
    from django.db.migrations.loader import MigrationLoader

    try:
        loader = MigrationLoader(connection)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"the database can't be used: {reason}; check DATABASE_URL") from None
    applied = {key for key in loader.applied_migrations if key[0] == "logwatcher"}
    known = {key for key in loader.disk_migrations if key[0] == "logwatcher"}
    if newer := sorted(applied - known):
        raise UsageError(
            f"the database is from a newer version (it has {newer[-1][1]}); "
            "upgrade logwatcher or use another database"
        )
    return [f"{app}.{name}" for app, name in sorted(known - applied)]
