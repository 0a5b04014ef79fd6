"""Syslog: bytes → messages → whose they are and what they say, by RFC 3164, 5424 and 6587."""

import re
from typing import NamedTuple

from logwatcher.core.formats import MAX_LINE

MAX_MESSAGE = MAX_LINE + 4096
"""Bytes, with the header."""

_PRI = rb"<\d{1,3}>"
_BSD_TIME = rb"[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?"
_ISO_TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_TAG = rb"([^\s\[\]:\"{}<=,]{1,64})(?:\[[^\s\]]{0,64}\])?:(?: |\Z)"
_NEW = re.compile(
    _PRI
    + rb"\d{1,2} (?:-|\d{4}-\S{1,32}) (\S{1,255}) (\S{1,64}) \S{1,128} \S{1,32} "
    + rb'(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*+")*+\])++)(?: (?:\xef\xbb\xbf)?|\Z)',
    re.DOTALL,
)
_OLD = re.compile(
    rb"(?:%b)?(?:%b|%b) (?:(\S{1,255}) )??%b" % (_PRI, _BSD_TIME, _ISO_TIME, _TAG)
    # Without a tag a time by ISO 8601 is rather the line's own.
    + rb"|%b(?:%b|%b )?" % (_PRI, _TAG, _BSD_TIME)
)
_LENGTH = re.compile(rb"([1-9]\d{0,8}) (?=<)")
_PART_OF_LENGTH = re.compile(rb"(?:[1-9]\d{0,8} ?)?")


class Message(NamedTuple):
    """What a program has sent.

    Attributes:
        tag: the program's name, or what it was told to call itself; empty if it is missing.
        host: where it says it runs; empty if it is missing.
        line: what it says.
    """

    tag: str
    host: str
    line: bytes


def read_message(data: bytes) -> Message:
    """The parts of a message, in whichever RFC's form; what has none of them is all line."""
    if match := _NEW.match(data):
        host, tag = match.groups()
    elif match := _OLD.match(data):
        host, tag = match[1] or b"-", match[2] or match[3] or b"-"
    else:
        return Message("", "", data)
    return Message(_text(tag), _text(host), data[match.end() :])


def _text(value: bytes) -> str:
    return "" if value == b"-" else value.decode("utf-8", "replace")


class FramingError(ValueError):
    """Where one message ends and the next one begins can't be told any more."""


class Framer:
    """Cuts what comes over one connection into messages.

    The first bytes tell which of the two ways it goes: each message has its length in front,
    or ends with a newline or NUL. Needs no more memory than ``MAX_MESSAGE`` and a chunk.

    Attributes:
        dropped: messages that were longer than ``MAX_MESSAGE``, or cut off in the end.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = b""
        self._skipped = 0  # bytes of a message that is too long
        self._has_lengths: bool | None = None

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that end in this chunk.

        Raises:
            FramingError: there is no length where one has to be.
        """
        data = self._rest + chunk
        if self._has_lengths is None and not _PART_OF_LENGTH.fullmatch(data):
            self._has_lengths = bool(_LENGTH.match(data))
        if self._has_lengths is None:
            self._rest = data
            return []
        return self._by_length(data) if self._has_lengths else self._by_end(data)

    def flush(self) -> list[bytes]:
        """The last message, if it may be whole."""
        rest, self._rest = self._rest, b""
        if not (self._has_lengths and rest):
            return [rest] if rest else []
        self.dropped += 1
        return []

    def _by_length(self, data: bytes) -> list[bytes]:
        messages: list[bytes] = []
        at = min(self._skipped, len(data))
        self._skipped -= at
        while at < len(data):
            match = _LENGTH.match(data, at)
            if match is None:
                if messages or _PART_OF_LENGTH.fullmatch(data, at):
                    break
                raise FramingError(
                    f"expected the length of a message, found {data[at : at + 20]!r}"
                )
            end = match.end() + int(match[1])
            if int(match[1]) > MAX_MESSAGE:
                self.dropped += 1
                self._skipped = max(end - len(data), 0)
            elif end > len(data):
                break
            else:
                messages.append(data[match.end() : end])
            at = min(end, len(data))
        self._rest = data[at:]
        return messages

    def _by_end(self, data: bytes) -> list[bytes]:
        *messages, rest = data.replace(b"\0", b"\n").split(b"\n")
        if messages and self._skipped:
            self._skipped = 0
            del messages[0]
        if len(rest) > MAX_MESSAGE or self._skipped:
            self.dropped += not self._skipped
            self._skipped += len(rest)
            rest = b""
        self._rest = rest
        whole = [message for message in messages if len(message) <= MAX_MESSAGE]
        self.dropped += len(messages) - len(whole)
        return [message for message in whole if message]
