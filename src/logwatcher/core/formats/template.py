"""A server's own way to define a format → what reads its lines."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logwatcher.core.event import Event
from logwatcher.core.formats.fields import to_event
from logwatcher.core.formats.format import FormatError, Make, excerpt
from logwatcher.core.formats.jsonline import require
from logwatcher.core.formats.pattern import CLIENT, QUERY, QUOTED, by_pattern
from logwatcher.core.privacy import Policy
from logwatcher.core.text import clean

NUMBER = r"\d{1,15}|-|"
SECONDS = r"(?:\d{1,7}(?:\.\d{1,9})?|-)(?:(?:, | : )(?:\d{1,7}(?:\.\d{1,9})?|-))*+|"
_OPTIONAL = {"", "client", "agent", "query"}
_PERSONAL = {"client": CLIENT, "query": QUERY}
LIST = r"[^ ,]*+(?:(?:, ?| : )[^ ,]++)*+"

_MAX_VARIABLES = 100
_MAX_TEXT = 60


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in a line where a value stands.

    Attributes:
        text: as it is written in the definition.
        field: one of ``FIELDS``; empty if the value is not read.
        pattern: of the value; None if only what follows tells where it ends.
        rank: of several variables for one field the highest is read.
    """

    text: str
    field: str = ""
    pattern: str | None = None
    rank: int = 0


def compile_template(name: str, tokens: Iterable[str | Variable]) -> Make:
    """What makes what reads lines made of these literal texts and variables. Raises FormatError."""
    merged = _merge(tokens)
    read = _read(merged)
    require(name, {token.field: token for token in read.values()})
    parts = []
    for index, token in enumerate(merged):
        if isinstance(token, str):
            parts.append((excerpt(token), re.escape(token)))
            continue
        after = merged[index + 1] if index + 1 < len(merged) else ""
        parts.append((clean(token.text, _MAX_TEXT), _pattern(name, token, after, index in read)))
    fields = [token.field for token in read.values()]

    def to_event_of(policy: Policy, *groups: str | None) -> Event:
        values = {field: value for field, value in zip(fields, groups, strict=True) if value != ""}
        if "status" not in values:
            values["status"] = "-"
        return to_event(policy, values, is_escaped=True)

    return by_pattern(name, parts, to_event_of)


def _merge(tokens: Iterable[str | Variable]) -> list[str | Variable]:
    """Neighbours that need no border between them are one."""
    merged: list[str | Variable] = []
    for token in tokens:
        last = merged[-1] if merged else None
        if isinstance(token, str):
            if isinstance(last, str):
                merged[-1] = last + token
            elif token:
                merged.append(token)
        elif isinstance(last, Variable) and {last.field, token.field} <= _OPTIONAL:
            merged[-1] = Variable(last.text + token.text)
        else:
            merged.append(token)
        if len(merged) > 2 * _MAX_VARIABLES:
            raise FormatError(f"more than {_MAX_VARIABLES} variables")
    return merged


def _read(tokens: Sequence[str | Variable]) -> dict[int, Variable]:
    """The variables that are read, by their places: the best one for each field."""
    best: dict[str, tuple[int, Variable]] = {}
    for index, token in enumerate(tokens):
        if isinstance(token, Variable) and token.field:
            kind = "time" if token.field == "start" else token.field.split("_")[0]
            if kind not in best or token.rank > best[kind][1].rank:
                best[kind] = index, token
    return dict(sorted(best.values()))


def _pattern(name: str, token: Variable, after: str | Variable, is_read: bool) -> str:
    pattern = token.pattern
    is_bordered = isinstance(after, str) and after[:1] not in ("", " ")
    if pattern is None or (pattern == LIST and is_bordered):
        if isinstance(after, Variable):
            raise FormatError(
                f"{name}: can't tell where {token.text} ends and {after.text} begins;"
                " write something between them"
            )
        pattern = _up_to(after)
    return f"{_PERSONAL.get(token.field, '(')}{pattern})" if is_read else f"(?:{pattern})"


def _up_to(literal: str) -> str:
    if not literal:
        return ".*"
    if literal[0] == '"':
        return QUOTED
    first, rest = re.escape(literal[0]), re.escape(literal[1:])
    others = f"[^{first}]*+"
    return f"{others}(?:{first}(?!{rest}){others})*+" if rest else others
