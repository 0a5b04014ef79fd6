"""Text from outside, made safe to store in any database and to show on a page."""

import re

_HTTP = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"}
_DAV = {"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"}
METHODS = frozenset(_HTTP | _DAV | {"PURGE"})
"""HTTP's, WebDAV's and the caches' methods: so few that each can have endpoints of its own."""
OTHER_METHOD = "_OTHER"
"""Stands for every other method, as in OpenTelemetry's conventions."""

# Control characters, line separators, overrides of the writing direction, halves of surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str, limit: int) -> str:
    """The text with U+FFFD for what can't be stored or would deceive the eye.

    At most ``limit`` characters; what was cut off is shown by ``…`` as the last of them.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text if text.isprintable() else _UNSAFE.sub("\ufffd", text)


def to_method(text: str) -> str:
    """The method as sent if it is one of ``METHODS``, else ``OTHER_METHOD``."""
    return text if text in METHODS else OTHER_METHOD
