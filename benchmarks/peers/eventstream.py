"""django-eventstream publishes to all once a second: python eventstream.py PORT.

In one process, without a storage: its listeners' queues in memory, under Django's ASGI handler.
"""

import asyncio
import sys
import time
from typing import Any

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import include, path

PAYLOAD = "x" * 2000
CHANNEL = "bench"
urlpatterns: list[Any] = []  # Any: Django's own
"""Filled once there are settings, which the library reads when it is imported."""


async def publish() -> None:
    """Until cancelled."""
    from django_eventstream import send_event

    while True:
        await asyncio.sleep(1)
        send_event(CHANNEL, "message", {"at": time.monotonic_ns(), "payload": PAYLOAD})


def main() -> None:
    """Serve."""
    settings.configure(
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django_eventstream"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="of nothing",  # noqa: S106
    )
    django.setup()
    urlpatterns.append(path("events", include("django_eventstream.urls"), {"channels": [CHANNEL]}))
    handle = get_asgi_application()
    tasks: list[asyncio.Task[None]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI's own
        if not tasks:
            tasks.append(asyncio.create_task(publish()))
        await handle(scope, receive, send)

    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        lifespan="off",
        backlog=2048,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
