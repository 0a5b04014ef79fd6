"""Where in a log the lines of a time begin, found without reading what comes before."""

from collections.abc import Callable, Iterator

from logwatcher.core.event import Event, ParseError

SLACK_US = 60_000_000
"""So much later than its time a line may come: some servers write when a request began."""

_NEAR = 64 * 1024
_WINDOW = 256 * 1024
_LINES = 50

Read = Callable[[int, int], bytes]
"""So many bytes from an offset."""


def find_since(read: Read, size: int, parse: Callable[[str], Event], since_us: int) -> int:
    """The start of a line; before it all are older than ``since_us``, and few after it.

    A log is nearly in order of time: some lines are out of place by up to ``SLACK_US``, single
    ones by any time. So bisecting is for a time ``SLACK_US`` earlier, and what decides is the
    newest of ``_LINES`` lines. Where no line is an event, the search goes on before it.
    """
    low, high = 0, size
    while high - low > _NEAR:
        middle = (low + high) // 2
        times = [event.time_us for event in _events(read(_WINDOW, middle), parse)]
        if times and max(times) < since_us - SLACK_US:
            low = middle
        else:
            high = middle
    return low + read(_WINDOW, low).find(b"\n") + 1 if low else 0


def _events(data: bytes, parse: Callable[[str], Event]) -> Iterator[Event]:
    """The events of the first whole lines."""
    for line in data.split(b"\n")[1 : 1 + _LINES]:
        if line.startswith(b"#"):
            continue  # a header here would change how the lines before it are read
        try:
            yield parse(line.decode("utf-8", "replace").strip("\0\r"))
        except ParseError:
            continue
