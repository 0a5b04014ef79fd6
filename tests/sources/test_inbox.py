"""What waits comes out in order, and never takes more memory than it may."""

import asyncio

from logwatcher.sources.inbox import MAX_TAKEN, MAX_TAKEN_BYTES, OVERHEAD, Inbox


def take_all(inbox: Inbox) -> list[bytes]:
    taken: list[bytes] = []
    while inbox.size:
        taken += inbox.take()
    return taken


def test_messages_come_out_in_order() -> None:
    inbox = Inbox()
    messages = [b"%d" % number for number in range(3 * MAX_TAKEN)]
    for message in messages:
        inbox.add(message)
    assert inbox.size == sum(map(len, messages)) + OVERHEAD * len(messages)
    assert inbox.take() == messages[:MAX_TAKEN]
    assert take_all(inbox) == messages[MAX_TAKEN:]
    assert inbox.take() == []


def test_of_long_ones_fewer_are_taken_but_one_at_least() -> None:
    inbox = Inbox()
    for size in (MAX_TAKEN_BYTES // 2, MAX_TAKEN_BYTES // 2, MAX_TAKEN_BYTES * 2, 1):
        inbox.add(b"x" * size)
    assert [len(inbox.take()) for _ in range(3)] == [2, 1, 1]


def test_who_takes_waits_for_the_first() -> None:
    async def body() -> None:
        inbox = Inbox()
        waiting = asyncio.create_task(inbox.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        inbox.add(b"x")
        await waiting
        inbox.take()
        waiting = asyncio.create_task(inbox.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()

    asyncio.run(body())


def test_who_puts_waits_while_it_is_full() -> None:
    messages = [b"%03d" % number for number in range(1000)]
    limit = 10 * (3 + OVERHEAD)

    async def body() -> None:
        inbox = Inbox(limit)
        putting = asyncio.create_task(inbox.put(messages))
        taken: list[bytes] = []
        while not putting.done() or inbox.size:
            await asyncio.sleep(0)
            assert inbox.size <= limit
            assert inbox.is_full or putting.done()
            taken += inbox.take()
        assert taken == messages

    asyncio.run(body())
