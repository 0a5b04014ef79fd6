"""What ways of sending requests have in common: what comes in, what comes out, what is refused."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from logwatcher.core.event import Event
from logwatcher.core.privacy import Policy

Headers = Mapping[bytes, str]
AnswerHeaders = Sequence[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """An HTTP response."""

    status: int
    media_type: bytes
    body: bytes
    headers: AnswerHeaders = ()


class Taken(NamedTuple):
    """What a body held.

    Attributes:
        events: by the service that they are of; under the empty name if the body says none.
        key: by which a repeated batch is known; empty if there is none.
        sent: how many there were, right or wrong.
        answer: given once the events are committed.
    """

    events: Mapping[str, list[Event]]
    key: str
    sent: int
    answer: Answer


class Reader(NamedTuple):
    """How one body is read.

    Attributes:
        max_body: bytes, before and after decompression.
        read: the body, the time in µs and what is kept of a request → what it held; raises
            PayloadError, is called in a thread.
    """

    max_body: int
    read: Callable[[bytes, int, Policy], Taken]


class Refusal(Exception):
    """An answer that nothing was taken."""

    def __init__(self, status: int, error: str, *, headers: AnswerHeaders = ()) -> None:
        self.status = status
        self.error = error
        self.headers = headers
        super().__init__(error)


class Protocol(NamedTuple):
    """One way of sending.

    Attributes:
        reader: for a body with these headers; raises Refusal.
        refuse: a refusal in the form that the sender of these headers understands.
    """

    reader: Callable[[Headers], Reader]
    refuse: Callable[[Refusal, Headers], Answer]


def media_type(headers: Headers) -> str:
    """Without its parameters; empty if there is none."""
    return headers.get(b"content-type", "").partition(";")[0].strip().lower()
