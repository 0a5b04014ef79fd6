"""What every event must be, whatever it was made of: fit to be stored and to be shown."""

from logwatcher.core.agent import FAMILIES
from logwatcher.core.event import MAX_ERROR, MAX_METHOD, MAX_PATH, MAX_ROUTE, Event
from logwatcher.core.privacy import MAX_CLIENT
from logwatcher.core.text import METHODS, OTHER_METHOD, clean

LIMITS = {
    "method": MAX_METHOD,
    "path": MAX_PATH,
    "route": MAX_ROUTE,
    "error_type": MAX_ERROR,
    "error_message": MAX_ERROR,
    "client": MAX_CLIENT,
}
MAX_MESSAGE = 500
EARLIEST_US = 0
LATEST_US = 4_102_488_000_000_000  # half a day after 2099, for times whose zone is behind UTC


def is_fit_to_be_stored(event: Event) -> bool:
    """Whether all its fields are within their bounds and nothing in them does harm."""
    texts = {name: value for name, value in event._asdict().items() if isinstance(value, str)}
    return (
        all(clean(text, LIMITS.get(name, MAX_PATH)) == text for name, text in texts.items())
        and event.method in METHODS | {OTHER_METHOD}
        and bool(event.path and event.route)
        and event.agent in FAMILIES | {""}
        and type(event.status) is int
        and 0 <= event.status <= 999
        and (event.duration_us is None or is_whole(event.duration_us, 10**13))
        and (event.size is None or is_whole(event.size, 10**15))
        and EARLIEST_US <= event.time_us <= LATEST_US
    )


def is_whole(number: object, most: int) -> bool:
    """Whether it is an integer from 0 to ``most``."""
    return type(number) is int and 0 <= number <= most


def is_fit_to_be_told(message: str) -> bool:
    """Whether a message is one short line that does a terminal no harm."""
    return bool(message) and clean(message, MAX_MESSAGE) == message
