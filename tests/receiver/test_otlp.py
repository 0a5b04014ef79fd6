"""OpenTelemetry's exports: what is answered in which form, and what is committed."""

import asyncio
import gzip
import json
import time
from contextlib import closing
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from logwatcher.core.otlp.record import UNKNOWN_SERVICE
from logwatcher.core.privacy import FULL, STRICT, Policy
from logwatcher.pipeline import Unavailable
from logwatcher.receiver import Receiver, receiver
from logwatcher.receiver.otlp import MAX_JSON, MAX_PROTOBUF
from logwatcher.receiver.receiver import OTHER_SERVICES
from logwatcher.store.token import ANY_SERVICE
from tests.core.otlp.exports import RIGHT, Request, both, log, logs, span, traces
from tests.receiver.asking import GRANT, Answer, Sender, Store, answer, run

TRACES, LOGS = "/v1/traces", "/v1/logs"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
BODY = traces([span()]).SerializeToString()


def ask(body: bytes, path: str = TRACES, **options: Any) -> Answer:  # Any: as post takes them
    return answer(body, path=path, **{"content_type": PROTOBUF, **options})


def status(found: Answer) -> str:
    """The message of a refusal, in whichever form it came."""
    if found.headers["content-type"] == JSON:
        return str(found.body["message"])
    return Status.FromString(found.content).message  # google.rpc.Status has it as field 2, too


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize(
    ("path", "request_"), [(TRACES, traces([span(), span()])), (LOGS, logs([log(), log()]))]
)
@pytest.mark.parametrize("form", [0, 1], ids=["protobuf", "json"])
def test_exports_are_committed_under_the_tokens_source(
    path: str, request_: Request, form: int, is_gzip: bool
) -> None:
    media_type, body = both(request_)[form]

    async def scenario(sender: Sender, store: Store) -> None:
        found = await sender.post(
            gzip.compress(body) if is_gzip else body,
            content_type=media_type,
            content_encoding="gzip" if is_gzip else None,
        )
        assert found.status == 200
        assert found.headers["content-type"] == media_type
        assert found.content == (b"" if media_type == PROTOBUF else b"{}")

    (batch,) = run(scenario, path).batches
    assert batch.source == "shop"  # the token's, as that of the service
    assert [event.route for event in batch.events] == ["/api/orders/{id}"] * 2


@pytest.mark.parametrize("path", ["/api/events", TRACES, LOGS])
def test_what_is_kept_is_decided_for_all_ways_of_sending(path: str) -> None:
    given = {**RIGHT, "url.query": "q=1", "client.address": "192.0.2.7"}
    event = {"method": "GET", "path": "/?q=1", "status": 200, "client": "192.0.2.7"}
    media_type, body = {
        "/api/events": (JSON, json.dumps(event).encode()),
        TRACES: (PROTOBUF, traces([span(given)]).SerializeToString()),
        LOGS: (PROTOBUF, logs([log(given)]).SerializeToString()),
    }[path]
    store = Store()

    async def send(policy: Policy) -> None:
        with closing(Receiver(store.commit, store.load, policy)) as taker:
            assert (await Sender(taker, path).post(body, content_type=media_type)).status < 300

    asyncio.run(send(STRICT))
    asyncio.run(send(Policy(FULL, keeps_query=True)))
    strict, full = (batch.events[0] for batch in store.batches)
    assert ("?" in strict.path, strict.client) == (False, "")
    assert ("?q=1" in full.path, full.client) == (True, "192.0.2.7")


def test_the_tokens_source_wins_over_the_services_name() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        body = traces([span()], "a").SerializeToString() + traces([span()], "b").SerializeToString()
        assert (await sender.post(body, content_type=PROTOBUF)).status == 200

    (batch,) = run(scenario, TRACES).batches
    assert (batch.source, len(batch.events)) == ("shop", 2)


def test_with_a_token_for_all_services_each_is_a_source() -> None:
    names = ["a", "b", None, "a"]

    async def scenario(sender: Sender, store: Store) -> None:
        store.grants[7] = GRANT._replace(source=ANY_SERVICE)
        body = b"".join(traces([span()], name).SerializeToString() for name in names)
        assert (await sender.post(body, content_type=PROTOBUF)).status == 200

    batches = run(scenario, TRACES).batches
    assert [(batch.source, len(batch.events)) for batch in batches] == [
        ("a", 2),
        ("b", 1),
        (UNKNOWN_SERVICE, 1),
    ]
    assert len({batch.key for batch in batches}) == 3


def test_services_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MAX_SERVICES", 2)

    async def scenario(sender: Sender, store: Store) -> None:
        store.grants[7] = GRANT._replace(source=ANY_SERVICE)
        for names in (["a"], ["b", "c", "d"], ["a", "e"]):
            body = b"".join(traces([span()], name).SerializeToString() for name in names)
            assert (await sender.post(body, content_type=PROTOBUF)).status == 200

    sizes = [(batch.source, len(batch.events)) for batch in run(scenario, TRACES).batches]
    assert sizes == [("a", 1), ("b", 1), (OTHER_SERVICES, 2), ("a", 1), (OTHER_SERVICES, 1)]


def test_a_repeated_export_has_the_same_key_however_it_is_compressed() -> None:
    other = traces([span(), span()]).SerializeToString()

    async def scenario(sender: Sender, store: Store) -> None:
        for body in (gzip.compress(BODY, 1, mtime=1), gzip.compress(BODY, 9, mtime=2)):
            await sender.post(body, content_type=PROTOBUF, content_encoding="gzip")
        await sender.post(BODY, content_type=PROTOBUF)
        await sender.post(other, content_type=PROTOBUF)

    keys = [batch.key for batch in run(scenario, TRACES).batches]
    assert keys[0].startswith("7:otlp:")
    assert keys[0] == keys[1] == keys[2] != keys[3]


@pytest.mark.parametrize("form", [0, 1], ids=["protobuf", "json"])
def test_a_partial_success_tells_of_wrong_spans_and_keeps_the_right_ones(form: int) -> None:
    wrong = span({**RIGHT, "http.response.status_code": 7000})
    media_type, body = both(traces([span(), wrong, span(kind=Span.SPAN_KIND_CLIENT)]))[form]

    async def scenario(sender: Sender, store: Store) -> None:
        found = await sender.post(body, content_type=media_type)
        assert found.status == 200
        if media_type == JSON:
            partial = found.body["partialSuccess"]
            assert partial["rejectedSpans"] == "1"
            assert partial["errorMessage"] == "status: 7000 is not from 0 to 999"
        else:
            message = ExportTraceServiceResponse.FromString(found.content).partial_success
            assert message.rejected_spans == 1
            assert message.error_message == "status: 7000 is not from 0 to 999"

    (batch,) = run(scenario, TRACES).batches
    assert len(batch.events) == 1


def test_where_nothing_is_a_request_nothing_is_committed() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        found = await sender.post(
            logs([log({"x": "y"})]).SerializeToString(), content_type=PROTOBUF
        )
        assert found.status == 200
        partial = ExportLogsServiceResponse.FromString(found.content).partial_success
        assert (partial.rejected_log_records, partial.error_message) == (
            0,
            "1 log records describe no HTTP request and were ignored",
        )
        assert (await sender.post(b"", content_type=PROTOBUF)).status == 200

    assert run(scenario, LOGS).batches == []


@pytest.mark.parametrize(
    ("body", "options", "status_code", "told"),
    [
        (BODY, {"method": "GET"}, 405, "POST"),
        (BODY, {"authorization": None}, 401, "Bearer"),
        (BODY, {"authorization": "Bearer lw.7.wrong"}, 401, "Bearer"),
        (BODY, {"content_type": None}, 415, "Content-Type"),
        (BODY, {"content_type": "application/grpc"}, 415, "Content-Type"),
        (BODY, {"content_encoding": "zstd"}, 415, "Content-Encoding"),
        (BODY[:-1], {}, 400, "not a message"),
        (b"{}", {}, 400, "not a message"),
        (BODY, {"content_type": JSON}, 400, "not JSON"),
        (b"{", {"content_type": f"{JSON}; charset=utf-8"}, 400, "not JSON"),
        (b"[" * 100_000, {"content_type": JSON}, 400, "nested too deep"),
        (gzip.compress(BODY)[:-4], {"content_encoding": "gzip"}, 400, "gzip"),
        (b"\x0a\x00" * 200_001, {}, 413, "more than"),
        (b"", {"content_length": str(MAX_PROTOBUF + 1)}, 413, "larger"),
        (b" " * (MAX_JSON + 1), {"content_type": JSON}, 413, "larger"),
        (gzip.compress(bytes(MAX_PROTOBUF + 1)), {"content_encoding": "gzip"}, 413, "larger"),
    ],
)
def test_what_is_refused(body: bytes, options: dict[str, Any], status_code: int, told: str) -> None:
    found = ask(body, **options)
    assert found.status == status_code
    assert told in status(found)
    is_protobuf = options.get("content_type", PROTOBUF) == PROTOBUF
    assert found.headers["content-type"] == (PROTOBUF if is_protobuf else JSON)


def test_bombs_are_let_off_where_they_are_too_large() -> None:
    bomb = gzip.compress(bytes(400 << 20))
    began = time.process_time()
    assert ask(bomb, content_encoding="gzip").status == 413
    assert time.process_time() - began < 0.5


def test_what_could_not_be_committed_is_to_be_sent_again() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        store.error = Unavailable("the queue is full")
        found = await sender.post(BODY, content_type=PROTOBUF)
        assert found.status == 503
        assert int(found.headers["retry-after"]) > 0
        assert status(found) == "the queue is full"

    run(scenario, TRACES)


def test_all_spans_count_against_the_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logwatcher.receiver.tokens.EVENTS_PER_S", 2.0)
    body = traces([span(kind=Span.SPAN_KIND_CLIENT)] * 5).SerializeToString()

    async def scenario(sender: Sender, store: Store) -> None:
        assert (await sender.post(body, content_type=PROTOBUF)).status == 200
        found = await sender.post(body, content_type=PROTOBUF)
        assert (found.status, found.headers["retry-after"]) == (429, "2")

    run(scenario, TRACES)


def test_what_a_collector_sends_by_default_fits() -> None:
    """Batches of 8,192 spans, of 13 attributes here."""
    more = {f"an.attribute.of.some.kind.{i}": "with a value of some length" for i in range(9)}
    body = traces([span({**RIGHT, **more})] * 8192).SerializeToString()
    assert len(body) > 4 << 20
    assert ask(gzip.compress(body), content_encoding="gzip").status == 200
