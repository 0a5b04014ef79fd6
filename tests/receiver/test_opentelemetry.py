"""Unmodified apps, SDKs and exporters of OpenTelemetry send, and a real server shows it."""

import http.server
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter as JSONLogExporter
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JSONExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

from tests import database
from tests.middleware.shop import PARTS, PAUSE_S
from tests.middleware.visiting import VISITS, Row, requests, running, visit
from tests.receiver.instrumented import APPS
from tests.sending import create_token
from tests.server import Server

pytestmark = pytest.mark.sqlite

WAIT_S = 20


def wait_for(server: Server, count: int) -> list[Row]:
    """The requests, once there are as many."""
    deadline = time.monotonic() + WAIT_S
    while len(rows := requests(server)) < count:
        assert time.monotonic() < deadline, f"only {len(rows)} of {count}: {rows}"
        time.sleep(0.05)
    return rows


@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize(
    ("names", "exporter", "compression"),
    [("old", "protobuf", "none"), ("http", "protobuf", "gzip"), ("http/dup", "json", "gzip")],
)
def test_an_instrumented_app_is_watched(
    name: str, names: str, exporter: str, compression: str, serve: Callable[..., Server]
) -> None:
    server = serve("demo")
    with running(
        "tests.receiver.instrumented",
        name,
        exporter,
        OTEL_EXPORTER_OTLP_ENDPOINT=server.url,
        OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{create_token(server, name)}",
        OTEL_EXPORTER_OTLP_COMPRESSION=compression,
        OTEL_SEMCONV_STABILITY_OPT_IN=names,
        OTEL_BSP_SCHEDULE_DELAY="100",
    ) as port:
        for method, path, status, _ in VISITS:
            assert visit(port, method, path)[0] == status
        rows = wait_for(server, len(VISITS))
    assert len(requests(server)) == len(VISITS)  # no more came as the app ended
    has_paths = name == "fastapi" or names != "http"  # under WSGI these need what wsgiref lacks
    found = {(row["method"], row["status"], row["route"]): row for row in rows}
    for method, path, status, route in VISITS:
        if not has_paths and status == 404:
            route = "(unknown)"
        row = found[method, status, route]
        assert row["source"] == name
        assert row["path"] == (path.partition("?")[0] if has_paths else route)
        assert 0 < row["duration"] < 2
        assert abs(time.time() - row["time"]) < 30
        failed = ("ZeroDivisionError", "a secret") if path == "/boom" else ("", "")
        assert (row["error_type"], row["error_message"]) == failed
    if name == "fastapi":  # the others' instrumentation ends a span where the stream begins
        assert found["GET", 200, "/stream"]["duration"] > PAUSE_S * len(PARTS)
    assert database.assert_consistent(server.database_url) == len(VISITS)


@pytest.mark.parametrize("exporter", [OTLPSpanExporter, JSONExporter])
def test_two_thousand_spans_of_an_sdk_are_counted_each_once(
    exporter: type[OTLPSpanExporter | JSONExporter], serve: Callable[..., Server]
) -> None:
    server = serve("demo")
    headers = {"authorization": f"Bearer {create_token(server, '*')}"}
    provider = TracerProvider(resource=Resource({"service.name": "checkout"}))
    provider.add_span_processor(
        BatchSpanProcessor(exporter(f"{server.url}/v1/traces", headers=headers), 4096)
    )
    tracer = provider.get_tracer("tests")
    for i in range(2000):
        given: dict[str, str | int | float] = {
            "http.request.method": "GET",
            "url.path": f"/{i}",
            "http.response.status_code": 200,
        }
        tracer.start_span("query").end()
        tracer.start_span("GET", kind=SpanKind.SERVER, attributes=given).end()
    provider.shutdown()
    assert len(set(database.paths(server.database_url))) == 2000
    assert database.assert_consistent(server.database_url) == 2000
    assert requests(server)[0]["source"] == "checkout"


@pytest.mark.parametrize("exporter", [OTLPLogExporter, JSONLogExporter])
def test_log_records_of_an_sdk_are_requests_if_they_describe_one(
    exporter: type[OTLPLogExporter | JSONLogExporter], serve: Callable[..., Server]
) -> None:
    server = serve("demo")
    headers = {"authorization": f"Bearer {create_token(server, 'proxy')}"}
    provider = LoggerProvider()
    provider.add_log_record_processor(
        SimpleLogRecordProcessor(exporter(f"{server.url}/v1/logs", headers=headers))
    )
    logger = provider.get_logger("tests")
    logger.emit(LogRecord(timestamp=time.time_ns(), body="starts"))
    given: dict[str, str | int | float] = {
        "http.request.method": "GET",
        "url.path": "/orders/7",
        "http.response.status_code": 502,
        "http.response.body.size": 12,
        "http.server.request.duration": 0.25,
    }
    logger.emit(LogRecord(timestamp=time.time_ns(), attributes=given))
    provider.shutdown()
    (row,) = requests(server)
    assert (row["source"], row["route"], row["status"]) == ("proxy", "/orders/{id}", 502)
    assert (row["duration"], row["size"]) == (0.25, 12)


class Forgetful(http.server.BaseHTTPRequestHandler):
    """Passes a request on, and at first loses the answer."""

    url = ""
    lost = 0

    def do_POST(self) -> None:
        """As ``http.server`` calls it."""
        body = self.rfile.read(int(self.headers["content-length"]))
        request = urllib.request.Request(  # noqa: S310
            self.url + self.path, body, dict(self.headers), method="POST"
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert answer.status == 200
        type(self).lost += 1
        self.send_response(200 if self.lost > 2 else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def forgetful(url: str) -> Iterator[str]:
    """A proxy before a server; its address."""
    handler = type("Handler", (Forgetful,), {"url": url})
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
        assert handler.lost == 3  # type: ignore[attr-defined] # made above


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_an_exporter_sends_again_counts_once(
    compression: Compression, serve: Callable[..., Server]
) -> None:
    server = serve("demo")
    headers = {"authorization": f"Bearer {create_token(server, 'shop')}"}
    with forgetful(server.url) as url:
        exporter = OTLPSpanExporter(f"{url}/v1/traces", headers=headers, compression=compression)
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(exporter))
        given: dict[str, str | int | float] = {
            "http.method": "GET",
            "http.target": "/",
            "http.status_code": 200,
        }
        tracer = provider.get_tracer("tests")
        tracer.start_span("GET", kind=SpanKind.SERVER, attributes=given).end()
        provider.shutdown()
    assert database.assert_consistent(server.database_url) == 1
