"""Formats that a regular expression describes, with messages that say what is missing."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats.format import (
    MAX_LINE,
    Make,
    MakeUsual,
    Parse,
    ParseUsual,
    check_length,
    excerpt,
)
from logwatcher.core.privacy import Policy

# Inside of quotes: what is escaped by a backslash, or, twice as fast, where none is.
QUOTED = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_PLAINLY_QUOTED = r'[^"]*+'
# Groups that are empty, at no cost, where what they are named after is not kept.
CLIENT, QUERY = "(?P<client>", "(?P<query>"
_EMPTY = "()(?:"

Groups = tuple[str | None, ...]
Parts = Sequence[tuple[str, str]]


def by_pattern(
    name: str, parts: Parts, to_event: Callable[..., Event], *, usual: Parts | None = None
) -> Make:
    """What makes the ``parse`` of a format that a regular expression describes.

    Args:
        name: of the format, for messages.
        parts: what stands there and its pattern, in the order of the line; so a message
            can say which one is missing. What may not be kept is in a group that begins
            with ``CLIENT`` or ``QUERY``.
        to_event: takes the policy and the groups of all parts.
        usual: what most of the lines have, with the same groups; tried first, being faster.
    """

    @lru_cache(maxsize=4)
    def make(policy: Policy) -> Parse:
        match = re.compile(_joined(parts, policy), re.ASCII).fullmatch
        read = partial(to_event, policy)
        plain = _joined(usual or parts, policy).replace(QUOTED, _PLAINLY_QUOTED)
        match_usual = re.compile(plain, re.ASCII).fullmatch

        def parse(line: str) -> Event:
            if len(line) > MAX_LINE:
                check_length(name, line)
            fields = None if "\\" in line else match_usual(line)
            if fields is None and (fields := match(line)) is None:
                raise ParseError(f"{name}: {_missing(line, parts)}")
            return read(*fields.groups())

        return parse

    return make


def by_column(
    parts: Parts, to_events: Callable[[Policy, Sequence[Groups]], list[Event]]
) -> MakeUsual:
    """The ``make_usual`` of a format: what a line costs in calls is paid once for many lines.

    Args:
        parts: what most of the lines have; what holds a backslash is left to ``parse``.
        to_events: takes the policy and the groups of each line; a ParseError leaves all lines
            to ``parse``.
    """

    @lru_cache(maxsize=4)
    def make(policy: Policy) -> ParseUsual:
        pattern = _joined(parts, policy).replace(QUOTED, _PLAINLY_QUOTED)
        match = re.compile(pattern, re.ASCII).fullmatch

        def parse_usual(lines: Sequence[str]) -> list[Event | None]:
            found = [
                None if "\\" in line or len(line) > MAX_LINE else match(line) for line in lines
            ]
            try:
                events = to_events(policy, [fields.groups() for fields in found if fields])
            except ParseError:
                return [None] * len(lines)
            if len(events) == len(lines):
                return [*events]
            each = iter(events)
            return [next(each) if fields else None for fields in found]

        return parse_usual

    return make


def _joined(parts: Parts, policy: Policy) -> str:
    pattern = "".join(pattern for _, pattern in parts)
    if not policy.keeps_client:
        pattern = pattern.replace(CLIENT, _EMPTY)
    return pattern if policy.keeps_query else pattern.replace(QUERY, _EMPTY)


def _missing(line: str, parts: Parts) -> str:
    """The first part that is not there, and what is there instead."""
    pattern, column = "", 0
    for what, part in [*parts, ("the end of the line", r"\Z")]:
        pattern += part
        matched = re.match(pattern, line, re.ASCII)
        if matched is None:
            return f"expected {what} at column {column + 1}, found {excerpt(line[column:])}"
        column = matched.end()
    raise AssertionError(f"nothing is missing: {line!r}")
