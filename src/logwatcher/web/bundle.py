"""The page's scripts and styles as esbuild left them: a hash of the content is in each name."""

import gzip
import json
import mimetypes
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "static" / "logwatcher"
URL = "static/logwatcher/"
FOR_EVER = "public, max-age=31536000, immutable"


class BundleMissing(RuntimeError):
    """The page's scripts and styles were never built."""


class Asset(NamedTuple):
    """A file of the bundle: its bytes, the same gzipped, and its type."""

    content: bytes
    gzipped: bytes
    content_type: str


def address(name: str) -> str:
    """The address of ``page.js`` and the like, relative to the page's.

    Raises:
        BundleMissing: says how to build it.
    """
    return URL + _manifest()[name]


@require_safe
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the bundle, to be kept by the browser for ever."""
    if name not in _manifest().values():
        raise Http404
    found = _read(name)
    is_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if is_gzip:
        headers["Content-Encoding"] = "gzip"
    content = found.gzipped if is_gzip else found.content
    return HttpResponse(content, content_type=found.content_type, headers=headers)


@cache
def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((FOLDER / "manifest.json").read_text())
    except FileNotFoundError:
        raise BundleMissing("the page's bundle is missing; build it with: make build") from None
    return names


@cache
def _read(name: str) -> Asset:
    content = (FOLDER / name).read_bytes()
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, gzip.compress(content), f"{content_type}; charset=utf-8")
