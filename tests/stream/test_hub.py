"""A publish reaches everyone who reads, and waits for no one."""

import asyncio
from collections import Counter

from logwatcher.stream.hub import Hub, Message, Subscriber
from tests.stream.client import Client


def joined(hub: Hub, client: Client, *views: str) -> Subscriber:
    subscriber = Subscriber(dict.fromkeys(views, ""), client.send)
    hub.add(subscriber)
    for one in hub.take_joining():
        hub.join(one)
    return subscriber


def test_everyone_gets_their_views_encoded_once() -> None:
    hub, clients = Hub(), [Client() for _ in range(5)]
    for client in clients[:3]:
        joined(hub, client, "a")
    for client in clients[3:]:
        joined(hub, client, "a", "b")
    calls: Counter[tuple[str, ...]] = Counter()

    def encode(views: tuple[str, ...]) -> bytes:
        calls[views] += 1
        return ",".join(views).encode()

    hub.publish(encode)
    assert [client.body for client in clients] == [b"a", b"a", b"a", b"a,b", b"a,b"]
    assert calls == {("a",): 1, ("a", "b"): 1}


def test_a_stuck_client_is_dropped_and_the_others_get_the_frame() -> None:
    async def scenario() -> None:
        hub, first, stuck, last = Hub(), Client(), Client(), Client()
        joined(hub, first, "a")
        slow = joined(hub, stuck, "a")
        joined(hub, last, "a")
        stuck.is_stuck = True
        hub.publish(lambda _: b"x")
        assert (first.body, last.body) == (b"x", b"x")
        assert slow.is_slow
        assert slow.has_ended
        assert len(hub) == 2

    asyncio.run(scenario())


def test_a_client_whose_connection_broke_is_forgotten() -> None:
    async def broken(message: Message) -> None:
        raise ConnectionResetError

    hub, client = Hub(), Client()
    gone = Subscriber({"a": ""}, broken)
    hub.join(gone)
    joined(hub, client, "a")
    hub.publish(lambda _: b"x")
    assert client.body == b"x"
    assert gone.has_ended
    assert not gone.is_slow
    assert hub.views == ["a"]


def test_an_empty_frame_is_not_sent() -> None:
    hub, client = Hub(), Client()
    joined(hub, client, "a")
    hub.publish(lambda _: b"")
    assert client.sent == []


def test_a_newcomer_gets_nothing_before_it_has_joined() -> None:
    hub, client = Hub(), Client()
    hub.add(Subscriber({"a": ""}, client.send))
    hub.publish(lambda _: b"x")
    assert client.sent == []
    assert len(hub) == 1
    assert hub.stir.is_set()


def test_views_are_those_that_someone_shows() -> None:
    hub = Hub()
    one = joined(hub, Client(), "a", "b")
    joined(hub, Client(), "b")
    assert sorted(hub.views) == ["a", "b"]
    hub.remove(one)
    hub.remove(one)
    assert hub.views == ["b"]


def test_closing_ends_everyone_and_those_who_come_later() -> None:
    hub = Hub()
    there = joined(hub, Client(), "a")
    waiting = Subscriber({"a": ""}, Client().send)
    hub.add(waiting)
    taken = hub.take_joining()[0]
    hub.close()
    late = Subscriber({"a": ""}, Client().send)
    hub.add(late)
    hub.join(taken)
    assert all(one.has_ended for one in (there, taken, late))
    assert len(hub) == 0


def test_who_left_while_its_first_frame_was_made_does_not_join() -> None:
    hub = Hub()
    leaver = Subscriber({"a": ""}, Client().send)
    hub.add(leaver)
    hub.take_joining()
    hub.remove(leaver)
    hub.join(leaver)
    assert hub.views == []


def test_a_publish_is_one_step_of_the_loop() -> None:
    async def scenario() -> None:
        hub, clients = Hub(), [Client() for _ in range(100)]
        for client in clients:
            joined(hub, client, "a")
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(count())
        await asyncio.sleep(0)
        before = turns
        hub.publish(lambda _: b"x")
        assert turns == before
        task.cancel()

    asyncio.run(scenario())


def test_it_tells_who_is_there_and_what_was_sent() -> None:
    async def scenario() -> None:
        hub, stuck = Hub(), Client()
        for client in (Client(), Client(), stuck):
            joined(hub, client, "a")
        hub.publish(lambda _: b"xyz")
        hub.publish(lambda _: b"")
        stuck.is_stuck = True
        hub.publish(lambda _: b"z")
        figures = {metric.name: metric.samples[0].value for metric in hub.metrics()}
        assert figures == {
            "logwatcher_subscribers": 2,
            "logwatcher_frames_total": 2,
            "logwatcher_deliveries_total": 5,
            "logwatcher_delivered_bytes_total": 11,
            "logwatcher_slow_clients_total": 1,
        }

    asyncio.run(scenario())
