"""What a Collector's exporter sends, to a real server: what is stored, and what it is told."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests import database
from tests.core.otlp.exports import attributes, exception, logs, traces, value
from tests.core.otlp.exports import log as made_log
from tests.core.otlp.exports import span as made_span
from tests.middleware.visiting import Row, requests
from tests.receiver.asking import Sender, Store, run
from tests.receiver.collector import Collector, Outcome, outcome
from tests.sending import create_token
from tests.server import Server

pytestmark = pytest.mark.sqlite

SENT = Outcome(200, True)
BATCH = 8192
"""Spans, after which the batch processor sends; what then comes at once, it sends with them."""
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "opentelemetry.md"

Export = ExportTraceServiceRequest


def collector(server: Server, source: str = "*", **settings: Any) -> Collector:  # Any: its fields
    return Collector(
        **{
            "endpoint": server.url,
            "headers": {"Authorization": f"Bearer {create_token(server, source)}"},
            **settings,
        }
    )


def span(kind: "Span.SpanKind.ValueType", of: Mapping[str, object], **fields: Any) -> Span:
    """With all that an SDK sets; ``fields``: others, as it has them."""
    end_ns = time.time_ns()
    return Span(
        **{
            "trace_id": bytes(range(16)),
            "span_id": bytes(range(8)),
            "parent_span_id": bytes(range(1, 9)),
            "trace_state": "congo=t61rcWkgMzE",
            "flags": 0x301,
            "name": "GET /cart/{id}",
            "kind": kind,
            "start_time_unix_nano": end_ns - 250_000_000,
            "end_time_unix_nano": end_ns,
            "attributes": attributes({"thread.id": 7, "tags": ["a", "b"], **of}),
            "dropped_attributes_count": 1,
            "links": [Span.Link(trace_id=bytes(16), span_id=bytes(8))],
            **fields,
        }
    )


def add(to: Export, service: str | None, *scopes: list[Span]) -> None:
    """One more service's, or the same one's again: a batch joins what came, and merges nothing."""
    one = to.resource_spans.add(schema_url="https://opentelemetry.io/schemas/1.37.0")
    named = {"host.name": "a", "process.pid": 1, "service.name": service, "k8s.pod.name": "b"}
    one.resource.attributes.extend(attributes(named))
    for spans in scopes:
        scope = InstrumentationScope(name="io.opentelemetry.jetty-12.0", version="2.20.0-alpha")
        one.scope_spans.add(scope=scope, spans=spans, schema_url=one.schema_url)


NEW = {
    "http.request.method": "GET",
    "url.scheme": "https",
    "url.path": "/cart/9",
    "url.query": "utm=1",
    "http.route": "/cart/{id}",
    "http.response.status_code": 200,
    "network.protocol.version": "1.1",
    "network.peer.address": "10.0.0.9",
    "server.address": "shop.example",
    "server.port": 443,
    "user_agent.original": "curl/8.0",
}
OLD = {
    "http.method": "POST",
    "http.scheme": "http",
    "http.target": "/pay?card=1",
    "http.route": "/pay",
    "http.status_code": 503,
    "http.flavor": "1.1",
    "http.response_content_length": 17,
    "net.host.name": "pay.internal",
    "net.sock.peer.addr": "10.0.0.4",
}
TEXTS = {
    "component": "proxy",
    "http.method": "GET",
    "http.url": "https://shop.example/static/app.js",
    "http.status_code": "304",
    "response_size": "0",
    "user_agent": "curl/8.0",
}
"""As Envoy sends them: all are texts, and there is no route."""
CLIENT = {"http.request.method": "GET", "url.full": "http://x/y", "http.response.status_code": 200}


def mixed() -> Export:
    """Several services' spans of all kinds, as one batch has them."""
    batch = Export()
    failed = Status(code=Status.STATUS_CODE_ERROR)
    boom = exception(type="java.io.IOException", message="broken pipe", stacktrace="at x")
    add(
        batch,
        "cart",
        [
            span(Span.SPAN_KIND_SERVER, NEW),
            span(Span.SPAN_KIND_CLIENT, CLIENT),
            span(Span.SPAN_KIND_INTERNAL, {}),
        ],
        [span(Span.SPAN_KIND_CLIENT, {"db.system": "redis"})],
    )
    add(batch, "worker", [span(Span.SPAN_KIND_CONSUMER, {}), span(Span.SPAN_KIND_PRODUCER, {})])
    add(batch, "pay", [span(Span.SPAN_KIND_SERVER, OLD, status=failed, events=[boom])])
    add(batch, "envoy", [span(Span.SPAN_KIND_SERVER, TEXTS), span(Span.SPAN_KIND_CLIENT, TEXTS)])
    add(batch, "cart", [span(Span.SPAN_KIND_SERVER, {**NEW, "http.request.method": "_OTHER"})])
    add(batch, None, [span(Span.SPAN_KIND_SERVER, NEW), Span()])
    add(batch, "idle")
    batch.resource_spans.add()
    return batch


def by_endpoint(server: Server) -> dict[tuple[str, str, str, int], Row]:
    rows = requests(server)
    found = {(row["source"], row["method"], row["route"], row["status"]): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("encoding", ["proto", "json"])
@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_batch_of_several_services_is_stored_by_service(
    encoding: str, compression: str, is_chunked: bool, serve: Callable[..., Server]
) -> None:
    server = serve("demo")
    sender = collector(server, encoding=encoding, compression=compression, is_chunked=is_chunked)
    assert sender.export(mixed()) == SENT
    found = by_endpoint(server)
    assert set(found) == {
        ("cart", "GET", "/cart/{id}", 200),
        ("cart", "_OTHER", "/cart/{id}", 200),
        ("pay", "POST", "/pay", 503),
        ("envoy", "GET", "/static/app.js", 304),
        ("unknown_service", "GET", "/cart/{id}", 200),
    }
    assert all(row["duration"] == 0.25 for row in found.values())
    assert found["cart", "GET", "/cart/{id}", 200]["path"] == "/cart/9"
    pay = found["pay", "POST", "/pay", 503]
    assert (pay["path"], pay["size"]) == ("/pay", 17)
    assert (pay["error_type"], pay["error_message"]) == ("java.io.IOException", "broken pipe")
    assert database.assert_consistent(server.database_url) == len(found)


def test_the_peer_is_the_client_where_nobody_else_is_named(serve: Callable[..., Server]) -> None:
    server = serve("demo", "--client-ip", "full")
    assert collector(server).export(mixed()) == SENT
    found = by_endpoint(server)
    assert found["cart", "GET", "/cart/{id}", 200]["client"] == "10.0.0.9"
    assert found["pay", "POST", "/pay", 503]["client"] == "10.0.0.4"


def test_the_signals_path_is_joined_to_an_endpoint_with_or_without_a_slash(
    serve: Callable[..., Server],
) -> None:
    server = serve("demo")
    for endpoint in (server.url, f"{server.url}/"):
        assert collector(server, endpoint=endpoint).export(mixed()).is_sent


def test_an_empty_batch_is_answered_like_any_other(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    assert collector(server).export(Export()) == SENT
    assert collector(server).export(ExportLogsServiceRequest()) == SENT


def test_a_batch_that_is_sent_again_counts_once(serve: Callable[..., Server]) -> None:
    """As after an answer that was lost; each service's part is known again."""
    server, batch = serve("demo"), mixed()
    sender = collector(server)
    assert sender.export(batch) == sender.export(batch) == SENT
    assert sender.sent[0] == sender.sent[1]
    assert database.assert_consistent(server.database_url) == 5


def test_what_was_left_out_is_told_in_its_log(serve: Callable[..., Server]) -> None:
    server, batch = serve("demo"), mixed()
    wrong = [
        span(Span.SPAN_KIND_SERVER, {**NEW, "http.response.status_code": 99 << 40}),
        span(Span.SPAN_KIND_SERVER, NEW, end_time_unix_nano=0),
    ]
    add(batch, "cart", wrong)
    told = collector(server).export(batch)
    assert told.is_sent
    assert told.rejected == 2
    assert "status: " in told.message
    assert "the span has no end" in told.message
    assert database.count_requests(server.database_url) == 5


def shared(spans: int, service: str, *, is_alone: bool) -> Export:
    """A batch of so many requests; alone each comes from a process that sent one at a time."""
    batch = Export()
    made = [span(Span.SPAN_KIND_SERVER, {**NEW, "url.path": f"/{i}"}) for i in range(spans)]
    for some in [[one] for one in made] if is_alone else [made]:
        add(batch, service, some)
    return batch


@pytest.mark.parametrize("is_alone", [False, True], ids=["of one resource", "of one each"])
def test_what_the_batch_processor_sends_at_most_by_default_fits(
    is_alone: bool, serve: Callable[..., Server]
) -> None:
    """One short of its size when a whole batch of a Collector behind it arrives."""
    server, most = serve("demo"), 2 * BATCH - 1
    assert collector(server).export(shared(most, "cart", is_alone=is_alone)) == SENT
    assert database.count_requests(server.database_url) == most


def filelog(line: str) -> LogRecord:
    """What the receiver makes of a line when it is set up as documented."""
    text = DOCUMENTATION.read_text()
    (regex,) = re.findall(r"^ +regex: '(.+)'$", text, re.MULTILINE)
    moves = re.findall(r"from: attributes\.(\w+), to: 'attributes\[\"(.+?)\"\]'", text)
    match = re.fullmatch(regex, line)
    assert match
    parsed = match.groupdict()
    moved = {to: parsed.pop(name) for name, to in moves}
    return LogRecord(
        time_unix_nano=time.time_ns(),
        observed_time_unix_nano=time.time_ns(),
        body=value(line),
        attributes=attributes({"log.file.name": "access.log", **parsed, **moved}),
    )


def test_an_access_log_that_a_collector_reads_is_stored(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    lines = [
        f'192.0.2.7 - - [24/Nov/2026:12:00:00 +0000] "{request}" {status} 512 "-" "curl/8.0" 0.250'
        for request, status in [("GET /orders/7?a=b HTTP/1.1", 200), ("POST /pay HTTP/2.0", 502)]
    ]
    batch = ExportLogsServiceRequest()
    for file in (lines[:1], lines[1:]):  # each file is a resource, and none says of which service
        scope = batch.resource_logs.add().scope_logs.add()
        scope.log_records.extend(map(filelog, file))
    assert collector(server, "proxy").export(batch) == SENT
    found = by_endpoint(server)
    assert set(found) == {
        ("proxy", "GET", "/orders/{id}", 200),
        ("proxy", "POST", "/pay", 502),
    }
    assert all((row["size"], row["duration"]) == (512, 0.25) for row in found.values())


def test_log_records_of_something_else_are_no_reason_to_send_again(
    serve: Callable[..., Server],
) -> None:
    server, batch = serve("demo"), ExportLogsServiceRequest()
    empty = KeyValue(key="http.request.method", value=AnyValue())
    others = [LogRecord(body=value("started")), LogRecord(attributes=[empty]), LogRecord()]
    batch.resource_logs.add().scope_logs.add().log_records.extend(others)
    told = collector(server).export(batch)
    assert (told.is_sent, told.rejected) == (True, 0)
    assert told.message == "3 log records describe no HTTP request and were ignored"


@pytest.mark.parametrize(
    "compression", ["zstd", "snappy", "x-snappy-framed", "deflate", "zlib", "lz4"]
)
def test_another_compression_is_refused_and_its_log_says_what_to_set(
    compression: str, serve: Callable[..., Server]
) -> None:
    server = serve("demo")
    told = collector(server, compression=compression).export(mixed())
    assert (told.status, told.is_sent, told.wait_s) == (415, False, None)
    assert told.message == f"Content-Encoding: '{compression}' is not taken; use gzip or none"


def test_without_a_valid_token_its_log_says_what_to_send(serve: Callable[..., Server]) -> None:
    server = serve("demo")
    for headers in ({}, {"Authorization": "Bearer lw.1.wrong"}, {"Authorization": "lw.1.wrong"}):
        told = collector(server, headers=headers).export(mixed())
        assert (told.status, told.is_sent) == (401, False)
        assert told.message == "send a valid token as: Authorization: Bearer TOKEN"


class Trouble(NamedTuple):
    """Something that a server refuses a batch for."""

    status: int
    wait_s: int | None
    name: str
    to: object


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(429, 2, "logwatcher.receiver.tokens.EVENTS_PER_S", 2.0),
        Trouble(503, 1, "logwatcher.receiver.receiver.MAX_HELD", 1),
        Trouble(503, 5, "logwatcher.receiver.receiver.COMMIT_TIMEOUT_S", 0),
        Trouble(413, None, "logwatcher.core.otlp.export.MAX_REQUESTS", 1),
    ],
    ids=["too fast", "too much", "too slow", "too large"],
)
@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_what_may_pass_it_repeats_and_is_told_when(
    signal: str, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble.name, trouble.to)
    spans, records = traces([made_span(NEW)] * 5), logs([made_log(NEW)] * 5)
    body = (spans if signal == "traces" else records).SerializeToString()

    async def scenario(sender: Sender, store: Store) -> None:
        async def commit(_: object) -> None:
            await asyncio.sleep(0)  # where a time that is over is noticed

        monkeypatch.setattr(sender.receiver, "_commit", commit)
        answers = [await sender.post(body, content_type="application/x-protobuf") for _ in "12"]
        found = [outcome(one.status, one.headers, one.content, signal) for one in answers]
        assert found[-1][:2] == (trouble.status, False)
        assert found[-1].wait_s == trouble.wait_s
        assert found[-1].message

    run(scenario, f"/v1/{signal}")
