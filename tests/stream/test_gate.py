"""The gate: who may not have the stream gets none, and who may not any more loses it."""

import asyncio
from collections.abc import Collection

from logwatcher.stream.gate import Gate
from logwatcher.stream.hub import Hub, Subscriber
from logwatcher.stream.live import Live
from tests.stream.client import Client
from tests.stream.test_live import run, scope, until


class Guard:
    """Lets some in; None: it can't tell."""

    def __init__(self, *names: str) -> None:
        self.names: set[str] | None = set(names)
        self.asked: list[set[str]] = []

    async def ask(self, all_: Collection[str]) -> set[str] | None:
        self.asked.append(set(all_))
        return None if self.names is None else self.names & set(all_)


def gate_of(hub: Hub, guard: Guard) -> Gate:
    return Gate(hub, lambda headers: headers.get(b"cookie", b"").decode(), guard.ask)


def subscribe(hub: Hub, name: str, *, joins: bool = True) -> Subscriber:
    subscriber = Subscriber({"": ""}, Client().send, name)
    hub.add(subscriber)
    if joins:
        for one in hub.take_joining():
            hub.join(one)
    return subscriber


def status(guard: Guard) -> int:
    async def scenario(hub: Hub, client: Client) -> None:
        live = Live(hub, gate_of(hub, guard))
        await live(scope(cookie="eve"), client.receive, client.send)
        assert len(hub) == 0

    found: int = run(scenario).sent[0]["status"]
    return found


def test_who_may_not_see_it_is_told_to_log_in() -> None:
    assert status(Guard("ada")) == 401


def test_while_nobody_can_tell_it_is_a_matter_of_time() -> None:
    guard = Guard()
    guard.names = None
    assert status(guard) == 503


def test_a_stream_ends_properly_when_its_session_does() -> None:
    guard = Guard("eve")

    async def scenario(hub: Hub, client: Client) -> None:
        gate = gate_of(hub, guard)
        live = Live(hub, gate)
        task = asyncio.create_task(live(scope(cookie="eve"), client.receive, client.send))
        await until(lambda: len(hub) == 1)
        await gate.check()
        assert len(hub) == 1
        guard.names = set()
        await gate.check()
        await task
        assert len(hub) == 0

    assert run(scenario).sent[-1]["more_body"] is False


def test_each_is_asked_for_once_and_only_the_refused_end() -> None:
    async def body() -> None:
        hub, guard = Hub(), Guard("ada", "bob")
        all_ = [subscribe(hub, name) for name in ("ada", "eve", "ada", "eve")]
        all_.append(subscribe(hub, "eve", joins=False))
        await gate_of(hub, guard).check()
        assert guard.asked == [{"ada", "eve"}]
        assert [one.has_ended for one in all_] == [False, True, False, True, True]

    asyncio.run(body())


def test_while_nobody_can_tell_streams_go_on_and_without_any_nobody_is_asked() -> None:
    async def body() -> None:
        hub, guard = Hub(), Guard()
        await gate_of(hub, guard).check()
        assert guard.asked == []
        guard.names = None
        subscriber = subscribe(hub, "ada")
        await gate_of(hub, guard).check()
        assert not subscriber.has_ended

    asyncio.run(body())
