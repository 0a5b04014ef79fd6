"""A small shop in each framework, which nothing watches yet; and servers for them."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

PARTS = [b"a" * 100, b"b" * 1000, b"c" * 10]
PAUSE_S = 0.1
App = Any  # an app of any of them


def chunks() -> Iterator[bytes]:
    """A response in parts, with pauses."""
    for part in PARTS:
        time.sleep(PAUSE_S)
        yield part


async def chunks_async() -> AsyncIterator[bytes]:
    """The same; asyncio may wake up a little early."""
    for part in PARTS:
        await asyncio.sleep(1.05 * PAUSE_S)
        yield part


def boom() -> str:
    """Fails."""
    raise ZeroDivisionError("a secret")


def fastapi_app() -> App:
    """With a router of its own for a part of it."""
    from fastapi import APIRouter, FastAPI
    from starlette.responses import StreamingResponse

    app = FastAPI()
    router = APIRouter()

    @app.get("/orders/{id}")
    async def order(id: int) -> str:  # noqa: A002
        return "order"

    @app.get("/boom")
    def fail() -> None:
        boom()

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks_async())

    @router.post("/items/{item}")
    async def item(item: str) -> str:
        return "item"

    app.include_router(router, prefix="/shop")
    return app


def starlette_app() -> App:
    """With a mounted part."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response, StreamingResponse
    from starlette.routing import Mount, Route

    async def order(request: Request) -> Response:
        return PlainTextResponse("order")

    def fail(request: Request) -> Response:
        boom()
        raise AssertionError

    async def stream(request: Request) -> Response:
        return StreamingResponse(chunks_async())

    routes = [
        Route("/orders/{id:int}", order),
        Route("/boom", fail),
        Route("/stream", stream),
        Mount("/shop", routes=[Route("/items/{item}", order, methods=["POST"])]),
    ]
    return Starlette(routes=routes)


def flask_app(watch: Callable[[App], object]) -> App:
    """With a blueprint; ``watch`` gets it before it has anything."""
    from flask import Blueprint, Flask

    app = Flask(__name__)
    watch(app)
    shop = Blueprint("shop", __name__)
    app.add_url_rule("/orders/<int:id>", "order", lambda id: "order")  # noqa: A006
    app.add_url_rule("/boom", "boom", boom)
    app.add_url_rule("/stream", "stream", chunks)
    shop.add_url_rule("/items/<item>", "item", lambda item: "item", methods=["POST"])
    app.register_blueprint(shop, url_prefix="/shop")
    return app


def configure_django(**settings: object) -> None:
    """With these settings, and an included part; the project is still to be set up."""
    from django.conf import settings as all_settings
    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
    from django.urls import include, path, re_path
    from django.views.decorators.csrf import csrf_exempt

    def order(request: HttpRequest, **_: object) -> HttpResponse:
        return HttpResponse("order")

    def fail(request: HttpRequest) -> HttpResponse:
        boom()
        raise AssertionError

    def stream(request: HttpRequest) -> StreamingHttpResponse:
        is_async = type(request).__name__ == "ASGIRequest"
        return StreamingHttpResponse(chunks_async() if is_async else chunks())

    shop = [re_path(r"^items/(?P<item>[a-z]{1,9})$", csrf_exempt(order))]
    patterns = [
        path("orders/<int:id>", order),
        path("boom", fail),
        path("stream", stream),
        path("shop/", include(shop)),
    ]
    given: Mapping[str, object] = {
        "ALLOWED_HOSTS": ["*"],
        "ROOT_URLCONF": tuple(patterns),
        "SECRET_KEY": "x" * 50,
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": [],
        **settings,
    }
    all_settings.configure(**given)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


def serve_wsgi(app: App) -> None:
    """Until SIGTERM, with a check of all that WSGI demands; prints the port."""
    server: WSGIServer = make_server("127.0.0.1", 0, validator(app), handler_class=_Quiet)
    print(server.server_port, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


def serve_asgi(app: App) -> None:
    """The same by Uvicorn."""
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    server.run([listener])
