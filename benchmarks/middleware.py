"""What the middleware costs an app: µs of processor time per request, sending included.

    python -m benchmarks.middleware --requests 100000

Calls a small app in this process, without and with the middleware, in turn; the records go to
an endpoint in another process. The sender's thread counts as well.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.ingest import BARE, free_port
from logwatcher.middleware import ASGIMiddleware, WSGIMiddleware
from logwatcher.middleware.sender import Sender

ROUNDS = 5
TOKEN = "none"  # noqa: S105
PAUSE_EVERY = 5000  # as many as are queued at most
Scope = dict[str, Any]  # Any: ASGI's and WSGI's own


class Route:
    """As Starlette leaves it in the scope."""

    path = "/orders/{id:int}"


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once."""
    scope.update(endpoint=asgi_app, route=Route, path_params={"id": 7})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"order"})


def wsgi_app(environ: Scope, start_response: Any) -> list[bytes]:
    """Answers at once."""
    start_response("200 OK", [])
    return [b"order"]


async def receive() -> Scope:
    """Nothing more comes."""
    return {"type": "http.disconnect"}


async def send(message: Scope) -> None:
    """Takes it."""


async def call_asgi(app: Any, n: int) -> None:
    """``n`` requests."""
    for _ in range(n):
        scope = {"type": "http", "method": "GET", "path": "/orders/7", "root_path": ""}
        await app(scope, receive, send)


async def call_wsgi(app: Any, n: int) -> None:
    """``n`` requests, each read to its end and closed."""
    for _ in range(n):
        environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/orders/7"}
        body = app(environ, lambda *_: lambda data: None)
        for _part in body:
            pass
        if close := getattr(body, "close", None):
            close()


async def cost_us(
    call: Callable[[Any, int], Awaitable[None]], app: Any, sender: Sender | None, n: int
) -> float:
    """Processor time of a request, until all are sent."""
    began = time.process_time()
    for first in range(0, n, PAUSE_EVERY):
        await call(app, min(PAUSE_EVERY, n - first))
        if sender:
            await asyncio.to_thread(sender.close)
    return (time.process_time() - began) / n * 1e6


def measure(name: str, call: Callable[[Any, int], Awaitable[None]], bare: Any, app: Any) -> None:
    """Print the median difference."""
    differences = []
    for _ in range(ROUNDS):
        without = asyncio.run(cost_us(call, bare, None, options.requests // ROUNDS))
        watched = asyncio.run(cost_us(call, app, app.sender, options.requests // ROUNDS))
        differences.append(watched - without)
    print(
        f"{name:6} {statistics.median(differences):5.1f} µs per request"
        f"   sent {app.sender.sent:,}   dropped {app.sender.dropped:,}"
    )


def main() -> None:
    """ASGI, then WSGI."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        time.sleep(2)
        url = f"http://127.0.0.1:{port}"
        measure("ASGI", call_asgi, asgi_app, ASGIMiddleware(asgi_app, url=url, token=TOKEN))
        measure("WSGI", call_wsgi, wsgi_app, WSGIMiddleware(wsgi_app, url=url, token=TOKEN))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    options = parser.parse_args()
    main()
