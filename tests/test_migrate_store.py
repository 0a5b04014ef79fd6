"""All of a store is in the other database afterwards, proven, or nothing is."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps as django_apps
from django.contrib.auth.models import Group, Permission

from logwatcher.store.models import FilePosition, Lease
from logwatcher.store.moving import MODELS, Row, Table, _Digest
from tests import database
from tests.server import PROGRAM
from tests.test_importer import lines

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


def call(folder: Path, *arguments: str, url: str = "", stdin: str = "") -> Done:
    environment = {**os.environ, "LOGWATCHER_DATA": str(folder / "data")}
    environment |= {"DATABASE_URL": url} if url else {}
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return partial(call, tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with packs, rows, chunks, imports, a token and a user."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "shop.log").write_bytes(lines(range(2000)))
    (folder / "blog.log").write_bytes(lines(range(100)))
    for arguments in (
        ["import", "shop.log", "blog.log"],
        ["token", "create", "shop"],
        ["user", "add", "ada", "--role", "admin"],
    ):
        url = f"sqlite:///{folder}/old.sqlite3"
        done = call(folder, *arguments, url=url, stdin="correct horse battery\n")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def old(made: Path, tmp_path: Path) -> str:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return f"sqlite:///{tmp_path}/old.sqlite3"


def new(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/new.sqlite3"


def figures(url: str) -> object:
    return database.buckets(url), sorted(map(str, database.requests(url)))


def test_no_table_is_forgotten() -> None:
    apps = [
        config for config in django_apps.get_app_configs() if config.label in ("logwatcher", "auth")
    ]
    all_ = {model for config in apps for model in config.get_models()}
    assert all_ - set(MODELS) == {Lease, Group, Permission}


def test_the_digest_is_the_same_in_whichever_order_the_rows_come() -> None:
    """PostgreSQL sorts paths by the rules of its language, SQLite by their bytes."""
    rows = [("/var/log/nginx-b/a", 1, b"\0"), ("/var/log/nginx/a", 2, b"\1"), ("/Z", 3, b"")]
    changed = [*rows[:2], ("/Z", 4, b"")]
    assert digest(rows) == digest(rows[::-1])
    assert digest(rows) != digest(changed)
    assert digest(rows) != digest([*rows, rows[0]])


def digest(rows: list[Row]) -> Table:
    of = _Digest(FilePosition)
    assert list(of.of(iter(rows))) == rows
    return of.table


def test_what_is_told_counts_the_comparison_too(old: str, run: Run, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TELLING, old, new(tmp_path)],
        env={**os.environ, "LOGWATCHER_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [tuple(map(int, line.split())) for line in done.stderr.splitlines()]
    assert told[-1][0] == told[-1][1]
    copied = told[-1][1] // 2
    assert any(part == copied for part, _ in told)
    assert told == sorted(told)


TELLING = """
import sys
from logwatcher import cli, meter
from logwatcher.cli import database

def watch(names):
    from logwatcher.store import moving
    def move(tell, move=moving.move):
        return move(lambda done, total: print(done, total, file=sys.stderr))
    moving.move = move
    return names

migrate = database.migrate
database.migrate = lambda: watch(migrate())
sys.exit(cli.main(["migrate-store", *sys.argv[1:]]))
"""


def test_all_is_there_and_the_old_one_is_as_it_was(run: Run, old: str, tmp_path: Path) -> None:
    before = Path(old.removeprefix("sqlite:///")).read_bytes()
    done = run("migrate-store", old, new(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "logwatcher_pack                    1 rows, the same in both\n" in done.stdout
    assert "auth_user                          1 rows, the same in both\n" in done.stdout
    assert figures(new(tmp_path)) == figures(old)
    assert database.assert_consistent(new(tmp_path)) == 2100
    assert Path(old.removeprefix("sqlite:///")).read_bytes() == before
    again = run("import", "shop.log", "blog.log", url=new(tmp_path))
    assert again.stderr.count("imported before") == 2


def test_to_move_again_changes_nothing(run: Run, old: str, tmp_path: Path) -> None:
    assert "\nmoved in " in run("migrate-store", old, new(tmp_path)).stdout
    before = figures(new(tmp_path))
    assert "\nall was there already; " in run("migrate-store", old, new(tmp_path)).stdout
    assert figures(new(tmp_path)) == before


def test_a_database_with_other_data_is_left_alone(run: Run, old: str, tmp_path: Path) -> None:
    (tmp_path / "other.log").write_bytes(lines(range(5, 9)))
    run("import", "other.log", url=new(tmp_path))
    done = run("migrate-store", old, new(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "logwatcher: the new database holds other data; name an empty one\n"
    assert database.count_requests(new(tmp_path)) == 4


def test_what_cant_be_moved_is_said_on_one_line(run: Run, old: str, tmp_path: Path) -> None:
    (tmp_path / "text.sqlite3").write_text("no database")
    with closing(sqlite3.connect(tmp_path / "empty.sqlite3")) as empty:
        empty.execute("CREATE TABLE other (id)")
    one = f"sqlite:///{tmp_path}/empty.sqlite3"
    for arguments, said in (
        (["mysql://x", one], "FROM: unknown scheme"),
        ([one, "postgres://"], "TO: it names no database"),
        ([one, "postgres://ada:s%zzcret@host/x"], 'TO: invalid percent-encoded token: "…"; use'),
        ([f"sqlite:///{tmp_path}/old.sqlite3", "postgres://ada@127.0.0.1:1/x"], "; check TO\n"),
        ([f"sqlite:///{tmp_path}/nothing", one], "no such file; check the path"),
        ([one, f"sqlite:///{tmp_path}/../{tmp_path.name}/empty.sqlite3"], "are the same database"),
        ([one, new(tmp_path)], "FROM: its tables are missing or old; run logwatcher migrate"),
        ([f"sqlite:///{tmp_path}/text.sqlite3", new(tmp_path)], "file is not a database"),
    ):
        done = run("migrate-store", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
        assert said in done.stderr
    assert not (tmp_path / "new.sqlite3").exists()


# A move in which something happens once its chunks are written.
MOVING = """
import os, signal, sqlite3, sys
from logwatcher import cli
from logwatcher.cli import database

def watch(tables):
    from logwatcher.store import moving
    def insert(model, rows, insert=moving._insert):
        insert(model, rows)
        if model.__name__ == "Chunk":
            {then}
    moving._insert = insert
    return tables

migrate = database.migrate
database.migrate = lambda: watch(migrate())
sys.exit(cli.main(["migrate-store", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    ("then", "code", "said"),
    [
        (
            "os.kill(os.getpid(), signal.SIGINT)",
            2,
            "logwatcher: stopped, nothing was moved; the same command begins anew\n",
        ),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        (
            "old = sqlite3.connect(sys.argv[1][len('sqlite:///'):]);"
            " old.execute('UPDATE logwatcher_head SET revision = revision + 1'); old.commit()",
            2,
            "logwatcher: it is being written to; stop all that does, then move it again\n",
        ),
    ],
)
def test_a_move_that_is_broken_off_leaves_nothing_and_can_be_done_again(
    run: Run, old: str, tmp_path: Path, then: str, code: int, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MOVING.format(then=then), old, new(tmp_path)],
        env={**os.environ, "LOGWATCHER_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (code, said, "")
    assert database.buckets(new(tmp_path)) == {}
    assert run("migrate-store", old, new(tmp_path)).returncode == 0
    assert figures(new(tmp_path)) == figures(old)


@pytest.mark.postgres
def test_from_sqlite_to_postgresql_and_back(
    run: Run, old: str, tmp_path: Path, empty_database: Callable[[], str]
) -> None:
    url = empty_database()
    assert run("migrate-store", old, url).returncode == 0
    assert figures(url) == figures(old)
    (tmp_path / "more.log").write_bytes(lines(range(7, 70)))
    assert run("import", "more.log", url=url).returncode == 0
    assert database.assert_consistent(url) == 2163
    done = run("migrate-store", url, new(tmp_path))
    assert done.returncode == 0, done.stderr
    assert figures(new(tmp_path)) == figures(url)
    assert run("migrate-store", url, url).stderr.count("are the same database") == 1
