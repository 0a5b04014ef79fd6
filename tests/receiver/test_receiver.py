"""Requests sent over HTTP: what is answered, what is committed, and that 202 means the latter."""

import asyncio
import gzip
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from logwatcher.pipeline import Unavailable
from logwatcher.receiver import Receiver, body, receiver, tokens
from logwatcher.receiver.body import MAX_MEMBERS
from logwatcher.receiver.events import MAX_BODY, MAX_KEY
from logwatcher.receiver.receiver import Message
from logwatcher.store.token import ANY_SERVICE, Grant
from tests import database
from tests.receiver.asking import GRANT, HEADERS, RIGHT, TOKEN, Sender, Store, answer, run
from tests.sending import Senders, Source, create_token
from tests.server import Server


def test_events_are_committed_under_the_tokens_source() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        found = await sender.post(b"[" + RIGHT, b"," + RIGHT + b"]")
        assert (found.status, found.body) == (202, {"accepted": 2, "rejected": []})

    (batch,) = run(scenario).batches
    assert (batch.source, len(batch.events), batch.key) == ("shop", 2, "")


@pytest.mark.parametrize(
    "media_type", ["application/x-ndjson", "application/jsonl; charset=utf-8", "Application/NDJSON"]
)
def test_lines_are_events(media_type: str) -> None:
    found = answer(RIGHT + b"\n" + RIGHT + b"\nx", content_type=media_type)
    assert found.body["accepted"] == 2
    assert [one["index"] for one in found.body["rejected"]] == [2]


def test_gzip_of_several_members_is_read() -> None:
    body = gzip.compress(b"[" + RIGHT) + gzip.compress(b"]")
    assert answer(body, content_encoding="gzip").body["accepted"] == 1


def test_a_gzip_of_very_many_members_is_refused_soon() -> None:
    assert answer(gzip.compress(b"") * MAX_MEMBERS, content_encoding="gzip").status == 400
    began = time.process_time()
    found = answer(gzip.compress(b"") * 200_000, content_encoding="gzip")
    assert (found.status, found.body["error"]) == (400, "gzip: more than 100 members")
    assert time.process_time() - began < 1


def test_bytes_that_are_no_utf8_and_a_mark_of_byte_order_harm_nobody() -> None:
    body = b'\xef\xbb\xbf{"method": "GET", "path": "/\xff\xfe", "status": 200}'
    assert answer(body).status == 202


@pytest.mark.parametrize(
    ("body", "options", "status", "error"),
    [
        (RIGHT, {"method": "GET"}, 405, "POST"),
        (RIGHT, {"authorization": None}, 401, "Bearer"),
        (RIGHT, {"authorization": f"Basic {TOKEN}"}, 401, "Bearer"),
        (RIGHT, {"authorization": "Bearer lw.7.wrong"}, 401, "Bearer"),
        (RIGHT, {"authorization": "Bearer lw.8.secret"}, 401, "Bearer"),
        (RIGHT, {"authorization": "Bearer lw.²." + "9" * 9999}, 401, "Bearer"),
        (RIGHT, {"content_type": None}, 415, "Content-Type"),
        (RIGHT, {"content_type": "text/plain"}, 415, "Content-Type"),
        (RIGHT, {"content_encoding": "br"}, 415, "Content-Encoding"),
        (RIGHT, {"idempotency_key": "k" * (MAX_KEY + 1)}, 400, "Idempotency-Key"),
        (RIGHT, {"idempotency_key": "\x00"}, 400, "Idempotency-Key"),
        (RIGHT, {"idempotency_key": "é"}, 400, "Idempotency-Key"),
        (RIGHT, {"is_whole": False}, 400, "early"),
        (b"", {}, 400, "not JSON"),
        (b"[]", {}, 400, "no events"),
        (b"[1, {}]", {}, 400, "none of the events"),
        (b"[" + b"0," * 20_000 + b"0]", {}, 413, "more than"),
        (b"x" * (MAX_BODY + 1), {}, 413, "larger"),
        (RIGHT, {"content_length": str(MAX_BODY + 1)}, 413, "larger"),
        (
            gzip.compress(b" " * (MAX_BODY + 1), mtime=0),
            {"content_encoding": "gzip"},
            413,
            "larger",
        ),
        (gzip.compress(RIGHT, mtime=0)[:-4], {"content_encoding": "gzip"}, 400, "gzip"),
        (RIGHT, {"content_encoding": "gzip"}, 400, "gzip"),
    ],
)
def test_what_is_refused(body: bytes, options: dict[str, Any], status: int, error: str) -> None:
    found = answer(body, **options)
    assert found.status == status
    assert error in found.body["error"]


def test_a_refusal_says_how_to_go_on() -> None:
    assert answer(method="PUT").headers["allow"] == "POST"
    assert answer(authorization=None).headers["www-authenticate"] == "Bearer"
    assert [one["index"] for one in answer(b"[1, {}]").body["rejected"]] == [0, 1]


def test_gzip_bombs_are_let_off_where_they_are_too_large() -> None:
    bomb = gzip.compress(b" " * (200 << 20))
    assert len(bomb) < MAX_BODY
    began = time.process_time()
    assert answer(bomb, content_encoding="gzip").status == 413
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("error", [Unavailable("the queue is full"), TimeoutError()])
def test_what_could_not_be_committed_is_to_be_sent_again(error: Exception) -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        store.error = error
        found = await sender.post(RIGHT)
        assert found.status == 503
        assert int(found.headers["retry-after"]) > 0
        store.error = None
        assert (await sender.post(RIGHT)).status == 202

    run(scenario)


def test_a_database_that_does_not_know_tokens_now_is_no_wrong_token() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        async def fail() -> dict[int, Grant]:
            raise OperationalError("away")

        assert (await Sender(Receiver(store.commit, fail)).post(RIGHT)).status == 503

    run(scenario)


def test_too_fast_is_told_before_the_body_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "EVENTS_PER_S", 1.0)

    async def scenario(sender: Sender, store: Store) -> None:
        store.grants[8] = GRANT._replace(id=8)
        assert (await sender.post(b"[" + RIGHT + b"," + RIGHT + b"]")).status == 202
        found = await sender.post(is_whole=False)
        assert found.status == 429
        assert found.headers["retry-after"] == "2"
        assert (await sender.post(RIGHT, authorization="Bearer lw.8.secret")).status == 202

    assert len(run(scenario).batches) == 2


def test_too_much_at_once_is_refused_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MAX_HELD", 2 * len(RIGHT))

    async def scenario(sender: Sender, store: Store) -> None:
        assert (await sender.post(RIGHT)).status == 503  # of a length not known
        for _ in range(5):
            found = await sender.post(RIGHT, content_length=str(len(RIGHT)))
            assert found.status == 202
            assert (await sender.post(content_length=str(3 * len(RIGHT)))).status == 503

    run(scenario)


@pytest.mark.parametrize(("path", "status"), [("/api/events", 408), ("/v1/traces", 503)])
def test_a_body_that_takes_for_ever_is_given_up(
    path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's exporters send again after 503, but not after 408."""
    monkeypatch.setattr(body, "READ_TIMEOUT_S", 0.01)

    async def scenario(sender: Sender, store: Store) -> None:
        async def receive() -> Message:
            await asyncio.Event().wait()

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        scope = {"path": sender.path, "method": "POST", "headers": headers}
        await sender.receiver(scope, receive, send)
        assert sent[0]["status"] == status

    run(scenario, path)


def test_tokens_are_read_now_and_then_and_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REFRESH_S", 0.2)
    monkeypatch.setattr(tokens, "MISSED_S", 0.05)
    other = "Bearer lw.8.secret"

    async def scenario(sender: Sender, store: Store) -> None:
        for _ in range(10):
            assert (await sender.post(RIGHT)).status == 202
            assert (await sender.post(RIGHT, authorization=other)).status == 401
        assert store.loads < 10
        store.grants = {8: GRANT._replace(id=8)}
        await asyncio.sleep(0.06)
        assert (await sender.post(RIGHT, authorization=other)).status == 202
        await asyncio.sleep(0.25)
        assert (await sender.post(RIGHT)).status == 401

    run(scenario)


def test_a_key_is_the_tokens_own() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        await sender.post(RIGHT, idempotency_key="k1")

    assert run(scenario).batches[0].key == "7:k1"


def test_a_token_for_services_is_none_for_events() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        store.grants[7] = GRANT._replace(source=ANY_SERVICE)
        assert (await sender.post(RIGHT)).status == 403

    assert run(scenario).batches == []


@pytest.fixture
def source(serve: Callable[..., Server]) -> Source:
    server = serve("demo")
    return Source(server, create_token(server, "shop"))


def test_a_real_server_counts_a_repeated_batch_once_even_after_a_crash(source: Source) -> None:
    batch = [{"method": "GET", "path": f"/{i}", "status": 200, "duration": 0.1} for i in range(10)]
    first = source.post(batch, {"Idempotency-Key": "one"})
    assert first == (202, {"accepted": 10, "rejected": []})
    assert source.post(batch, {"Idempotency-Key": "one"}) == first
    source.server.kill()
    source.server.start()
    assert source.post(batch, {"Idempotency-Key": "one"}) == first
    assert source.post(batch, {"Idempotency-Key": "two"}) == first
    assert database.assert_consistent(source.server.database_url) == 20


def test_what_was_acknowledged_survives_a_kill_at_any_time(source: Source) -> None:
    senders = Senders(source)
    for _ in range(3):
        senders.wait_for(10)
        source.server.kill()
        source.server.start()
    senders.wait_for(10)
    assert senders.refused
    senders.assert_counted()


def test_a_revoked_token_ends_within_seconds(source: Source) -> None:
    event = {"method": "GET", "path": "/", "status": 200}
    assert source.post(event)[0] == 202
    create_token(source.server, "other")
    source.server.command("token", "revoke", "1")
    deadline = time.monotonic() + 5
    while source.post(event)[0] == 202:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert source.post(event)[0] == 401


def test_it_tells_what_was_answered_and_that_nothing_is_held_afterwards() -> None:
    async def scenario(sender: Sender, store: Store) -> None:
        await sender.post(RIGHT)
        await sender.post(RIGHT)
        await sender.post(b"{")
        await sender.post(RIGHT, authorization="Bearer wrong")
        answers, held = sender.receiver.metrics()
        found = {sample.labels["status"]: sample.value for sample in answers.samples}
        assert found == {"202": 2, "400": 1, "401": 1}
        assert held.samples[0].value == 0

    run(scenario)
