"""The stream's endpoint: what it accepts, how it begins and how it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from logwatcher.core.view import ViewError
from logwatcher.stream.hub import Hub, Message
from logwatcher.stream.live import MAX_VIEWS, RETRY_MS, Live, subscriptions
from tests.stream.client import Client


def scope(query: str = "view=", method: str = "GET", **headers: str) -> Message:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": "/api/live",
        "query_string": query.encode(),
        "headers": pairs,
    }


def run(scenario: Callable[[Hub, Client], Awaitable[None]]) -> Client:
    async def body() -> Client:
        client = Client()
        await asyncio.wait_for(scenario(Hub(), client), 5)
        return client

    return asyncio.run(body())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def answer(query: str = "view=", method: str = "GET") -> tuple[int, dict[str, Any]]:
    async def scenario(hub: Hub, client: Client) -> None:
        await Live(hub)(scope(query, method), client.receive, client.send)

    client = run(scenario)
    return client.sent[0]["status"], json.loads(client.body)


def test_views_are_made_canonical_and_pair_with_their_since() -> None:
    query = (
        f"view={quote('step=5s&range=15m')}&since=s-4&view=&view={quote('before=1.1')}&since=s-5"
    )
    assert subscriptions(query.encode(), "") == {"range=15m&step=5s": "s-4", "": "s-5"}


def test_the_last_event_id_is_newer_than_any_since() -> None:
    assert subscriptions(b"view=&since=s-4", "s-9") == {"": "s-9"}


@pytest.mark.parametrize("query", ["", "since=s-1", "view=range%3D2d"])
def test_a_wrong_subscription_says_why(query: str) -> None:
    with pytest.raises(ViewError):
        subscriptions(query.encode(), "")
    status, body = answer(query)
    assert status == 400
    assert body["allowed"]


def test_too_many_views_are_refused() -> None:
    query = "&".join(f"view=status%3D{400 + i}" for i in range(MAX_VIEWS + 1))
    assert answer(query)[0] == 400


def test_only_get_is_allowed() -> None:
    assert answer(method="POST")[0] == 405


def test_a_stream_begins_with_its_headers_and_a_retry_time() -> None:
    async def scenario(hub: Hub, client: Client) -> None:
        task = asyncio.create_task(Live(hub)(scope(), client.receive, client.send))
        await until(lambda: len(hub) == 1)
        client.gone.set()
        await task
        assert len(hub) == 0

    client = run(scenario)
    headers = dict(client.sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    retry_ms = int(client.sent[1]["body"].removeprefix(b"retry: "))
    assert RETRY_MS[0] <= retry_ms <= RETRY_MS[1]


def test_closing_the_hub_ends_the_answer_properly() -> None:
    async def scenario(hub: Hub, client: Client) -> None:
        task = asyncio.create_task(Live(hub)(scope(), client.receive, client.send))
        await until(lambda: len(hub) == 1)
        hub.close()
        await task

    assert run(scenario).sent[-1] == {
        "type": "http.response.body",
        "body": b"",
        "more_body": False,
    }


def test_a_closed_hub_answers_503() -> None:
    async def scenario(hub: Hub, client: Client) -> None:
        hub.close()
        await Live(hub)(scope(), client.receive, client.send)

    assert run(scenario).sent[0]["status"] == 503


def test_a_slow_client_is_cut_without_a_goodbye() -> None:
    async def scenario(hub: Hub, client: Client) -> None:
        task = asyncio.create_task(Live(hub)(scope(), client.receive, client.send))
        await until(lambda: len(hub) == 1)
        for subscriber in hub.take_joining():
            hub.join(subscriber)
        client.is_stuck = True
        hub.publish(lambda _: b"x")
        await task

    assert len(run(scenario).sent) == 2
