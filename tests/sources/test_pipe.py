"""Lines from a pipe: as they come, the last one at the end; who stops doesn't wait for more."""

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from logwatcher.core.event import Event
from logwatcher.core.formats import FORMATS, Reading
from logwatcher.sources.line_reader import LineReader
from logwatcher.sources.pipe import read_pipe


def line(number: int) -> bytes:
    return (
        b"192.0.2.7 - - [14/Nov/2023:22:00:00 +0000]"
        b' "GET /%d HTTP/1.1" 200 12 "-" "-" 0.100\n' % number
    )


def reader() -> LineReader:
    return LineReader("standard input", "stdin", Reading(FORMATS["combined"]), lambda text: None)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue  # the test has closed it


async def collect(descriptor: int) -> list[Event]:
    return [event async for batch in read_pipe(descriptor, reader()) for event in batch.events]


def test_all_lines_are_read_and_the_last_one_needs_no_end(pipe: tuple[int, int]) -> None:
    def write() -> None:
        with os.fdopen(pipe[1], "wb", buffering=0) as file:
            data = b"".join(map(line, range(5000))).rstrip(b"\n")
            for first in range(0, len(data), 7001):
                file.write(data[first : first + 7001])

    async def both() -> list[Event]:
        async with asyncio.timeout(20):
            found, _ = await asyncio.gather(collect(pipe[0]), asyncio.to_thread(write))
        return found

    assert [event.path for event in asyncio.run(both())] == [f"/{i}" for i in range(5000)]


def test_a_line_is_read_when_it_has_ended(pipe: tuple[int, int]) -> None:
    async def body() -> None:
        batches = read_pipe(pipe[0], reader())
        os.write(pipe[1], line(1) + line(2)[:30])
        assert [event.path for event in (await anext(batches)).events] == ["/1"]
        os.write(pipe[1], line(2)[30:])
        assert [event.path for event in (await anext(batches)).events] == ["/2"]
        os.close(pipe[1])
        with pytest.raises(StopAsyncIteration):
            await anext(batches)

    asyncio.run(asyncio.wait_for(body(), 10))


def test_who_is_cancelled_does_not_wait_for_the_writer(pipe: tuple[int, int]) -> None:
    async def body() -> None:
        reading = asyncio.create_task(collect(pipe[0]))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(asyncio.wait_for(body(), 5))
    os.write(pipe[1], b"too late\n")
    for thread in threading.enumerate():
        if thread.name == "pipe":
            thread.join(5)  # else it might read what has the pipe's number next
            assert not thread.is_alive()
