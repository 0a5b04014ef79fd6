"""Routes of every kind that Starlette and FastAPI have, and requests that end early."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from logwatcher.middleware import ASGIMiddleware
from logwatcher.middleware.asgi import CLIENT_LEFT, App, Message
from logwatcher.middleware.record import Record


class Watched:
    """An app, asked directly; the records it would send."""

    def __init__(self, app: App) -> None:
        self.records: list[Record] = []
        self.app = ASGIMiddleware(app, url="http://127.0.0.1:9", token="t")
        self.app.sender.add = self.records.append  # type: ignore[assignment,method-assign]  # a list instead

    async def get(self, path: str, **scope: object) -> list[Message]:
        """One request; what was sent."""
        sent: list[Message] = []
        requests: Iterator[Message] = iter([{"type": "http.request"}])

        async def receive() -> Message:
            return next(requests, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.append(message)

        fields = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        empty = {"headers": [], "query_string": b"", "root_path": "", "http_version": "1.1"}
        await self.app({**fields, **empty, **scope}, receive, send)
        return sent


async def ok(request: Request) -> Response:
    return PlainTextResponse("ok")


async def static(scope: Any, receive: Any, send: Any) -> None:  # Any: an app that knows no routes
    await PlainTextResponse("file")(scope, receive, send)


STARLETTE = Starlette(
    routes=[
        Route("/", ok),
        Route("/n/{n:int}", ok),
        Route("/files/{name:path}", ok),
        Mount("/static", static),
        Mount("/shops/{shop}", routes=[Route("/items/{item}", ok)]),
        Mount("/deep", routes=[Mount("/er", routes=[Route("/{x}", ok)])]),
    ]
)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/n/007", "/n/{n}"),
        ("/files/a/b.txt", "/files/{name}"),
        ("/static/a/b.css", "/static/{path}"),
        ("/shops/5/items/5", "/shops/{shop}/items/{item}"),
        ("/deep/er/7", "/deep/er/{x}"),
        ("/nothing", ""),
    ],
)
def test_routes_of_starlette(path: str, route: str) -> None:
    watched = Watched(STARLETTE)
    asyncio.run(watched.get(path))
    assert [record.route for record in watched.records] == [route]


def test_routes_of_fastapi_behind_several_routers() -> None:
    inner, outer, app = APIRouter(), APIRouter(), FastAPI()
    inner.add_api_route("/items/{item}", lambda item: item)
    outer.include_router(inner, prefix="/shop/{shop}")
    app.include_router(outer, prefix="/v1")
    watched = Watched(app)
    asyncio.run(watched.get("/v1/shop/7/items/9"))
    assert watched.records[0].route == "/v1/shop/{shop}/items/{item}"


def test_a_task_in_the_background_delays_no_record() -> None:
    records: list[int] = []

    def task() -> None:
        records.append(len(watched.records))

    async def view(request: Request) -> Response:
        return PlainTextResponse("ok", background=BackgroundTask(task))

    watched = Watched(Starlette(routes=[Route("/", view)]))
    asyncio.run(watched.get("/"))
    assert records == [1]
    assert len(watched.records) == 1


def test_an_exception_before_and_after_the_answer() -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI
        if scope["path"] == "/after":
            await PlainTextResponse("no", 503)(scope, receive, send)
        raise KeyError("x")

    watched = Watched(fails)
    for path in ("/before", "/after"):
        with pytest.raises(KeyError):
            asyncio.run(watched.get(path))
    assert [(r.status, r.error_type, r.size) for r in watched.records] == [
        (500, "KeyError", 0),
        (503, "KeyError", 2),
    ]


def test_a_client_that_leaves_is_no_error_of_the_server() -> None:
    async def waits(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI
        await asyncio.Event().wait()

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await watched.get("/")

    watched = Watched(waits)
    asyncio.run(scenario())
    assert [record.status for record in watched.records] == [CLIENT_LEFT]


def test_what_is_no_http_passes_by() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # Any: ASGI
        seen.append(scope["type"])

    watched = Watched(app)
    asyncio.run(watched.get("/", type="websocket"))
    asyncio.run(watched.get("/", type="lifespan"))
    assert seen == ["websocket", "lifespan"]
    assert watched.records == []


def test_a_scope_that_holds_anything_breaks_nothing() -> None:
    watched = Watched(static)
    sent = asyncio.run(watched.get("/", method=None, route=7, endpoint=None, path_params=[1]))
    assert sent[0]["status"] == 200
    assert watched.app.sender.dropped == 1
