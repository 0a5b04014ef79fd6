"""The shop of each framework, under OpenTelemetry's own instrumentation: ``… NAME EXPORTER``.

Knows nothing of logwatcher; where its spans go stands in the environment. Prints its port and
serves until SIGTERM.
"""

import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JSONExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.middleware import shop
from tests.middleware.shop import App


def fastapi_app() -> App:
    """Instrumented as its documentation says."""
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    app = shop.fastapi_app()
    FastAPIInstrumentor.instrument_app(app)
    return app


def flask_app() -> App:
    """As above."""
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    return shop.flask_app(FlaskInstrumentor().instrument_app)


def django_app() -> App:
    """As above."""
    from django.core.wsgi import get_wsgi_application
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    shop.configure_django()
    DjangoInstrumentor().instrument()
    return get_wsgi_application()


APPS = {"fastapi": fastapi_app, "flask": flask_app, "django": django_app}
EXPORTERS = {"protobuf": OTLPSpanExporter, "json": JSONExporter}


def main(name: str, exporter: str) -> None:
    """Serve one of them."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(EXPORTERS[exporter]()))
    trace.set_tracer_provider(provider)
    serve = shop.serve_asgi if name == "fastapi" else shop.serve_wsgi
    serve(APPS[name]())


if __name__ == "__main__":
    main(*sys.argv[1:])
