"""Lines that another program writes to this process, until it ends."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing

from logwatcher.core.event import Batch
from logwatcher.sources.line_reader import LineReader
from logwatcher.sources.lines import Splitter

_CHUNK = 256 * 1024


async def read_pipe(descriptor: int, reader: LineReader) -> AsyncGenerator[Batch, None]:
    """The events of all lines; a line is read when it has ended, the last one at the end."""
    splitter, parse = Splitter(), reader.parse([])
    async with aclosing(_chunks(descriptor)) as chunks:
        async for chunk in chunks:
            for batch in reader.read(splitter.feed(chunk), parse):
                yield batch
    for batch in reader.read(splitter.flush(), parse):
        yield batch


async def _chunks(descriptor: int) -> AsyncGenerator[bytes, None]:
    """What can be read. A read can't be broken off, so its thread is left behind at an end."""
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    is_taken = threading.Event()

    def read() -> None:
        chunk = b" "
        while chunk:
            chunk = os.read(descriptor, _CHUNK)
            is_taken.clear()
            try:
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            except RuntimeError:  # the loop has ended before the input did
                return
            is_taken.wait()

    threading.Thread(target=read, name="pipe", daemon=True).start()
    try:
        while chunk := await chunks.get():
            yield chunk
            is_taken.set()
    finally:
        is_taken.set()
