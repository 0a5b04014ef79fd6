"""The feed: newcomers are brought up to date, then get what changes, in order, once."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from logwatcher.stream import feed as feed_module
from logwatcher.stream.feed import Feed, Join, News
from logwatcher.stream.hub import Hub, Subscriber
from tests.stream.client import Client


class Store:
    """A store that is at a revision, and answers as the real one does."""

    def __init__(self) -> None:
        self.revision = 1
        self.traffic_version = 1
        self.asked: list[tuple[int | None, list[str], list[Join]]] = []
        self.failures = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def ask(self, since: int | None, views: Sequence[str], joins: Sequence[Join]) -> News:
        self.asked.append((since, list(views), list(joins)))
        await asyncio.sleep(0)
        await self.answers.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        parts = dict.fromkeys(views, b'{"since":%d}' % since) if since else {}
        return News(
            id=f"s-{self.revision}",
            revision=self.revision,
            now=1.0,
            parts=parts if since != self.revision else {},
            joins={join: None if join.since == "old" else b'{"join":true}' for join in joins},
            traffic={"version": self.traffic_version},
            traffic_version=self.traffic_version,
        )


def events(client: Client, *names: str) -> list[dict[str, Any]]:
    found = []
    for block in client.body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if fields.get("event") in names:
            found.append({"id": fields.get("id"), **json.loads(fields["data"])})
    return found


def run(scenario: Callable[[Hub, Store, Feed], Any]) -> None:
    async def body() -> None:
        hub, store = Hub(), Store()
        feed = Feed(hub, store.ask)
        task = asyncio.create_task(feed.run())
        try:
            await asyncio.wait_for(scenario(hub, store, feed), 5)
        finally:
            task.cancel()

    asyncio.run(body())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "TICK_S", 0.01)
    monkeypatch.setattr(feed_module, "SHORTEST_TICK_S", 0.0)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_nothing_is_asked_while_nobody_watches() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        await asyncio.sleep(0.05)
        assert store.asked == []

    run(scenario)


def test_a_newcomer_gets_its_part_and_the_traffic_then_what_changes() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        client = Client()
        hub.add(Subscriber({"a": "s-1"}, client.send))
        await until(lambda: len(events(client, "frame")) == 1)
        store.revision = 2
        feed.wake()
        await until(lambda: len(events(client, "frame")) == 2)
        first, second = events(client, "frame")
        assert first["views"] == {"a": {"join": True}}
        assert first["traffic"] == {"version": 1}
        assert second["views"] == {"a": {"since": 1}}
        assert second["id"] == second["revision"] == "s-2"
        assert "traffic" not in second

    run(scenario)


def test_a_commit_while_a_newcomer_joins_is_not_lost() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        client = Client()
        hub.add(Subscriber({"a": ""}, client.send))
        await until(lambda: bool(store.asked))
        store.revision = 2
        await until(lambda: len(events(client, "frame")) == 2)
        ids = [event["id"] for event in events(client, "frame")]
        assert ids in (["s-1", "s-2"], ["s-2"])

    run(scenario)


def test_who_leaves_while_its_first_frame_is_made_gets_none() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        client, other = Client(), Client()
        leaver = Subscriber({"a": ""}, client.send)
        store.answers.clear()
        hub.add(leaver)
        hub.add(Subscriber({"a": ""}, other.send))
        await until(lambda: bool(store.asked))
        hub.remove(leaver)
        store.answers.set()
        await until(lambda: bool(events(other, "frame")))
        assert client.sent == []
        assert len(hub) == 1

    run(scenario)


def test_a_revision_that_is_gone_is_a_reset() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        client = Client()
        hub.add(Subscriber({"a": "s-1", "b": "old"}, client.send))
        await until(lambda: bool(events(client, "reset")))
        assert events(client, "frame") == []
        store.revision = 2
        await until(lambda: bool(events(client, "frame")))

    run(scenario)


def test_new_traffic_reaches_everyone_whatever_they_show() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        clients = [Client(), Client()]
        for view, client in zip("ab", clients, strict=True):
            hub.add(Subscriber({view: ""}, client.send))
        await until(lambda: all(events(client, "frame") for client in clients))
        store.traffic_version = 2
        await until(lambda: all(len(events(client, "frame")) == 2 for client in clients))
        assert all(events(client, "frame")[1]["traffic"] == {"version": 2} for client in clients)

    run(scenario)


def test_heartbeats_tell_the_number_of_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "VIEWERS_S", 0.0)

    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        first, second = Client(), Client()
        hub.add(Subscriber({"a": ""}, first.send))
        await until(lambda: bool(events(first, "heartbeat")))
        hub.add(Subscriber({"a": ""}, second.send))
        await until(lambda: len(events(first, "heartbeat")) == 2)
        assert [event["viewers"] for event in events(first, "heartbeat")] == [1, 2]

    run(scenario)


def test_who_asks_for_many_views_waits_for_those_who_ask_for_few() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        views = [{f"{number}-{at}": "" for at in range(20)} for number in range(3)]
        clients = [Client() for _ in range(5)]
        for since, client in zip([*views, {"a": ""}, {"a": ""}], clients, strict=True):
            hub.add(Subscriber(since, client.send))
        await until(lambda: all(events(client, "frame") for client in clients))
        joins = [{join.view for join in asked} for _, _, asked in store.asked if asked]
        assert joins == [{"a"}, *map(set, views)]

    run(scenario)


def test_newcomers_survive_a_store_that_fails() -> None:
    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        await asyncio.sleep(0)
        hub.add(Subscriber({"a": ""}, Client().send))
        store.failures = 1
        other = Feed(hub, store.ask)
        with pytest.raises(ConnectionError):
            await other.run()
        assert len(hub) == 1
        assert len(hub.take_joining()) == 1

    async def body() -> None:
        hub, store = Hub(), Store()
        await scenario(hub, store, Feed(hub, store.ask))

    asyncio.run(body())


def test_who_comes_while_nobody_watches_need_not_wait_for_a_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "TICK_S", 60.0)

    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        await asyncio.sleep(0.05)
        client = Client()
        hub.add(Subscriber({"a": ""}, client.send))
        await until(lambda: bool(events(client, "frame")))

    run(scenario)


def test_a_commit_while_the_store_is_asked_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "TICK_S", 60.0)

    async def scenario(hub: Hub, store: Store, feed: Feed) -> None:
        client = Client()
        store.answers.clear()
        hub.add(Subscriber({"a": ""}, client.send))
        await until(lambda: bool(store.asked))
        feed.wake()
        store.answers.set()
        await until(lambda: len(store.asked) == 2)

    run(scenario)
