"""What is sent in JSON is read item by item, whatever it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from logwatcher.core.event import ParseError
from logwatcher.core.otlp import protobuf
from logwatcher.core.otlp.jsontext import read
from logwatcher.core.otlp.record import UNKNOWN_SERVICE, Item, Record
from logwatcher.core.otlp.signal import LOGS, TRACES, Signal
from logwatcher.core.payload import PayloadError
from tests.core.otlp.exports import (
    END_NS,
    RIGHT,
    Request,
    exception,
    log,
    logs,
    span,
    to_json,
    traces,
)

JSON = Any  # Any: whatever JSON can hold


def items(message: JSON, signal: Signal = TRACES) -> list[Item]:
    return list(read(json.dumps(message).encode(), signal))


def changed(**fields: JSON) -> Record | ParseError | None:
    """Of a right span with other fields."""
    message = to_json(traces([span()]))
    message["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= fields
    (item,) = items(message)
    return item.found


@pytest.mark.parametrize(
    ("request_", "signal"),
    [
        (traces([span(), span(kind=Span.SPAN_KIND_CLIENT)]), TRACES),
        (traces([span({**RIGHT, "x": 1.5, "http.response.body.size": 7})], None), TRACES),
        (traces([span(events=[exception(type="A", message="a"), exception(type="B")])]), TRACES),
        (traces([span(status=Status(code=Status.STATUS_CODE_ERROR, message="m"))]), TRACES),
        (traces([span(status=Status(code=Status.STATUS_CODE_ERROR))]), TRACES),
        (traces([span(status=Status(code=Status.STATUS_CODE_OK, message="m"))]), TRACES),
        (traces([span(start_time_unix_nano=0, end_time_unix_nano=(1 << 64) - 1)]), TRACES),
        (traces([]), TRACES),
        (logs([log(), log({"x": "y"}), log(time_unix_nano=0, observed_time_unix_nano=5)]), LOGS),
    ],
)
def test_both_encodings_say_the_same(request_: Request, signal: Signal) -> None:
    expected = list(protobuf.read(request_.SerializeToString(), signal))
    assert items(to_json(request_), signal) == expected


def test_numbers_may_be_numbers_or_texts_and_kinds_may_be_names() -> None:
    found = changed(kind="SPAN_KIND_SERVER", startTimeUnixNano=5, endTimeUnixNano="7")
    assert isinstance(found, Record)
    assert (found.start_ns, found.end_ns) == (5, 7)


def test_what_is_not_known_or_null_is_passed_over() -> None:
    message = to_json(traces([span()])) | {"x": 1}
    message["resourceSpans"].append({"resource": None, "scopeSpans": None, "y": []})
    assert len(items(message)) == 1
    assert isinstance(changed(events=None, status=None, links=7, z={}), Record)


def test_a_resource_need_not_name_its_service() -> None:
    message = to_json(traces([span()]))
    for resource in (None, 7, {}, {"attributes": 7}, {"attributes": [7, {"key": []}]}):
        message["resourceSpans"][0]["resource"] = resource
        assert items(message)[0].service == UNKNOWN_SERVICE


@pytest.mark.parametrize(
    "fields",
    [
        {"endTimeUnixNano": -1},
        {"endTimeUnixNano": 1 << 64},
        {"endTimeUnixNano": 1.5},
        {"endTimeUnixNano": "2023-11-14"},
        {"endTimeUnixNano": True},
        {"endTimeUnixNano": None},
        {"endTimeUnixNano": float("nan")},
        {"startTimeUnixNano": [5]},
    ],
)
def test_times_that_are_none(fields: dict[str, JSON]) -> None:
    assert isinstance(changed(**fields), ParseError)


def test_a_number_of_very_many_digits_falls_alone() -> None:
    text = json.dumps(to_json(traces([span(), span()]))).replace(f'"{END_NS}"', "9" * 5000, 1)
    found = [item.found for item in read(text.encode(), TRACES)]
    assert [type(one) for one in found] == [ParseError, Record]


@pytest.mark.parametrize("wrong", [7, "x", [], None])
def test_a_span_that_is_wrong_falls_alone(wrong: JSON) -> None:
    message = to_json(traces([span(), span(), span()]))
    message["resourceSpans"][0]["scopeSpans"][0]["spans"][1] = wrong
    found = [item.found for item in items(message)]
    assert [type(one) for one in found] == [Record, ParseError, Record]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'{"resourceSpans": {}}',
        b'{"resourceSpans": [7]}',
        b'{"resourceSpans": [{"scopeSpans": "x"}]}',
        b'{"resourceSpans": [{"scopeSpans": [null]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}',
        b'{"resourceSpans": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        traces([span()]).SerializeToString(),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_export_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError):
        list(read(body, TRACES))


def test_a_mark_of_byte_order_and_bytes_that_are_no_utf8_harm_nobody() -> None:
    body = json.dumps(to_json(traces([span()]))).encode().replace(b"orders", b"\xff")
    (item,) = read(b"\xef\xbb\xbf" + body, TRACES)
    assert isinstance(item.found, Record)
    assert item.found.attributes["url.path"] == "/api/\ufffd/7"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "resourceSpans",
                        "scopeSpans",
                        "spans",
                        "resource",
                        "attributes",
                        "key",
                        "value",
                    ),
                    *("kind", "events", "name", "status", "code", "stringValue", "intValue"),
                    *("resourceLogs", "scopeLogs", "logRecords", "timeUnixNano"),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
places = st.recursive(
    values, lambda inner: st.fixed_dictionaries({"resourceSpans": st.lists(inner, max_size=2)})
)


@given(places)
def test_whatever_json_is_sent_is_read_or_refused(message: JSON) -> None:
    for signal in (TRACES, LOGS):
        try:
            items(message, signal)
        except PayloadError:
            continue


@given(
    st.dictionaries(
        st.sampled_from(["kind", "attributes", "events", "status", "endTimeUnixNano"]), values
    )
)
def test_whatever_a_span_is_it_is_read_or_rejected(fields: dict[str, JSON]) -> None:
    assert isinstance(changed(**fields), Record | ParseError | None)
