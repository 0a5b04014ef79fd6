"""The same log on SQLite and on PostgreSQL: the page and the API say the same."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.server import Server

LINES, DAYS = 20_000, 3
END = int(time.time()) // 3600 * 3600
VIEWS = [
    f"from={END - DAYS * 86_400}&to={END}",
    f"from={END - 86_400}&to={END}&status=5xx",
    f"from={END - 3600}&to={END}&step=1m&method=POST",
    f"from={END - 86_400}&to={END}&endpoint=%2Fapi%2Fkind7%2F%7Bid%7D&sort=-p95",
]
OWN = {"revision": "", "now": 0}
"""What is a server's or an answer's own."""
OWN_OF_PAGE = re.compile(
    r'nonce="[^"]*"|(?<=csrfmiddlewaretoken": ")\w+|"now": [\d.]+|[0-9a-z]{8}-\d+'
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 endpoints, over three days that ended at the full hour."""
    rng, file = random.Random(1), tmp_path_factory.mktemp("log") / "shop.log"
    with file.open("w") as lines:
        for at in sorted(rng.randrange(END - DAYS * 86_400, END) for _ in range(LINES)):
            when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
            method, status = rng.choice(["GET", "POST"]), rng.choice([200, 200, 301, 404, 500, 503])
            path = f"/api/kind{rng.randrange(20)}/{rng.randrange(10_000)}"
            lines.write(
                f'203.0.113.{rng.randrange(255)} - - [{when}] "{method} {path} HTTP/1.1" {status}'
                f' {rng.randrange(10_000)} "-" "curl/8" {rng.lognormvariate(-3, 1):.3f}\n'
            )
    return file


@pytest.fixture
def both(new_database: Callable[[], str], tmp_path: Path, log: Path) -> Iterator[list[Server]]:
    """PostgreSQL's first."""
    with ExitStack() as running:
        servers = []
        for url in (new_database(), f"sqlite:///{tmp_path}/lite.sqlite3"):
            server = Server(tmp_path / "data", url, ["serve"])
            server.command("migrate")
            server.command("import", str(log))
            server.start()
            running.callback(server.stop)
            servers.append(server)
        yield servers


@pytest.mark.postgres
def test_the_page_and_the_api_say_the_same_on_both(both: list[Server]) -> None:
    for view in VIEWS:
        for what in ("series", "summary", "endpoints", "requests"):
            postgres, sqlite = (server.get(f"/api/{what}?{view}") for server in both)
            assert {**postgres, **OWN} == {**sqlite, **OWN}
        postgres_page, sqlite_page = (page(server, f"/?{view}") for server in both)
        assert postgres_page.splitlines() == sqlite_page.splitlines()
    first = both[0].get(f"/api/summary?{VIEWS[0]}")
    assert first["requests"] == LINES


def page(server: Server, path: str) -> str:
    with urlopen(server.url + path, timeout=10) as response:  # noqa: S310  # http:// it is
        return OWN_OF_PAGE.sub("", response.read().decode())
