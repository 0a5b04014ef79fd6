"""Exports as tests need them: made by the protocol's own classes, in both encodings."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.factories import NOON

NOW_US = NOON * 1_000_000
END_NS = NOON * 1_000_000_000
RIGHT: Mapping[str, object] = {
    "http.request.method": "GET",
    "url.path": "/api/orders/7",
    "http.route": "/api/orders/{id}",
    "http.response.status_code": 200,
}
Request = ExportTraceServiceRequest | ExportLogsServiceRequest


def value(of: object) -> AnyValue:
    """As OpenTelemetry has it."""
    match of:
        case bool():
            return AnyValue(bool_value=of)
        case int():
            return AnyValue(int_value=of)
        case float():
            return AnyValue(double_value=of)
        case list():
            made = AnyValue()
            made.array_value.values.extend(map(value, of))
            return made
        case _:
            return AnyValue(string_value=str(of))


def attributes(of: Mapping[str, object]) -> list[KeyValue]:
    """Those that are not None."""
    return [KeyValue(key=name, value=value(one)) for name, one in of.items() if one is not None]


def span(of: Mapping[str, object] = RIGHT, **fields: Any) -> Span:  # Any: a span's fields
    """A server's that took 0.1 s."""
    return Span(
        **{
            "trace_id": b"\x01" * 16,
            "span_id": b"\x02" * 8,
            "kind": Span.SPAN_KIND_SERVER,
            "start_time_unix_nano": END_NS - 100_000_000,
            "end_time_unix_nano": END_NS,
            "attributes": attributes(of),
            **fields,
        }
    )


def exception(**of: str) -> Span.Event:
    """The event of one: ``exception(type="Boom")``."""
    named = {f"exception.{name}": text for name, text in of.items()}
    return Span.Event(name="exception", attributes=attributes(named))


def log(of: Mapping[str, object] = RIGHT, **fields: Any) -> LogRecord:  # Any: its fields
    """A log record of that time."""
    return LogRecord(**{"time_unix_nano": END_NS, "attributes": attributes(of), **fields})


def traces(spans: Iterable[Span], service: str | None = "shop") -> ExportTraceServiceRequest:
    """What a service sends."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(attributes({"service.name": service}))
    resource.scope_spans.add().spans.extend(spans)
    return request


def logs(records: Iterable[LogRecord], service: str | None = "shop") -> ExportLogsServiceRequest:
    """What a service sends."""
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.extend(attributes({"service.name": service}))
    resource.scope_logs.add().log_records.extend(records)
    return request


def to_json(request: Request) -> dict[str, Any]:  # Any: JSON
    """As the protocol wants it: numbers for what is enumerated, ids in hexadecimal."""
    made: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for resource in made.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for one in scope.get("spans", ()):
                one |= {"traceId": "01" * 16, "spanId": "02" * 8}
    return made


def both(request: Request) -> list[tuple[str, bytes]]:
    """Its encodings, by media type."""
    return [
        ("application/x-protobuf", request.SerializeToString()),
        ("application/json", json.dumps(to_json(request)).encode()),
    ]
