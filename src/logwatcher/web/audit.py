"""Who changed what, and who came and went: one line each, in the server's log, without secrets."""

import logging

from django.http import HttpRequest

from logwatcher.core.text import clean
from logwatcher.web.visitor import visitor_of

MAX_VALUE = 150

_log = logging.getLogger("logwatcher.audit")


def log(request: HttpRequest, what: str, *values: str) -> None:
    """``ada at 192.0.2.7 logged in``; values, which may be anybody's, are quoted in ``what``."""
    visitor = visitor_of(request)
    session = getattr(request.user, "username", "") if hasattr(request, "user") else ""
    name = visitor.name if visitor.is_forwarded else session or visitor.name or "somebody"
    address = request.META.get("REMOTE_ADDR") or "this machine"
    quoted = [repr(clean(value, MAX_VALUE)) for value in values]
    _log.info(f"%s at %s {what}", name, address, *quoted)  # `what` is ours
