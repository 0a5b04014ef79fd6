"""The settings that come from the environment; nothing else reads it."""

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

from logwatcher.core import retention
from logwatcher.core.privacy import MODES
from logwatcher.core.retention import RetentionError

LOG_FORMATS = ("text", "json")


class ConfigError(ValueError):
    """A setting that can't be used: its name, its value, what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    default: str
    help: str


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "DATABASE_URL",
            "sqlite:///<data directory>/logwatcher.sqlite3",
            "Where the data is kept: sqlite:///relative.db, sqlite:////absolute.db or "
            "postgres://user:password@host:5432/name.",
        ),
        Setting(
            "LOGWATCHER_DATA",
            "~/.local/share/logwatcher",
            "Directory of the SQLite database and the secret key; made if missing.",
        ),
        Setting(
            "LOGWATCHER_MACHINE",
            "",
            "Name of this machine, where several follow logs of the same path into one database.",
        ),
        Setting(
            "LOGWATCHER_ALLOWED_HOSTS",
            "",
            "Host names the page may be asked for, with commas between; "
            "localhost, 127.0.0.1 and [::1] always are.",
        ),
        Setting(
            "LOGWATCHER_SECRET_KEY",
            "made on first start and kept in the data directory",
            "Key that signs cookies and hashes addresses; at least 50 characters.",
        ),
        Setting(
            "LOGWATCHER_TRUSTED_PROXIES",
            "127.0.0.1, ::1",
            "Addresses and networks of proxies whose X-Forwarded-For and -Proto are believed.",
        ),
        Setting(
            "LOGWATCHER_USER_HEADER",
            "",
            "Header in which a trusted proxy names the user that it has signed in.",
        ),
        Setting(
            "LOGWATCHER_SESSION_DAYS",
            "14",
            "Days after which a user has to log in again.",
        ),
        Setting(
            "LOGWATCHER_TRAFFIC_MINUTES",
            "15",
            "Minutes after which mock traffic stops by itself; 0: never.",
        ),
        Setting(
            "LOGWATCHER_CLIENT_IP",
            "none",
            "What is kept of a client's address: none, truncate, hash or full.",
        ),
        Setting(
            "LOGWATCHER_QUERY_STRINGS",
            "no",
            "Whether query strings are kept in paths: yes or no.",
        ),
        Setting(
            "LOGWATCHER_LOG_FORMAT",
            LOG_FORMATS[0],
            "How what is logged is written on standard error: text, or json, an object a line.",
        ),
        Setting(
            "LOGWATCHER_KEEP_REQUESTS",
            retention.REQUESTS,
            "How old requests get and how much room they take, one or both; or forever.",
        ),
        Setting(
            "LOGWATCHER_KEEP_FIGURES",
            retention.FIGURES,
            "How old the figures per 5 s, 1 min and 1 h get; forever: without end.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, checked.

    Attributes:
        data: directory of the database file and the key; may not exist yet.
        database_url: ``sqlite:///…`` or ``postgres://…``.
        machine: name of this one, in the names of the logs it follows; may be empty.
        allowed_hosts: names besides the loopback ones.
        secret_key: given, or empty: ``secret_key_in(data)``.
        trusted_proxies: addresses and networks, each as text.
        user_header: in which they name who is signed in; empty: they don't.
        session_days: until a user has to log in again.
        traffic_minutes: 0: mock traffic never stops by itself.
        client_ip: one of ``privacy.MODES``.
        keeps_query: whether paths keep their query strings.
        log_format: one of ``LOG_FORMATS``.
        keep_requests: as ``core.retention.requests_limits`` takes it.
        keep_figures: as ``core.retention.figures_limits`` takes it.
    """

    data: Path
    database_url: str
    machine: str
    allowed_hosts: tuple[str, ...]
    secret_key: str
    trusted_proxies: tuple[str, ...]
    user_header: str
    session_days: float
    traffic_minutes: float
    client_ip: str
    keeps_query: bool
    log_format: str
    keep_requests: str
    keep_figures: str


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """The settings of this process.

    Raises:
        ConfigError: naming the first one that can't be used.
    """

    def get(name: str, default: str = "") -> str:
        return environ.get(name, "").strip() or default

    data = _directory(get("LOGWATCHER_DATA", "~/.local/share/logwatcher"))
    default_url = f"sqlite:///{quote(bytes(data / 'logwatcher.sqlite3'))}"
    return Config(
        data=data,
        database_url=database_url(get("DATABASE_URL", default_url)),
        machine=_machine(get("LOGWATCHER_MACHINE")),
        allowed_hosts=tuple(get("LOGWATCHER_ALLOWED_HOSTS").replace(",", " ").split()),
        secret_key=_secret_key(get("LOGWATCHER_SECRET_KEY")),
        trusted_proxies=_networks(get("LOGWATCHER_TRUSTED_PROXIES", "127.0.0.1, ::1")),
        user_header=_header(get("LOGWATCHER_USER_HEADER")),
        session_days=_days(get("LOGWATCHER_SESSION_DAYS", "14")),
        traffic_minutes=_minutes(get("LOGWATCHER_TRAFFIC_MINUTES", "15")),
        client_ip=_one_of(MODES, "LOGWATCHER_CLIENT_IP", get("LOGWATCHER_CLIENT_IP", "none")),
        keeps_query=_one_of(
            ("yes", "no"), "LOGWATCHER_QUERY_STRINGS", get("LOGWATCHER_QUERY_STRINGS", "no")
        )
        == "yes",
        log_format=_one_of(
            LOG_FORMATS,
            "LOGWATCHER_LOG_FORMAT",
            get("LOGWATCHER_LOG_FORMAT", LOG_FORMATS[0]),
        ),
        keep_requests=_limit(
            retention.requests_limits,
            "LOGWATCHER_KEEP_REQUESTS",
            get("LOGWATCHER_KEEP_REQUESTS", retention.REQUESTS),
        ),
        keep_figures=_limit(
            retention.figures_limits,
            "LOGWATCHER_KEEP_FIGURES",
            get("LOGWATCHER_KEEP_FIGURES", retention.FIGURES),
        ),
    )


def choose(name: str, value: str) -> None:
    """An option says otherwise: from now on this is the setting, of processes started later too."""
    os.environ[name] = value


def unknown(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Names that look like settings and are none."""
    return sorted(n for n in environ if n.startswith("LOGWATCHER_") and n not in SETTINGS)


def secret_key_in(data: Path) -> str:
    """The key kept in the data directory, made on first use, readable by its owner only.

    Raises:
        ConfigError: it can be neither read nor made.
    """
    path = data / "secret-key"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # of processes that start at once one makes it
            if not (key := file.read().strip()):
                file.write(key := secrets.token_urlsafe(64))
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; mend that or set LOGWATCHER_SECRET_KEY"
        ) from None
    return key


def _directory(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"LOGWATCHER_DATA: {path!r} has no home directory behind its ~; give the whole path"
        ) from None


def _machine(name: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._-]{0,64}", name):
        return name
    raise ConfigError(
        f"LOGWATCHER_MACHINE: {name!r} won't do; give up to 64 letters, digits, dots and hyphens"
    )


def database_url(url: str) -> str:
    """The URL, if it can be one. Raises ConfigError."""
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and separator:
        problem = _problem_of_sqlite(rest)
    elif scheme in ("postgres", "postgresql") and separator:
        problem = _problem_of_postgres(url)
    else:
        problem = f"unknown scheme {scheme if separator else ''!r}"
    if problem:
        raise ConfigError(
            f"DATABASE_URL: {problem}; use sqlite:///path or postgres://user:password@host/name"
        )
    return url


def _problem_of_sqlite(path: str) -> str:
    if not path.startswith("/"):
        return "a path begins after three slashes, an absolute one with a fourth"
    if path == "/":
        return "it names no file"
    return "a database in memory is not shared by threads" if path == "/:memory:" else ""


def _problem_of_postgres(url: str) -> str:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        text = str(error).strip().replace(url, "…")  # it may hold a password
        return re.sub('(percent-encoded [^"]*)".*"', r'\1"…"', text)  # this may be one
    return "" if parts.get("dbname") or parts.get("service") else "it names no database"


def _secret_key(key: str) -> str:
    if key and len(key) < 50:
        raise ConfigError("LOGWATCHER_SECRET_KEY: too short; give at least 50 random characters")
    return key


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(text.replace(",", " ").split())
    for network in networks:
        try:
            is_everybody = ip_network(network).prefixlen == 0
        except ValueError as error:
            raise ConfigError(
                f"LOGWATCHER_TRUSTED_PROXIES: {error}; give addresses like 10.0.0.7"
                " or networks like 10.0.0.0/24"
            ) from None
        if is_everybody:
            raise ConfigError(
                f"LOGWATCHER_TRUSTED_PROXIES: {network} is everybody, who could then claim any"
                " address; name the proxy's"
            )
    return networks


def _header(name: str) -> str:
    """One that is made to name somebody: of others browsers send some by themselves."""
    usable = re.fullmatch(r"(?i)(?!user-agent$)[a-z0-9-]*(user|login|email)[a-z0-9-]*", name)
    if not name or (usable and len(name) <= 64):
        return name
    raise ConfigError(
        f"LOGWATCHER_USER_HEADER: {name!r} won't do; give that in which the proxy names the user,"
        " like X-Forwarded-User or X-Forwarded-Email"
    )


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1
    if not 0 <= minutes <= 60 * 24 * 365:
        raise ConfigError(
            f"LOGWATCHER_TRAFFIC_MINUTES: {text!r} is not a number of minutes; 0 means never"
        )
    return minutes


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0
    if not 0.001 <= days <= 3660:
        raise ConfigError(
            f"LOGWATCHER_SESSION_DAYS: {text!r} is not a number of days; give 0.001 to 3660"
        )
    return days


def _one_of(known: Sequence[str], name: str, text: str) -> str:
    if text not in known:
        raise ConfigError(f"{name}: {text!r} is none of {', '.join(known)}")
    return text


def _limit(read: Callable[[str], object], name: str, text: str) -> str:
    try:
        read(text)
    except RetentionError as error:
        raise ConfigError(f"{name}: {error}") from None
    return text
