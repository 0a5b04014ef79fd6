"""What comes by UDP and TCP is put in batches; what can't be is told, and nothing grows."""

import asyncio
import errno
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from logwatcher.core.event import Batch
from logwatcher.core.formats import FORMATS, Reading
from logwatcher.core.health import Condition
from logwatcher.core.syslog import MAX_MESSAGE
from logwatcher.sources import inbox, syslog
from logwatcher.sources.address import Address, Sockets, open_sockets
from logwatcher.sources.sender import Senders
from logwatcher.sources.syslog import MAX_CONNECTIONS, Syslog


def message(number: int) -> bytes:
    return (
        b'<190>Nov 24 10:00:00 web shop: 192.0.2.7 - - [24/Nov/2026:10:00:00 +0000] "GET /%d'
        b' HTTP/1.1" 200 5 "-" "-" 0.100' % number
    )


def with_length(number: int) -> bytes:
    return b"%d %b" % (len(message(number)), message(number))


class Listener:
    """A running source, and what it has put."""

    def __init__(self, sockets: Sockets) -> None:
        self.address = sockets.address
        self.batches: list[Batch] = []
        self.reports: list[Batch] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(self.address)

    async def put(self, batch: Batch) -> None:
        await self.is_open.wait()
        (self.batches if batch.events else self.reports).append(batch)

    @property
    def numbers(self) -> list[int]:
        return [int(event.path[1:]) for batch in self.batches for event in batch.events]

    async def has(self, count: int) -> list[int]:
        """The numbers of all requests, once there are so many."""
        await until(lambda: len(self.numbers) >= count)
        return self.numbers

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(idle_s: float = 60, tell_s: float = 60) -> AsyncIterator[Listener]:
    sockets = open_sockets(Address("127.0.0.1", 0))
    listener = Listener(sockets)
    source = Syslog(
        sockets, Senders(reading=Reading(FORMATS["combined"])), idle_s=idle_s, tell_s=tell_s
    )
    task = asyncio.create_task(source(listener.put))
    await asyncio.sleep(0)
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.wait({task})
        listener.udp.close()
    assert task.cancelled()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def lost(caplog: pytest.LogCaptureFixture) -> int:
    """How many messages are said to be lost."""
    found = [
        re.search(r"messages lost by UDP, too fast for it: (\d+);", text) for text in told(caplog)
    ]
    return sum(int(match[1]) for match in found if match)


def test_requests_come_by_udp() -> None:
    async def body() -> None:
        async with listening() as listener:
            for number in range(200):
                listener.udp.send(message(number))
            assert await listener.has(200) == list(range(200))
            assert {batch.source for batch in listener.batches} == {"shop"}
            assert all(event.duration_us == 100_000 for event in listener.batches[0].events)

    asyncio.run(body())


@pytest.mark.parametrize("frame", [with_length, lambda number: message(number) + b"\n"])
@pytest.mark.parametrize("size", [7, 1000, 1_000_000])
def test_requests_come_by_tcp_however_they_are_cut(
    frame: Callable[[int], bytes], size: int
) -> None:
    async def body() -> None:
        data = b"".join(map(frame, range(50)))
        async with listening() as listener:
            _, writer = await listener.connect()
            for start in range(0, len(data), size):
                writer.write(data[start : start + size])
                await writer.drain()
            assert await listener.has(50) == list(range(50))
            writer.close()

    asyncio.run(body())


def test_how_it_goes_is_said_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "REPORT_S", 0.02)

    async def body() -> None:
        async with listening() as listener:
            await until(lambda: listener.reports)
            assert {batch.input for batch in listener.reports} == {"syslog"}
            listener.udp.send(message(1))
            await listener.has(1)
            listener.reports.clear()
            await until(lambda: len(listener.reports) > 3)
            conditions = {batch.input: batch.condition for batch in listener.reports}
            assert conditions == {"syslog": Condition(), "syslog: shop": Condition("combined")}

    asyncio.run(body())


def test_the_last_message_of_a_connection_needs_no_end() -> None:
    async def body() -> None:
        async with listening() as listener:
            _, writer = await listener.connect()
            writer.write(message(7))
            writer.close()
            assert await listener.has(1) == [7]

    asyncio.run(body())


def test_a_request_is_put_at_once_and_many_are_put_together() -> None:
    async def body() -> None:
        async with listening() as listener:
            began = time.monotonic()
            listener.udp.send(message(0))
            await listener.has(1)
            assert time.monotonic() - began < 1
            for number in range(1, 1000):
                listener.udp.send(message(number))
            await listener.has(1000)
            assert len(listener.batches) < 100

    asyncio.run(body())


def test_while_nobody_takes_them_tcp_waits_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(syslog, "Inbox", lambda: inbox.Inbox(50_000))
    count = 100_000

    async def body() -> None:
        async with listening() as listener:
            listener.is_open.clear()
            _, writer = await listener.connect()
            writer.write(b"".join(message(number) + b"\n" for number in range(count)))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await writer.drain()
            assert listener.batches == []
            listener.is_open.set()
            await writer.drain()
            assert await listener.has(count) == list(range(count))
            writer.close()

    asyncio.run(body())


def test_while_nobody_takes_them_udp_loses_some_and_says_how_many(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syslog, "Inbox", lambda: inbox.Inbox(50_000))
    sent = 3000

    async def body() -> int:
        async with listening(tell_s=0.05) as listener:
            listener.is_open.clear()
            for number in range(sent):
                listener.udp.send(message(number))
                if number % 100 == 0:
                    await asyncio.sleep(0)
            await until(lambda: told(caplog))
            listener.is_open.set()
        return len(listener.numbers)

    got = asyncio.run(body())
    assert 0 < got < sent
    assert got + lost(caplog) == sent


def test_what_the_system_had_no_room_for_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux says how many these are")
    sent = 50_000

    async def body() -> int:
        async with listening() as listener:
            for number in range(sent):  # without a turn for the reader
                listener.udp.send(message(number))
        return len(listener.numbers)

    got = asyncio.run(body())
    assert 0 < got < sent
    assert got + lost(caplog) == sent


def test_what_had_come_is_put_before_the_end() -> None:
    async def body() -> None:
        async with listening() as listener:
            _, writer = await listener.connect()
            writer.write(b"".join(message(number) + b"\n" for number in range(1000)))
            await writer.drain()
            await listener.has(1)
            for number in range(1000, 2000):
                listener.udp.send(message(number))
        assert set(range(1000, 2000)) <= set(listener.numbers)
        writer.close()

    asyncio.run(body())


def test_the_end_does_not_wait_for_a_pipeline_that_hangs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syslog, "STOP_S", 0.05)

    async def body() -> None:
        async with listening() as listener:
            listener.is_open.clear()
            listener.udp.send(message(1))
            await asyncio.sleep(0.05)

    asyncio.run(body())
    assert told(caplog) == ["syslog: the last messages are lost: they were not taken in 0.05 s"]


def test_messages_that_are_too_long_are_dropped_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening(tell_s=0.05) as listener:
            _, writer = await listener.connect()
            writer.write(message(1) + b"\n" + b"x" * 3 * MAX_MESSAGE + b"\n" + message(2) + b"\n")
            assert await listener.has(2) == [1, 2]
            writer.close()
            await until(lambda: told(caplog))

    asyncio.run(body())
    assert told(caplog) == ["syslog: messages dropped, too long or cut off: 1"]


def test_a_stream_that_can_not_be_followed_is_closed_and_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def body() -> None:
        async with listening() as listener:
            reader, writer = await listener.connect()
            _, other = await listener.connect()
            writer.write(with_length(1) + b"nonsense")
            assert await listener.has(1) == [1]
            writer.write(b"more")
            assert await reader.read() == b""
            other.write(with_length(2))
            assert await listener.has(2) == [1, 2]
            writer.close()
            other.close()

    asyncio.run(body())
    assert told(caplog) == [
        "syslog: connections broken: 1, the last one by:"
        " expected the length of a message, found b'nonsensemore'"
    ]


def test_a_connection_that_can_not_be_taken_harms_no_other(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syslog, "_RETRY_S", 0.01)

    async def body() -> None:
        loop = asyncio.get_running_loop()
        accept = loop.sock_accept
        errors = [OSError(errno.EMFILE, "Too many open files")]

        async def sometimes(tcp: socket.socket) -> tuple[socket.socket, object]:
            if errors:
                raise errors.pop()
            return await accept(tcp)

        monkeypatch.setattr(loop, "sock_accept", sometimes)
        async with listening() as listener:
            _, writer = await listener.connect()
            writer.write(message(1) + b"\n")
            assert await listener.has(1) == [1]
            writer.close()

    asyncio.run(body())
    (text,) = told(caplog)
    assert text == "syslog: no connection is taken for 0.01 s: [Errno 24] Too many open files"


def test_a_connection_that_is_cut_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening() as listener:
            _, other = await listener.connect()
            cut = socket.create_connection(listener.address)
            cut.send(message(1)[:50])
            cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            cut.close()
            other.write(message(2) + b"\n")
            assert await listener.has(1) == [2]
            other.close()

    asyncio.run(body())
    (text,) = told(caplog)
    assert text.startswith("syslog: connections broken: 1, the last one by: ")


def test_connections_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with listening(tell_s=0.05) as listener:
            connections = [await listener.connect() for _ in range(MAX_CONNECTIONS)]
            reader, writer = await listener.connect()
            assert await reader.read() == b""
            writer.close()
            for number, (_, each) in enumerate(connections):
                each.write(message(number) + b"\n")
            assert sorted(await listener.has(MAX_CONNECTIONS)) == list(range(MAX_CONNECTIONS))
            connections[0][1].close()
            await connections[0][1].wait_closed()
            await until(lambda: told(caplog))
            _, writer = await listener.connect()
            writer.write(message(MAX_CONNECTIONS) + b"\n")
            await listener.has(MAX_CONNECTIONS + 1)
            writer.close()
            for _, each in connections:
                each.close()

    asyncio.run(body())
    assert told(caplog) == [f"syslog: connections refused, more than {MAX_CONNECTIONS}: 1"]


def test_the_one_that_was_silent_for_longest_makes_room() -> None:
    async def body() -> None:
        async with listening(idle_s=0.05) as listener:
            connections = [await listener.connect() for _ in range(MAX_CONNECTIONS)]
            await asyncio.sleep(0.1)
            for number, (_, each) in enumerate(connections):
                if number != 7:
                    each.write(message(number) + b"\n")
            await listener.has(MAX_CONNECTIONS - 1)
            _, writer = await listener.connect()
            writer.write(message(7) + b"\n")
            assert sorted(await listener.has(MAX_CONNECTIONS)) == list(range(MAX_CONNECTIONS))
            assert await connections[7][0].read() == b""
            connections[8][1].write(message(100) + b"\n")
            await listener.has(MAX_CONNECTIONS + 1)
            writer.close()
            for _, each in connections:
                each.close()

    asyncio.run(body())
