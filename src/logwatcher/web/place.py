"""Where the page stands: below any prefix, so every address it writes is relative to its own.

The page's address ends in a slash; ``./?range=1h`` and ``api/live`` are understood from there,
whatever a project, ``FORCE_SCRIPT_NAME`` or a proxy puts before it.
"""

from django.http import HttpRequest
from django.urls import reverse

PAGE = "logwatcher:page"


def below_page(request: HttpRequest) -> str:
    """The request's address without the page's: ``requests/7``, or empty."""
    return request.path.removeprefix(reverse(PAGE))


def way_to_page(request: HttpRequest) -> str:
    """The page's address as seen from the request's: ``./``, or ``../`` for each folder."""
    return "../" * below_page(request).count("/") or "./"
