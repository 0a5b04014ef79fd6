"""The access log that is read in all benchmarks: a site with 30 routes and many visitors."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DAY = 86_400
START = 1_700_000_000
GOACCESS = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %T'
ROUTES = [
    *("/", "/login", "/cart", "/healthz", "/favicon.ico", "/robots.txt", "/wp-login.php", "/.env"),
    *("/api/orders/{n}", "/api/users/{n}", "/api/orders/{n}/items", "/products/{word}-{word}"),
    *("/search?q={word}+{word}&page={n}", "/img/{n}.png", "/blog/2023/11/{word}-{word}"),
    *("/static/app.{hash}.js", "/static/main.{hash}.css", "/products/{n}?ref={word}"),
    *(f"/page/{letter}" for letter in "abcdefghijkl"),
]
WORDS = [
    *("red", "blue", "green", "house", "garden", "chair", "table"),
    *("lamp", "phone", "cable", "book", "music", "photo", "travel"),
]
SYSTEMS = ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"]
AGENTS = ["curl/7.88.1", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"]
REFERERS = ["-", "https://www.google.com/", "https://example.com/", "https://news.example.org/"]


class Line(NamedTuple):
    """One request of the log."""

    time: int
    client: str
    target: str
    route: str
    status: int
    size: int
    referer: str
    agent: str
    duration: str


def lines(number: int, seconds: int = DAY) -> Iterator[Line]:
    """So many, always the same: of a visitor per 40 of them, few of whom do most."""
    rng = random.Random(1)
    visitors = [(_address(rng), _agent(rng)) for _ in range(max(number // 40, 1))]
    weights = [1 / (place + 10) for place in range(len(ROUTES))]
    hashes = [f"{rng.getrandbits(32):08x}" for _ in range(20)]
    for i in range(number):
        client, agent = visitors[int(len(visitors) * rng.random() ** 2)]
        target = route = rng.choices(ROUTES, weights)[0]
        if "{" in target:
            words = {"word": rng.choice(WORDS), "hash": rng.choice(hashes)}
            target = target.format(n=int(200_000 * rng.random() ** 3), **words)
        yield Line(
            START + i * seconds // number,
            client,
            target,
            route,
            rng.choices((200, 304, 404, 500), (90, 5, 3, 2))[0],
            rng.randrange(100, 50_000),
            rng.choice(REFERERS),
            agent,
            f"{rng.lognormvariate(-3, 1):.3f}",
        )


def write_combined(path: Path, number: int, seconds: int = DAY) -> None:
    """As NGINX and Apache write it, with the duration behind."""
    with path.open("w") as file:
        for line in lines(number, seconds):
            at = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(line.time))
            file.write(
                f'{line.client} - - [{at} +0000] "GET {line.target} HTTP/1.1" {line.status}'
                f' {line.size} "{line.referer}" "{line.agent}" {line.duration}\n'
            )


def write_json(path: Path, number: int) -> None:
    """The same requests as NGINX writes them by a ``log_format`` with ``escape=json``."""
    with path.open("w") as file:
        for line in lines(number):
            at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(line.time))
            fields = {
                "time_iso8601": at,
                "remote_addr": line.client,
                "request": f"GET {line.target} HTTP/1.1",
                "status": line.status,
                "body_bytes_sent": line.size,
                "http_referer": line.referer,
                "http_user_agent": line.agent,
                "request_time": float(line.duration),
            }
            file.write(json.dumps(fields, separators=(",", ":")) + "\n")


def _address(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(1, 255)) for _ in range(4))


def _agent(rng: random.Random) -> str:
    """A browser of some version, or, now and then, something else."""
    if rng.random() < 0.1:
        return rng.choice(AGENTS)
    version = f"{rng.randrange(90, 120)}.0.{rng.randrange(4000, 4100)}.0"
    return (
        f"Mozilla/5.0 ({rng.choice(SYSTEMS)}) AppleWebKit/537.36 (KHTML, like Gecko)"
        f" Chrome/{version} Safari/537.36"
    )
