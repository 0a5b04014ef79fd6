"""A Collector's exporter, as far as a server can tell: what it sends, and what it makes of answers.

Written after ``exporter/otlphttpexporter`` and ``config/confighttp`` of opentelemetry-collector: it
stands for the real one, which no registry of packages has.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from typing import NamedTuple
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.core.otlp.exports import Request, to_json

TIMEOUT_S = 30
MOST_READ = 64 << 10
"""Bytes of an answer; of a longer one nothing is understood."""
REPEATED = (429, 502, 503, 504)
"""Statuses after which it sends again; after every other one but 2xx the batch is lost."""


class Outcome(NamedTuple):
    """What it made of an answer.

    Attributes:
        status: the answer's.
        is_sent: whether it is done with the batch, and was told so.
        message: what its own log then says of it.
        rejected: how many it was told were left out.
        wait_s: when it sends the batch again, if it does and was told when.
    """

    status: int
    is_sent: bool
    message: str = ""
    rejected: int = 0
    wait_s: int | None = None


@dataclass
class Collector:
    """An ``otlphttp`` exporter with these settings; the others are its defaults."""

    endpoint: str
    headers: Mapping[str, str]
    compression: str = "gzip"
    encoding: str = "proto"
    is_chunked: bool = False
    sent: list[bytes] = field(default_factory=list)

    def export(self, request: Request) -> Outcome:
        """One batch, once."""
        signal = "logs" if isinstance(request, ExportLogsServiceRequest) else "traces"
        separator = "" if self.endpoint.endswith("/") else "/"
        url = urlsplit(f"{self.endpoint}{separator}v1/{signal}")
        connection = HTTPConnection(url.netloc, timeout=TIMEOUT_S)
        try:
            body = self._compressed(self._encoded(request))
            self.sent.append(body)
            connection.request(
                "POST",
                url.path,
                iter([body]) if self.is_chunked else body,
                self._headers(),
                encode_chunked=self.is_chunked,
            )
            answer = connection.getresponse()
            return outcome(answer.status, answer.headers, answer.read(), signal)
        finally:
            connection.close()

    def _encoded(self, request: Request) -> bytes:
        if self.encoding == "json":
            return json.dumps(to_json(request), separators=(",", ":")).encode()
        return request.SerializeToString()

    def _compressed(self, body: bytes) -> bytes:
        if self.compression == "gzip":
            return gzip.compress(body, mtime=0)  # Go writes no time either
        return body  # of all others only the name matters here

    def _headers(self) -> dict[str, str]:
        given = {
            "User-Agent": "OpenTelemetry Collector Contrib/0.139.0 (linux/amd64)",
            "Content-Type": f"application/{'json' if self.encoding == 'json' else 'x-protobuf'}",
            "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Accept-Encoding": "gzip",
            **self.headers,
        }
        if self.compression not in ("", "none"):
            given["Content-Encoding"] = self.compression
        if self.is_chunked:
            given["Transfer-Encoding"] = "chunked"
        return given


def outcome(
    status: int, headers: Mapping[str, str] | HTTPMessage, body: bytes, signal: str
) -> Outcome:
    """Of an answer to what was exported as that signal."""
    if 200 <= status < 300:
        message, rejected = _partial_success(headers.get("content-type", ""), body, signal)
        return Outcome(status, True, message, rejected)
    wait_s = headers.get("retry-after") if status in REPEATED else None
    return Outcome(status, False, _message(body), wait_s=int(wait_s) if wait_s else None)


def _partial_success(media_type: str, body: bytes, signal: str) -> tuple[str, int]:
    """Its message and number; the media type must be right to the letter.

    Raises:
        DecodeError: the batch would be sent again, though it has been taken.
    """
    assert len(body) <= MOST_READ
    if body and media_type == "application/json":
        partial = json.loads(body).get("partialSuccess", {})
        kind = "rejectedSpans" if signal == "traces" else "rejectedLogRecords"
        return partial.get("errorMessage", ""), int(partial.get(kind, 0))
    if media_type != "application/x-protobuf":
        return "", 0
    if signal == "traces":
        spans = ExportTraceServiceResponse.FromString(body).partial_success
        return spans.error_message, spans.rejected_spans
    logs = ExportLogsServiceResponse.FromString(body).partial_success
    return logs.error_message, logs.rejected_log_records


def _message(body: bytes) -> str:
    """Of a ``google.rpc.Status``, in protobuf whatever was sent; it shares this field's number."""
    assert len(body) <= MOST_READ
    try:
        return Status.FromString(body).message
    except DecodeError:
        return ""
