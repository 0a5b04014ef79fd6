"""Requests a second by OpenTelemetry's exports of 512 spans, beside the same ones as our events.

A new server on a new SQLite database for each; each batch is sent once, and all are found stored.
"""

import gzip
import http.client
import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.bench import Bench
from benchmarks.figure import Figure
from benchmarks.ingest import CLIENTS, event
from benchmarks.process import cpu_s
from benchmarks.serving import serving
from tests import database

BATCH = 512
"""What SDKs send at most."""
BATCHES = 300
EVENTS = "events as JSON"

Requests = list[dict[str, object]]


class Way(NamedTuple):
    """One way of sending."""

    path: str
    headers: dict[str, str]
    encode: Callable[[Requests, int], bytes]


class Stored(NamedTuple):
    """Requests a second, and µs of the server's processor time for each."""

    rate: float
    cpu_us: float


def to_span(of: dict[str, object], number: int) -> Span:
    """As instrumentation makes it: 13 attributes, most of which nobody reads here."""
    end = round(float(str(of["time"])) * 1e9)
    given: dict[str, str | int] = {
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.path": str(of["path"]),
        "http.route": str(of["route"]),
        "http.response.status_code": int(str(of["status"])),
        "http.response.body.size": int(str(of["size"])),
        "server.address": "shop.example",
        "server.port": 8000,
        "network.protocol.version": "1.1",
        "client.address": "127.0.0.1",
        "client.port": 50_000,
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "thread.name": "worker",
    }
    return Span(
        trace_id=(number + 1).to_bytes(16),
        span_id=(number + 1).to_bytes(8),
        name=f"GET {of['route']}",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=end - round(float(str(of["duration"])) * 1e9),
        end_time_unix_nano=end,
        attributes=[
            KeyValue(
                key=name,
                value=AnyValue(int_value=value)
                if isinstance(value, int)
                else AnyValue(string_value=value),
            )
            for name, value in given.items()
        ],
    )


def export(of: Requests, number: int) -> ExportTraceServiceRequest:
    """One service's, as an SDK sends it."""
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    resource.resource.attributes.add(key="service.name", value=AnyValue(string_value="shop"))
    spans = [to_span(one, number * BATCH + i) for i, one in enumerate(of)]
    resource.scope_spans.add().spans.extend(spans)
    return made


PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
WAYS = {
    EVENTS: Way("/api/events", JSON, lambda of, _: json.dumps(of).encode()),
    "protobuf": Way("/v1/traces", PROTOBUF, lambda of, n: export(of, n).SerializeToString()),
    "protobuf, gzip": Way(
        "/v1/traces",
        {**PROTOBUF, "Content-Encoding": "gzip"},
        lambda of, n: gzip.compress(export(of, n).SerializeToString(), 6),
    ),
    "JSON": Way(
        "/v1/traces",
        JSON,
        lambda of, n: json.dumps(
            MessageToDict(export(of, n), use_integers_for_enums=True)
        ).encode(),
    ),
}


def send(name: str, url: str, token: str, batches: int) -> float:
    """Send each batch once; returns the seconds that it took."""
    way = WAYS[name]
    rng = random.Random(1)
    now = time.time()
    headers = {**way.headers, "Authorization": f"Bearer {token}"}
    ready = [
        way.encode([event(rng, now) for _ in range(BATCH)], number) for number in range(batches)
    ]
    lock = threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        while True:
            with lock:
                if not ready:
                    return
                body = ready.pop()
            connection.request("POST", way.path, body, headers)
            answer = connection.getresponse()
            if answer.status not in (200, 202):
                raise RuntimeError(f"answered {answer.status}: {answer.read()!r}")
            answer.read()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def measure(bench: Bench) -> list[Figure]:
    """Each way in turn."""
    batches = bench.size(BATCHES, least=CLIENTS)
    ways = [partial(_measure, name, batches) for name in WAYS]
    events, *exports = bench.alternate(*ways)
    figures = []
    for name, runs in zip(list(WAYS)[1:], exports, strict=True):
        rates, event_rates = ([one.rate for one in side] for side in (runs, events))
        cpu, event_cpu = ([one.cpu_us for one in side] for side in (runs, events))
        figures += [
            Figure(name, "requests/s", rates, EVENTS, event_rates),
            Figure(f"{name}, processor time", "µs", cpu, EVENTS, event_cpu),
        ]
    return figures


def _measure(name: str, batches: int) -> Stored:
    with serving() as (server, (token,)):
        began = cpu_s(server.pid)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            took: float = pool.apply(send, (name, server.url, token, batches))
        used = cpu_s(server.pid) - began
        stored = database.count_requests(server.database_url)
    if stored != batches * BATCH:
        raise RuntimeError(f"{stored} of {batches * BATCH} are stored")
    return Stored(stored / took, used / stored * 1e6)
