"""The shop of each framework, watched by the middleware: ``program.py NAME URL TOKEN``.

Prints its port, serves until SIGTERM, and ends as such servers do.
"""

import sys
from collections.abc import Callable

from logwatcher.middleware import ASGIMiddleware, WSGIMiddleware
from tests.middleware import shop
from tests.middleware.shop import App


def fastapi_app(url: str, token: str) -> App:
    app = shop.fastapi_app()
    app.add_middleware(ASGIMiddleware, url=url, token=token)
    return app


def starlette_app(url: str, token: str) -> App:
    return ASGIMiddleware(shop.starlette_app(), url=url, token=token)


def flask_app(url: str, token: str) -> App:
    def watch(app: App) -> None:
        app.wsgi_app = WSGIMiddleware(app.wsgi_app, url=url, token=token)

    return shop.flask_app(watch)


def _configure_django(url: str, token: str) -> None:
    shop.configure_django(
        MIDDLEWARE=["logwatcher.middleware.DjangoMiddleware"],
        LOGWATCHER={"URL": url, "TOKEN": token},
    )


def django_app(url: str, token: str) -> App:
    from django.core.wsgi import get_wsgi_application

    _configure_django(url, token)
    return get_wsgi_application()


def django_asgi_app(url: str, token: str) -> App:
    from django.core.asgi import get_asgi_application

    _configure_django(url, token)
    return get_asgi_application()


ASGI = {"fastapi": fastapi_app, "starlette": starlette_app, "django-asgi": django_asgi_app}
WSGI = {"flask": flask_app, "django": django_app}
APPS: dict[str, Callable[[str, str], App]] = {**ASGI, **WSGI}


def main(name: str, url: str, token: str) -> None:
    """Serve one of them."""
    serve = shop.serve_asgi if name in ASGI else shop.serve_wsgi
    serve(APPS[name](url, token))


if __name__ == "__main__":
    main(*sys.argv[1:])
