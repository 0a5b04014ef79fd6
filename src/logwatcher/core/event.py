"""One finished HTTP request, the batches it travels in, and the bounds that hold for both."""

from typing import NamedTuple

from logwatcher.core.health import Condition, Sample

MAX_METHOD = 16
MAX_PATH = 2048
MAX_ROUTE = 200
MAX_ERROR = 500
MAX_SOURCE = 100


class ParseError(ValueError):
    """Input that is not an event: says what is wrong, with which value."""


class Event(NamedTuple):
    """A finished request.

    A tuple, not a dataclass: millions are made per import, and a tuple is made
    four times as fast as a frozen dataclass.

    Attributes:
        time_us: when it finished, µs since 1970-01-01 UTC.
        method: ``GET``, …; ``_OTHER`` if it is none of ``text.METHODS``.
        path: as requested, without the query string unless ``Policy.keeps_query``.
        route: the path's template, ``/api/orders/{id}``.
        status: 0 to 999; 0 if there was none.
        duration_us: µs from first byte read to last byte written; None if not known.
        size: bytes of the response's body; None if not known.
        error_type: the exception's or the error's name; empty if there was none.
        error_message: its text; empty if there was none.
        client: who sent it, as ``Policy.to_client`` leaves it; empty if that is not kept.
        agent: the user agent's family, one of ``agent.FAMILIES``; empty if not known.
    """

    time_us: int
    method: str
    path: str
    route: str
    status: int
    duration_us: int | None
    size: int | None
    error_type: str = ""
    error_message: str = ""
    client: str = ""
    agent: str = ""


class Position(NamedTuple):
    """How far a file has been read; saved in the same transaction as the events before it.

    Attributes:
        path: the file's name when it was opened.
        device: with ``inode`` the identity of the file behind the name.
        inode: see ``device``.
        offset: bytes read, up to the end of the last complete line.
        fingerprint: digest of the file's first bytes, since inodes are used again.
    """

    path: str
    device: int
    inode: int
    offset: int
    fingerprint: bytes


class Finished(NamedTuple):
    """A file that has been read to its end: what it is known by wherever it is found again.

    Attributes:
        head: digest of its first ``head_size`` bytes, decompressed like all that follows.
        head_size: see ``head``.
        tail: digest of the ``tail_size`` bytes before ``offset``.
        tail_size: see ``tail``.
        offset: bytes read.
        size: bytes on disk.
        path: its name then.
    """

    head: bytes
    head_size: int
    tail: bytes
    tail_size: int
    offset: int
    size: int
    path: str


class Batch(NamedTuple):
    """Events of one source, in the order they were read.

    Attributes:
        source: its name.
        events: what was read.
        position: how far the file behind it has been read with them.
        key: what the sender named the batch: one that was committed is not committed again.
        input: what the lines were read from; empty: they were no lines.
        unmatched: how many lines between these events were none.
        samples: some of those.
        condition: how it goes with the input.
        holder: of the claim to follow the input, without which they are not committed;
            empty: none is needed.
        finished: the file behind it, if nothing more is read of that.
    """

    source: str
    events: list[Event]
    position: Position | None = None
    key: str = ""
    input: str = ""
    unmatched: int = 0
    samples: tuple[Sample, ...] = ()
    condition: Condition | None = None
    holder: str = ""
    finished: Finished | None = None
