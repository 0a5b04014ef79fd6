"""A small shop in each framework, under OpenTelemetry's own instrumentation: ``… NAME EXPORTER``.

Knows nothing of logwatcher; where its spans go stands in the environment. Prints its port and
serves until SIGTERM.
"""

import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JSONExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.middleware.program import App, boom, chunks, chunks_async, serve_asgi, serve_wsgi


def fastapi_app() -> App:
    """Instrumented as its documentation says."""
    from fastapi import APIRouter, FastAPI
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from starlette.responses import StreamingResponse

    app = FastAPI()
    router = APIRouter()

    @app.get("/orders/{id}")
    def order(id: int) -> str:  # noqa: A002
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
    FastAPIInstrumentor.instrument_app(app)
    return app


def flask_app() -> App:
    """As above."""
    from flask import Blueprint, Flask
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    app = Flask(__name__)
    FlaskInstrumentor().instrument_app(app)  # type: ignore[no-untyped-call]  # it has no types
    shop = Blueprint("shop", __name__)
    app.add_url_rule("/orders/<int:id>", "order", lambda id: "order")  # noqa: A006
    app.add_url_rule("/boom", "boom", boom)
    app.add_url_rule("/stream", "stream", chunks)
    shop.add_url_rule("/items/<item>", "item", lambda item: "item", methods=["POST"])
    app.register_blueprint(shop, url_prefix="/shop")
    return app


def django_app() -> App:
    """As above."""
    import django
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
    from django.urls import include, path, re_path
    from django.views.decorators.csrf import csrf_exempt
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    def order(request: HttpRequest, **_: object) -> HttpResponse:
        return HttpResponse("order")

    def fail(request: HttpRequest) -> HttpResponse:
        boom()
        raise AssertionError

    def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(chunks())

    shop = [re_path(r"^items/(?P<item>[a-z]{1,9})$", csrf_exempt(order))]
    patterns = [
        path("orders/<int:id>", order),
        path("boom", fail),
        path("stream", stream),
        path("shop/", include(shop)),
    ]
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=tuple(patterns),
        SECRET_KEY="x" * 50,
        MIDDLEWARE=[],
        LOGGING_CONFIG=None,
    )
    DjangoInstrumentor().instrument()
    django.setup()
    return get_wsgi_application()


APPS = {"fastapi": fastapi_app, "flask": flask_app, "django": django_app}
EXPORTERS = {"protobuf": OTLPSpanExporter, "json": JSONExporter}


def main(name: str, exporter: str) -> None:
    """Serve one of them."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(EXPORTERS[exporter]()))
    trace.set_tracer_provider(provider)
    serve = serve_asgi if name == "fastapi" else serve_wsgi
    serve(APPS[name]())


if __name__ == "__main__":
    main(*sys.argv[1:])
