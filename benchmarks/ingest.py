"""Events per second over HTTP, in batches of 1,000, beside an endpoint that only decodes.

    python -m benchmarks.ingest --seconds 10

Starts one worker on a new SQLite database, or on DATABASE_URL's. Every answer counted means
that its events are committed; at the end the stored requests are counted.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests import database
from tests.server import PROGRAM, Server

BATCH = 1000
BATCHES = 20
"""Different ones, sent in turn."""
TOKENS = 4
"""Each may send only so many events per second."""
Rates = tuple[float, float]
BARE = """
import json, socket, sys, uvicorn

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body")
    data = json.dumps({"accepted": len(json.loads(body)), "rejected": []}).encode()
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": data})

uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
"""


def bodies() -> list[bytes]:
    """Batches as an app would send them: 40 routes, a few errors, the last two seconds."""
    rng = random.Random(1)
    now = time.time()
    return [json.dumps([request(rng, now) for _ in range(BATCH)]).encode() for _ in range(BATCHES)]


def request(rng: random.Random, now: float) -> dict[str, object]:
    """One event."""
    kind = rng.randrange(40)
    return {
        "time": now - rng.random() * 2,
        "method": "GET",
        "path": f"/api/kind{kind}/{rng.randrange(10_000)}",
        "route": f"/api/kind{kind}/{{id}}",
        "status": rng.choice([200, 200, 200, 200, 201, 301, 404, 500]),
        "duration": round(rng.lognormvariate(-3, 1), 6),
        "size": rng.randrange(10_000),
    }


def send(url: str, tokens: list[str], seconds: float, clients: int) -> Rates:
    """Send as fast as answers come; returns events per second, and the p99 of an answer, in s."""
    ready = bodies()
    took: list[float] = []
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {tokens[number % len(tokens)]}",
        }
        turn = number
        while time.monotonic() < end:
            began = time.monotonic()
            connection.request("POST", "/api/events", ready[turn % BATCHES], headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 202:
                raise RuntimeError(f"answered {answer.status}")
            took.append(time.monotonic() - began)
            turn += 1

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - began
    return len(took) * BATCH / elapsed, statistics.quantiles(took, n=100)[-1]


def measure(name: str, url: str, options: argparse.Namespace, tokens: list[str]) -> None:
    """Send from a process of its own, and print how fast that was."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        rates: Rates = pool.apply(send, (url, tokens, options.seconds, options.clients))
    rate, p99 = rates
    print(f"{name:28} {rate:9,.0f} events/s   p99 of an answer {p99 * 1000:.0f} ms", flush=True)


def create_token(environment: dict[str, str]) -> str:
    """A new token."""
    return subprocess.run(
        [PROGRAM, "token", "create", "bench"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def cpu_s(pid: int) -> float:
    """Processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    port = free_port()
    bare = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        time.sleep(2)
        measure("decodes only", f"http://127.0.0.1:{port}", options, ["none"])
    finally:
        bare.terminate()
        bare.wait()
    with tempfile.TemporaryDirectory() as data:
        url = os.environ.get("DATABASE_URL", f"sqlite:///{Path(data) / 'logwatcher.sqlite3'}")
        environment = {**os.environ, "DATABASE_URL": url, "LOGWATCHER_DATA": data}
        tokens = [create_token(environment) for _ in range(TOKENS)]
        server = Server(Path(data), url, ["serve"])
        server.start()
        began = cpu_s(server.pid)
        try:
            measure("POST /api/events, committed", server.url, options, tokens)
            used = cpu_s(server.pid) - began
        finally:
            server.stop()
        stored = database.count_requests(url)
        print(f"stored: {stored:,}, each with {used / stored * 1e6:.1f} µs of processor time")


if __name__ == "__main__":
    main()
