"""Text from outside, made safe to store in any database and to show on a page."""

import re

from logwatcher.core.event import MAX_METHOD

OTHER_METHOD = "_OTHER"
"""Stands for every method that is not one to sixteen capital letters."""

# Control characters, line separators, overrides of the writing direction, halves of surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_METHOD = re.compile(rf"[A-Z]{{1,{MAX_METHOD}}}")


def clean(text: str, limit: int) -> str:
    """The text with U+FFFD for what can't be stored or would deceive the eye.

    At most ``limit`` characters; what was cut off is shown by ``…`` as the last of them.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text if text.isprintable() else _UNSAFE.sub("\ufffd", text)


def to_method(text: str) -> str:
    """The method as sent, or ``OTHER_METHOD``."""
    return text if _METHOD.fullmatch(text) else OTHER_METHOD
