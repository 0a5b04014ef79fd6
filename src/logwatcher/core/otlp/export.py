"""All items of an export → events by service, and what the sender is told of the others."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from logwatcher.core.event import Event, ParseError
from logwatcher.core.otlp.record import Item, to_event
from logwatcher.core.otlp.signal import Signal
from logwatcher.core.payload import TooManyEvents
from logwatcher.core.privacy import STRICT, Policy

MAX_REQUESTS = 20_000
"""In one export: a Collector adds a batch of 8,192 to one that is not full, and sends both."""
MAX_REASONS = 5
"""So many different ones are told."""


class Export(NamedTuple):
    """What was exported.

    Attributes:
        events: by service, in the order they were sent.
        reasons: why some were rejected, the first ``MAX_REASONS`` that differ.
        wrong: how many were rejected.
        ignored: how many describe no request.
    """

    events: dict[str, list[Event]]
    reasons: list[str]
    wrong: int
    ignored: int


def collect(items: Iterable[Item], now_us: int, policy: Policy = STRICT) -> Export:
    """Sort them.

    Args:
        items: of one export.
        now_us: the time of log records that have none, and the measure of what is ahead of it.
        policy: what is kept of each.

    Raises:
        TooManyEvents: it is more than may be sent at once; or as ``items`` raises.
    """
    events: dict[str, list[Event]] = {}
    reasons: list[str] = []
    count = wrong = ignored = 0
    for service, found in items:
        try:
            if isinstance(found, ParseError):
                raise found
            event = found and to_event(found, now_us, policy)
        except ParseError as error:
            wrong += 1
            if len(reasons) < MAX_REASONS and str(error) not in reasons:
                reasons.append(str(error))
            continue
        if event is None:
            ignored += 1
            continue
        count += 1
        if count > MAX_REQUESTS:
            raise TooManyEvents(f"more than {MAX_REQUESTS} requests; send them in several exports")
        events.setdefault(service, []).append(event)
    return Export(events, reasons, wrong, ignored)


def answer(export: Export, signal: Signal, *, is_json: bool) -> bytes:
    """The response: empty if there is nothing to tell.

    Spans that are no server's are sent by every app, so only of log records it is told that
    some were ignored.
    """
    told = list(export.reasons)
    if export.ignored and not signal.is_spans:
        told.append(f"{export.ignored} {signal.noun} describe no HTTP request and were ignored")
    message = "; ".join(told)
    if is_json:
        partial = {signal.rejected: str(export.wrong), "errorMessage": message}
        return json.dumps({"partialSuccess": partial} if told else {}).encode()
    if not told:
        return b""
    if signal.is_spans:
        spans = ExportTracePartialSuccess(rejected_spans=export.wrong, error_message=message)
        return ExportTraceServiceResponse(partial_success=spans).SerializeToString()
    logs = ExportLogsPartialSuccess(rejected_log_records=export.wrong, error_message=message)
    return ExportLogsServiceResponse(partial_success=logs).SerializeToString()


def refusal(message: str, *, is_json: bool) -> bytes:
    """The response to what is not accepted: a ``google.rpc.Status``."""
    if is_json:
        return json.dumps({"message": message}).encode()
    return Status(message=message).SerializeToString()  # the field has the same number in both
