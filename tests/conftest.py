"""Chooses the database before Django reads its settings: SQLite in a file, or PostgreSQL.

``pytest``: SQLite; ``--database postgres``: a PostgreSQL started for this run;
``--database postgres://…``: a server of yours, where the user may create databases.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import django
import pytest
from django.conf import settings

from tests import database, postgres
from tests.server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        default="sqlite",
        help="sqlite (the default), postgres, or the URL of a PostgreSQL server",
        metavar="sqlite|postgres|URL",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Without DJANGO_SETTINGS_MODULE in pyproject.toml pytest-django leaves the set-up to us."""
    resources = ExitStack()
    config.add_cleanup(resources.close)
    data = resources.enter_context(tempfile.TemporaryDirectory(prefix="logwatcher-tests-"))
    for name in [name for name in os.environ if name.startswith("LOGWATCHER_")]:
        del os.environ[name]  # a developer's own settings must not change a test
    os.environ["DATABASE_URL"] = _database_url(config, Path(data), resources)
    os.environ["DJANGO_SETTINGS_MODULE"] = "logwatcher.settings"
    os.environ["LOGWATCHER_DATA"] = data
    # Most tests' requests are of a fixed day long ago; those of retention say what they want.
    os.environ["LOGWATCHER_KEEP_REQUESTS"] = "forever"
    os.environ["LOGWATCHER_KEEP_FIGURES"] = "5s:forever 1m:forever 1h:forever"
    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick


def _database_url(config: pytest.Config, data: Path, resources: ExitStack) -> str:
    wanted: str = config.getoption("--database")
    if wanted == "sqlite":
        return f"sqlite:///{data / 'logwatcher.sqlite3'}"
    if wanted.startswith(("postgres://", "postgresql://")):
        return wanted
    if wanted != "postgres":
        raise pytest.UsageError(
            f"--database: unknown {wanted!r}; use sqlite, postgres or postgres://…"
        )
    if hasattr(config, "workerinput"):  # of several; the first process has started it for all
        return os.environ["DATABASE_URL"]
    try:
        return resources.enter_context(postgres.running()).url
    except postgres.Unavailable as reason:
        in_ci = bool(os.environ.get("CI"))
        pytest.exit(f"PostgreSQL tests skipped: {reason}", returncode=1 if in_ci else 0)


def pytest_report_header() -> str:
    return f"database: {urlsplit(os.environ['DATABASE_URL']).scheme}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's event loop in this thread would disturb the others."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if os.environ["DATABASE_URL"].startswith("sqlite"):
        skip = pytest.mark.skip(reason="needs --database postgres")
        for item in items:
            if item.get_closest_marker("postgres"):
                item.add_marker(skip)
    else:
        config.hook.pytest_deselected(items=[item for item in items if not _depends(item)])
        items[:] = [item for item in items if _depends(item)]
    _let_the_long_begin(items, getattr(config, "workerinput", {"workercount": 1})["workercount"])


def _let_the_long_begin(items: list[pytest.Item], processes: int) -> None:
    """Each of the processes is given as many tests as the others, in order, to begin with."""
    long = [item for item in items if item.get_closest_marker("long")]
    short = [item for item in items if not item.get_closest_marker("long")]
    items.clear()
    for number in range(processes):
        items += long[number::processes]
        items += short[len(short) * number // processes : len(short) * (number + 1) // processes]


def _depends(item: pytest.Item) -> bool:
    """Whether its outcome may be another one on another database."""
    own = {"empty_database", "new_database"}.intersection(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or own) and not item.get_closest_marker(
        "sqlite"
    )


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes the URL of a new, empty database, for tests that start processes of their own."""
    with database.maker(tmp_path) as make:
        yield make


@pytest.fixture
def new_database(tmp_path: Path, template: str) -> Iterator[Callable[[], str]]:
    """Makes the URL of a new database that has its tables, and nothing in them."""
    with database.maker(tmp_path, template) as make:
        yield make


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database that has its tables: to copy it is quicker than to make them."""
    with database.maker(tmp_path_factory.mktemp("template")) as make:
        yield database.migrated(make())


@pytest.fixture
def serve(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server on a database of its own: ``serve("demo", "--start", "--rate=20")``."""
    with ExitStack() as servers:

        def start(*arguments: str) -> Server:
            server = Server(tmp_path / "data", new_database(), list(arguments))
            servers.callback(lambda: server.is_running and server.stop())
            server.start()
            return server

        yield start
