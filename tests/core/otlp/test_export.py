"""Items become events by service; the sender is told what of them could not be used."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from logwatcher.core.event import MAX_ERROR, MAX_PATH, MAX_ROUTE, ParseError
from logwatcher.core.otlp import protobuf
from logwatcher.core.otlp.export import MAX_REASONS, MAX_REQUESTS, Export, answer, collect, refusal
from logwatcher.core.otlp.record import NAMES, Item, Record
from logwatcher.core.otlp.signal import LOGS, TRACES, Signal
from logwatcher.core.payload import AHEAD_US, MAX_DURATION_S, MAX_SIZE, TooManyEvents
from logwatcher.core.text import clean
from tests.core.otlp.exports import END_NS, NOW_US, RIGHT, exception, span, traces

RECORD = Record(RIGHT, True, END_NS - 100_000_000, END_NS, None)


def made(items: Iterable[Item]) -> Export:
    return collect(items, NOW_US)


def test_events_are_sorted_by_service() -> None:
    export = made(Item(service, RECORD) for service in ("shop", "till", "shop"))
    assert {service: len(events) for service, events in export.events.items()} == {
        "shop": 2,
        "till": 1,
    }
    assert export[1:] == ([], 0, 0)


def test_what_is_wrong_or_no_request_is_counted() -> None:
    export = made(
        [
            Item("shop", RECORD),
            Item("shop", None),
            Item("shop", RECORD._replace(attributes={})),
            Item("shop", RECORD._replace(end_ns=0)),
            Item("shop", ParseError("not a span")),
            Item("shop", ParseError("not a span")),
        ]
    )
    assert len(export.events["shop"]) == 1
    assert export.reasons == ["time: the span has no end", "not a span"]
    assert (export.wrong, export.ignored) == (3, 2)


def test_a_few_reasons_are_told() -> None:
    export = made(Item("shop", ParseError(str(i))) for i in range(100))
    assert (len(export.reasons), export.wrong) == (MAX_REASONS, 100)


def test_too_many_requests_are_refused_but_not_too_many_other_spans() -> None:
    made([Item("shop", None)] * (3 * MAX_REQUESTS) + [Item("shop", RECORD)] * MAX_REQUESTS)
    with pytest.raises(TooManyEvents):
        made([Item("shop", RECORD)] * (MAX_REQUESTS + 1))


def test_nothing_to_tell_is_an_empty_message() -> None:
    export = Export({}, [], 0, 0)
    for signal in (TRACES, LOGS):
        assert answer(export, signal, is_json=False) == b""
        assert answer(export, signal, is_json=True) == b"{}"


@pytest.mark.parametrize(
    ("signal", "response", "rejected", "told"),
    [
        (TRACES, ExportTraceServiceResponse, "rejectedSpans", "a; b"),
        (
            LOGS,
            ExportLogsServiceResponse,
            "rejectedLogRecords",
            "a; b; 9 log records describe no HTTP request and were ignored",
        ),
    ],
)
def test_a_partial_success_says_how_many_and_why(
    signal: Signal,
    response: type[ExportTraceServiceResponse | ExportLogsServiceResponse],
    rejected: str,
    told: str,
) -> None:
    export = Export({}, ["a", "b"], 7, 9)
    message = response.FromString(answer(export, signal, is_json=False))
    partial = message.partial_success
    assert (partial.ListFields()[0][1], partial.error_message) == (7, told)
    assert json.loads(answer(export, signal, is_json=True)) == {
        "partialSuccess": {rejected: "7", "errorMessage": told}
    }


def test_a_warning_rejects_nothing() -> None:
    export = Export({}, [], 0, 9)
    message = ExportLogsServiceResponse.FromString(answer(export, LOGS, is_json=False))
    assert message.partial_success.rejected_log_records == 0
    assert "9 log records" in message.partial_success.error_message
    assert answer(export, TRACES, is_json=False) == b""


def test_a_refusal_is_a_status() -> None:
    assert refusal("é", is_json=False) == b"\x12\x02\xc3\xa9"  # field 2 of google.rpc.Status
    assert json.loads(refusal("é", is_json=True)) == {"message": "é"}


texts = st.text(st.characters(exclude_categories=["Cs"]))  # as protobuf has them
scalars = st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats() | texts


@given(
    st.dictionaries(st.sampled_from(sorted(NAMES)), scalars),
    st.integers(0, (1 << 64) - 1) | st.integers(END_NS - 10**10, END_NS + 10**10),
    st.integers(0, (1 << 64) - 1) | st.integers(END_NS - 10**10, END_NS + 10**10),
    st.dictionaries(st.sampled_from(["type", "message"]), texts),
)
def test_whatever_a_span_holds_gives_an_event_within_bounds_or_a_reason(
    of: dict[str, object], start_ns: int, end_ns: int, raised: dict[str, str]
) -> None:
    one = span(
        {**RIGHT, **of},
        start_time_unix_nano=start_ns,
        end_time_unix_nano=end_ns,
        events=[exception(**raised)],
    )
    body = traces([one]).SerializeToString()
    export = made(protobuf.read(body, TRACES))
    events = export.events.get("shop", [])
    assert len(events) + export.wrong == 1
    for event in events:
        assert 0 <= event.time_us <= NOW_US + AHEAD_US
        assert 0 <= event.status <= 999
        assert 0 < len(event.path) <= MAX_PATH
        assert 0 < len(event.route) <= MAX_ROUTE
        assert event.duration_us is None or 0 <= event.duration_us <= MAX_DURATION_S * 1e6
        assert event.size is None or 0 <= event.size <= MAX_SIZE
        for text in (event.path, event.error_type, event.error_message):
            assert clean(text, max(MAX_PATH, MAX_ERROR)) == text
