"""What the middleware costs an app: processor time per request, sending included.

A small app is called in this process, bare, with our middleware and with OpenTelemetry's
instrumentation and its exporter; the bare app's time is taken off. The records go to an endpoint
in another process.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware as OpenTelemetryWSGI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from benchmarks.bench import PEERS, Bench
from benchmarks.figure import Figure, Limit
from benchmarks.process import free_port, listening
from logwatcher.middleware import ASGIMiddleware, WSGIMiddleware

REQUESTS = 50_000
TOKEN = "none"  # noqa: S105
PAUSE_EVERY = 5000
"""Then all is sent: as many as are queued at most."""
LIMIT = Limit(times=5, at_most=15)
Scope = dict[str, Any]  # Any: ASGI's and WSGI's own
Call = Callable[[Any, int], Awaitable[None]]
Flush = Callable[[], object]


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
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/orders/7",
            "root_path": "",
            "scheme": "http",
            "http_version": "1.1",
            "query_string": b"",
            "headers": [],
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50_000),
        }
        await app(scope, receive, send)


async def call_wsgi(app: Any, n: int) -> None:
    """``n`` requests, each read to its end and closed."""
    for _ in range(n):
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/orders/7",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "REMOTE_ADDR": "127.0.0.1",
        }
        body = app(environ, lambda *_: lambda data: None)
        for _part in body:
            pass
        if close := getattr(body, "close", None):
            close()


def measure(bench: Bench) -> list[Figure]:
    """ASGI, then WSGI."""
    n, port = bench.size(REQUESTS, least=1000), free_port()
    with listening([sys.executable, str(PEERS / "bare.py"), str(port)], port):
        url = f"http://127.0.0.1:{port}"
        provider, flush = _provider(url)
        asgi = ASGIMiddleware(asgi_app, url=url, token=TOKEN)
        wsgi = WSGIMiddleware(wsgi_app, url=url, token=TOKEN)
        figures = [
            _measure(
                bench,
                "ASGI",
                partial(_cost_us, call_asgi, asgi_app, n, None),
                partial(_cost_us, call_asgi, asgi, n, asgi.sender.close),
                partial(
                    _cost_us,
                    call_asgi,
                    OpenTelemetryMiddleware(asgi_app, tracer_provider=provider),
                    n,
                    flush,
                ),
            ),
            _measure(
                bench,
                "WSGI",
                partial(_cost_us, call_wsgi, wsgi_app, n, None),
                partial(_cost_us, call_wsgi, wsgi, n, wsgi.sender.close),
                partial(
                    _cost_us,
                    call_wsgi,
                    OpenTelemetryWSGI(wsgi_app, tracer_provider=provider),
                    n,
                    flush,
                ),
            ),
        ]
        provider.shutdown()
    for sender in (asgi.sender, wsgi.sender):
        if sender.dropped or sender.sent != n * bench.rounds:
            raise RuntimeError(f"{sender.sent} of {n * bench.rounds} sent")
    return figures


def _provider(url: str) -> tuple[TracerProvider, Flush]:
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces")
    processor = BatchSpanProcessor(exporter, max_queue_size=2 * PAUSE_EVERY)
    provider.add_span_processor(processor)
    return provider, processor.force_flush


def _measure(bench: Bench, name: str, *ways: Callable[[], float]) -> Figure:
    bare, ours, theirs = bench.alternate(*ways)
    return Figure(name, "µs", _above(ours, bare), "OpenTelemetry", _above(theirs, bare), LIMIT)


def _above(of: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [one - other for one, other in zip(of, bare, strict=True)]


def _cost_us(call: Call, app: Any, n: int, flush: Flush | None) -> float:
    """Processor time of a request, until all are sent, of all threads of this process."""

    async def run() -> None:
        for first in range(0, n, PAUSE_EVERY):
            await call(app, min(PAUSE_EVERY, n - first))
            if flush:
                await asyncio.to_thread(flush)

    began = time.process_time()
    asyncio.run(run())
    return (time.process_time() - began) / n * 1e6
