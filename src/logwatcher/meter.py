"""Progress on standard error: a line that is redrawn on a terminal, else one every few seconds."""

import sys
import time
from collections.abc import Callable

REDRAW_S = 0.2
PRINT_S = 5.0
WIDTH = 24
"""Of a bar, in characters."""


class Meter:
    """Begins to count the time when it is made."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._started = self._shown = time.monotonic()
        self._drawn = 0

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._started

    def show(self, text: Callable[[bool], str]) -> None:
        """Say how far it is, if it is time to; ``text`` is told whether there is room for a bar."""
        now = time.monotonic()
        if now - self._shown < (REDRAW_S if self._is_terminal else PRINT_S):
            return
        self._shown = now
        line = text(self._is_terminal)
        if self._is_terminal:
            sys.stderr.write("\r" + line.ljust(self._drawn))
            self._drawn = len(line)
        else:
            sys.stderr.write(f"logwatcher: {line}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            sys.stderr.write("\r" + " " * self._drawn + "\r")
            sys.stderr.flush()


def bar(part: float) -> str:
    """``[####    ] ``, for a part from 0 to 1."""
    return f"[{'#' * round(part * WIDTH):<{WIDTH}}] "


def clock(seconds: float) -> str:
    """``0:12`` or ``1:02:03``."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
