"""What an app puts in to be watched; needs nothing but Python's own library.

``ASGIMiddleware`` for FastAPI and Starlette, ``WSGIMiddleware`` for Flask,
``DjangoMiddleware`` for Django's ``MIDDLEWARE``.
"""

from logwatcher.middleware.asgi import ASGIMiddleware
from logwatcher.middleware.django import DjangoMiddleware
from logwatcher.middleware.wsgi import WSGIMiddleware

__all__ = ["ASGIMiddleware", "DjangoMiddleware", "WSGIMiddleware"]
