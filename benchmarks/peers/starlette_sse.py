"""sse-starlette publishes to all once a second: python starlette_sse.py PORT.

A queue per client, as its documentation has it.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

PAYLOAD = "x" * 2000
queues: set["asyncio.Queue[str]"] = set()
tasks: list["asyncio.Task[None]"] = []


async def publish() -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(1)
        data = json.dumps({"at": time.monotonic_ns(), "payload": PAYLOAD})
        for queue in queues:
            queue.put_nowait(data)


async def events(_: Request) -> EventSourceResponse:
    """One client's."""
    if not tasks:
        tasks.append(asyncio.create_task(publish()))

    async def each() -> AsyncIterator[dict[str, str]]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        queues.add(queue)
        try:
            while True:
                yield {"event": "message", "data": await queue.get()}
        finally:
            queues.discard(queue)

    return EventSourceResponse(each(), sep="\n")


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/events", events)]),
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        backlog=2048,
        timeout_graceful_shutdown=1,
    )
