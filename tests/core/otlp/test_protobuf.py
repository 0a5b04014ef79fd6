"""What is sent in protobuf is read item by item, whatever it is."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from logwatcher.core.event import ParseError
from logwatcher.core.otlp.protobuf import MAX_ITEM, MAX_PARTS, read
from logwatcher.core.otlp.record import UNKNOWN_SERVICE, Item, Record
from logwatcher.core.otlp.signal import LOGS, TRACES
from logwatcher.core.payload import PayloadError, TooManyEvents
from tests.core.otlp.exports import END_NS, RIGHT, attributes, exception, log, logs, span, traces

RECORD = Record(dict(RIGHT), True, END_NS - 100_000_000, END_NS, None)


def items(*spans: Span) -> list[Item]:
    return list(read(traces(spans).SerializeToString(), TRACES))


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    size = bytearray()
    rest = len(content)
    while rest > 127:
        size.append(rest & 127 | 128)
        rest >>= 7
    return bytes([number << 3 | 2, *size, rest]) + content


def raw(*items: bytes) -> bytes:
    """An export of items that need not be any."""
    return field(1, field(2, b"".join(field(2, item) for item in items)))


def test_a_servers_span_is_a_record() -> None:
    assert items(span()) == [Item("shop", RECORD)]


def test_other_spans_are_none() -> None:
    kinds = [Span.SPAN_KIND_UNSPECIFIED, Span.SPAN_KIND_INTERNAL, Span.SPAN_KIND_CLIENT, 77]
    assert items(*(span(kind=kind) for kind in kinds)) == [Item("shop", None)] * 4


def test_a_log_record_is_one() -> None:
    sent = [log(), log(time_unix_nano=0, observed_time_unix_nano=END_NS + 1), log(time_unix_nano=0)]
    found = list(read(logs(sent).SerializeToString(), LOGS))
    assert found[0] == Item("shop", Record(dict(RIGHT), False, 0, END_NS, None))
    times = [item.found.end_ns for item in found if isinstance(item.found, Record)]
    assert times == [END_NS, END_NS + 1, 0]


def test_the_last_exception_counts() -> None:
    events = [Span.Event(name="cache"), exception(type="A", message="a"), exception(type="B")]
    (item,) = items(span(events=events))
    assert isinstance(item.found, Record)
    assert item.found.attributes == {**RIGHT, "exception.type": "B", "exception.message": "a"}


@pytest.mark.parametrize(
    ("code", "failure"), [(Status.STATUS_CODE_ERROR, "it broke"), (Status.STATUS_CODE_OK, None)]
)
def test_a_status_tells_of_a_failure(
    code: Status.StatusCode.ValueType, failure: str | None
) -> None:
    (item,) = items(span(status=Status(code=code, message="it broke")))
    assert item.found == RECORD._replace(failure=failure)


def test_attributes_of_other_names_and_kinds_are_passed_over() -> None:
    given = {**RIGHT, "x": "y", "error.type": ["a"]}
    nothing = [KeyValue(key="http.method"), KeyValue(key="url.full", value=AnyValue())]
    (item,) = items(span(attributes=[*attributes(given), *nothing]))
    assert item.found == RECORD


def test_each_service_is_told_even_after_what_it_sent() -> None:
    first, second, third = (traces([span()], name) for name in ("shop", None, "till"))
    body = b"".join(one.SerializeToString() for one in (first, second, third))
    assert [item.service for item in read(body, TRACES)] == ["shop", UNKNOWN_SERVICE, "till"]
    resource = first.resource_spans[0].resource.SerializeToString()
    scope = first.resource_spans[0].scope_spans[0].SerializeToString()
    late = field(1, field(2, scope) + field(1, resource))
    assert list(read(late, TRACES)) == [Item("shop", RECORD)]


def test_fields_of_a_later_version_are_passed_over() -> None:
    unknown = (
        b"\x78\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + b"\x79" + b"x" * 8 + b"\x7d" + b"x" * 4
    )
    right = span().SerializeToString() + unknown
    body = unknown + field(1, unknown + field(2, unknown + field(2, right)))
    assert [item.found for item in read(body, TRACES)] == [RECORD]


def test_an_empty_export_has_no_items() -> None:
    assert list(read(b"", TRACES)) == []


def test_a_span_that_is_wrong_falls_alone() -> None:
    right = span().SerializeToString()
    wrong = [
        b"\xff",
        right[:-1],
        field(5, b"\xff"),  # a name that is not UTF-8
        field(5, b"x" * (MAX_ITEM + 1)),
        nested(200),
    ]
    found = [item.found for item in read(raw(right, *wrong, right), TRACES)]
    assert found[0] == found[-1] == RECORD
    assert [type(one) for one in found[1:-1]] == [ParseError] * len(wrong)


def nested(depth: int) -> bytes:
    """A span with an attribute that is a list in a list and so on."""
    content = b""
    for _ in range(depth):
        content = field(5, field(1, content))
    return field(9, field(1, b"x") + field(2, content))


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x0a",
        b"\x0a\x05",
        b"\x0b",  # a group
        b"\x09\x00",
        b"\x0a" + b"\xff" * 20,
        b"\xff" * 20,
        traces([span()]).SerializeToString()[:-1],
        field(1, field(1, b"\xff")),  # a resource that is none
        field(1, field(1, b"x" * (MAX_ITEM + 1))),
        field(1, b"\x12\x7f"),
        field(1, field(2, b"\x12\x7f")) + b"\x00" * 200,
        b"<html>",
        b'{"resourceSpans": []}',
    ],
)
def test_what_is_no_export_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError):
        list(read(body, TRACES))


@pytest.mark.parametrize(
    "body",
    [
        field(1, b"") * (MAX_PARTS + 1),
        field(1, field(2, b"") * (MAX_PARTS + 1)),
        raw(*[b""] * (MAX_PARTS + 1)),
        b"\x78\x00" * (MAX_PARTS + 1),
    ],
    ids=["resources", "scopes", "spans", "unknown fields"],
)
def test_very_many_parts_are_refused_before_they_take_memory(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooManyEvents):
            for _ in read(body, TRACES):
                pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(st.lists(st.binary(max_size=50) | st.just(span().SerializeToString()), max_size=5))
def test_the_library_reads_what_is_read_here(spans: list[bytes]) -> None:
    """Or refuses all of it for one that is wrong."""
    body = raw(*spans)
    found = [item.found for item in read(body, TRACES)]
    assert len(found) == len(spans)
    if any(isinstance(one, ParseError) for one in found):
        return
    scope = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0]
    kinds = [one.kind == Span.SPAN_KIND_SERVER for one in scope.spans]
    assert [one is not None for one in found] == kinds


@given(st.binary())
@example(b"\x0a\x02\x12\x00")
@example(b"\x0a\x04\x12\x02\x12\x00")
@example(b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")
@example(b"\x0d\x00\x00")
def test_whatever_bytes_are_sent_are_read_or_refused(body: bytes) -> None:
    for signal in (TRACES, LOGS):
        try:
            list(read(body, signal))
        except PayloadError:
            continue


@given(st.data())
def test_a_damaged_export_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(traces([span(), span(events=[exception(type="A")])]).SerializeToString())
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = list(read(bytes(body), TRACES))
    except PayloadError:
        return
    assert all(isinstance(item.found, Record | ParseError | None) for item in found)
