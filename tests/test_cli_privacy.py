"""What of a client gets into the database, by way of each command that stores requests."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps

from tests import database
from tests.sending import Source, create_token
from tests.server import Server, until
from tests.test_cli import Program, bare, program, start

__all__ = ["bare", "program", "start"]  # fixtures

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"
LINE = (
    '203.0.113.7 - ada [14/Nov/2023:22:00:00 +0000] "GET /search?q=secret HTTP/1.1" 200 2'
    f' "https://shop.example/?from=secret" "{AGENT}" 0.1\n'
)
BROKEN = LINE.replace("GET ", "").replace(" 200 ", " ok ")
SETTINGS = {"LOGWATCHER_CLIENT_IP": "truncate", "LOGWATCHER_QUERY_STRINGS": "yes"}
KEY = "k" * 50
PAGE = Path(__file__).parents[1] / "docs" / "privacy.md"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(LINE + BROKEN)
    return path


def stored(url: str) -> list[tuple[str, ...]]:
    return database.query(url, "SELECT client, agent, path FROM logwatcher_request")


def everything(url: str) -> str:
    tables = [model._meta.db_table for model in apps.get_app_config("logwatcher").get_models()]
    return "\n".join(str(database.query(url, f"SELECT * FROM {table}")) for table in tables)  # noqa: S608


@pytest.mark.parametrize(
    ("options", "settings", "client", "path"),
    [
        ((), {}, "", "/search"),
        (("--client-ip", "none"), {}, "", "/search"),
        (("--client-ip", "truncate"), {}, "203.0.113.0/24", "/search"),
        (("--client-ip", "full"), {}, "203.0.113.7", "/search"),
        (("--query-strings",), {}, "", "/search?q=secret"),
        ((), SETTINGS, "203.0.113.0/24", "/search?q=secret"),
        (("--client-ip", "none"), SETTINGS, "", "/search?q=secret"),
    ],
)
def test_an_import_keeps_what_options_and_settings_say(
    program: Program,
    log: Path,
    options: tuple[str, ...],
    settings: dict[str, str],
    client: str,
    path: str,
) -> None:
    ended = program.run("import", str(log), *options, **settings)
    assert ended.returncode == 0, ended
    assert stored(program.database_url) == [(client, "Firefox", path)]
    found = everything(program.database_url)
    assert ("secret" in found) == ("secret" in path)
    assert ("203.0.113.7" in found) == (client == "203.0.113.7")
    for never in ("ada", "Mozilla", "shop.example"):
        assert never not in found.replace(str(log), "")
    for never in ("secret", "203.0.113.7"):
        assert never not in ended.stdout + ended.stderr


def test_a_hash_is_the_same_as_long_as_the_key_is(
    program: Program, log: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.log"
    other.write_text(LINE * 2)
    last = tmp_path / "last.log"
    last.write_text(LINE * 3)
    for path, key in ((log, KEY), (other, KEY), (last, KEY[::-1] + "x")):
        ended = program.run("import", str(path), "--client-ip", "hash", LOGWATCHER_SECRET_KEY=key)
        assert ended.returncode == 0, ended
    clients = [client for client, *_ in stored(program.database_url)]
    assert len(set(clients[:3])) == len(set(clients[3:])) == 1
    assert clients[0] != clients[3]


def test_rejects_are_the_lines_as_they_are(program: Program, log: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects"
    program.run("import", str(log), "--rejects", str(rejects))
    assert rejects.read_text().endswith(f"\t{BROKEN}")


@pytest.mark.parametrize(
    ("options", "client", "query"),
    [((), "", ""), (("--client-ip", "truncate", "--query-strings"), "203.0.113.0/24", "?q=secret")],
)
def test_a_server_keeps_the_same_of_its_log_and_of_what_is_sent(
    program: Program,
    start: Callable[..., Server],
    log: Path,
    options: tuple[str, ...],
    client: str,
    query: str,
) -> None:
    server = start("watch", str(log), "--from", "start", *options)
    until(lambda: stored(program.database_url))
    until(lambda: "don't match" in server.output)
    assert "xxx.x.xxx.x - ada" in server.output
    assert "secret" not in server.output
    assert "203.0.113.7" not in server.output
    sent = Source(server, create_token(server, "app"))
    one = {"method": "GET", "path": "/sent?q=secret", "status": 200}
    assert sent.post({**one, "client": "203.0.113.7", "user_agent": AGENT})[0] == 202
    ((request,), _) = server.get("/api/requests?source=app").values()
    assert (request["client"], request["agent"]) == (client, "Firefox")
    assert sorted(stored(program.database_url)) == [
        (client, "Firefox", f"/search{query}"),
        (client, "Firefox", f"/sent{query}"),
    ]
    until(lambda: "xxx.x.xxx.x" in everything(program.database_url))
    assert "203.0.113.7" not in everything(program.database_url)
    assert ("secret" in everything(program.database_url)) == bool(query)


def test_an_unknown_way_to_keep_addresses_is_refused(bare: Program, log: Path) -> None:
    told = bare.refused("import", str(log), "--client-ip", "some")
    assert "--client-ip: invalid choice: 'some'" in told
    told = bare.refused("import", str(log), LOGWATCHER_CLIENT_IP="some")
    assert "LOGWATCHER_CLIENT_IP: 'some' is none of none, truncate, hash, full" in told


def test_the_documentation_tells_how_to_remove_it(program: Program, log: Path) -> None:
    program.run("import", str(log), "--client-ip", "full", "--query-strings")
    assert stored(program.database_url) == [("203.0.113.7", "Firefox", "/search?q=secret")]
    before = database.buckets(program.database_url)
    (statements,) = re.findall("```sql\n(.+?)```", PAGE.read_text(), re.DOTALL)
    for statement in statements.splitlines():
        if not statement.startswith("VACUUM"):
            database.execute(program.database_url, statement)
    assert stored(program.database_url) == []
    assert before
    assert database.buckets(program.database_url) == before
