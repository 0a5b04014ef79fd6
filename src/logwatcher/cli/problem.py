"""What the user is told on standard error."""

import sys

from logwatcher.core.text import clean

MAX_MESSAGE = 2000


class UsageError(Exception):
    """Something the user can mend: what is wrong and what to do, on one line."""


def tell(text: str, *, is_error: bool = False) -> None:
    """Say it, on one line, and go on; where what is logged is JSON, so is this."""
    import logging

    from logwatcher import journal

    log = logging.getLogger(journal.TOLD)
    if log.isEnabledFor(logging.INFO):
        log.log(logging.ERROR if is_error else logging.INFO, shown(text))
    else:
        print(f"logwatcher: {shown(text)}", file=sys.stderr, flush=True)


def shown(message: str) -> str:
    """What it says of names of files and the like, which may hold a terminal's escapes."""
    return clean(message, MAX_MESSAGE)
