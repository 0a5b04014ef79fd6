"""An Apache ``LogFormat`` → what reads its lines."""

import re
from collections.abc import Iterator

from logwatcher.core.formats.format import FormatError, Make
from logwatcher.core.formats.template import LIST, NUMBER, Variable, compile_template
from logwatcher.core.formats.timestamp import CLF_TIME

_MICROS = ("duration_us", r"-?\d{1,15}|-", 3)
_VARIABLES: dict[str, tuple[str, str | None, int]] = {
    "t": ("start", CLF_TIME, 0),
    "r": ("request", None, 0),
    "m": ("method", None, 0),
    "U": ("path", None, 0),
    "q": ("query", None, 0),
    "s": ("status", r"\d{3}|-", 0),
    "b": ("size", NUMBER, 2),
    "B": ("size", NUMBER, 1),
    "O": ("size", NUMBER, 0),
    "D": _MICROS,
    "T": ("duration_s", r"-?\d{1,9}|-", 0),
    "{us}T": _MICROS,
    "{ms}T": ("duration_ms", r"-?\d{1,12}|-", 2),
    "{s}T": ("duration_s", r"-?\d{1,9}|-", 1),
    "a": ("client", None, 2),
    "h": ("client", None, 1),
    "{x-forwarded-for}i": ("client", LIST, 0),
    "{user-agent}i": ("agent", None, 0),
}
_TIMES = {
    "sec": (r"\d{8,12}", 1),
    "msec": (r"\d{11,15}", 2),
    "usec": (r"\d{14,18}", 3),
    "%d/%b/%Y:%H:%M:%S %z": (CLF_TIME, 1),
    "%d/%b/%Y:%T %z": (CLF_TIME, 1),
}
_DIGITS = {
    "Y": r"\d{4}",
    "m": r"\d\d",
    "d": r"\d\d",
    "H": r"\d\d",
    "M": r"\d\d",
    "S": r"\d\d",
    "z": r"[+-]\d{4}",
    "F": r"\d{4}-\d\d-\d\d",
    "T": r"\d\d:\d\d:\d\d",
}
# A status may limit it ("%!200{Referer}i"), < and > choose the first or the last request.
_DIRECTIVE = re.compile(
    r"%(?:(%)|[!\d,<>]*(?:\{([^}]*)\})?[!\d,<>]*(\^[A-Za-z]{2}|[A-Za-z]))", re.ASCII
)
_WHOLE = re.compile(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"(?:\s+[^\s"]+)?\s*', re.DOTALL)
_ESCAPES = {"t": "\t", "n": "\n"}


def compile_apache(definition: str, name: str = "apache") -> Make:
    """What makes what reads the lines of a ``LogFormat``: its text, or the whole directive.

    Directives that say nothing about an event are skipped.

    Raises:
        FormatError: no request can be read from it, or no border tells values apart.
    """
    whole = _WHOLE.fullmatch(definition)
    text = whole[1] if whole else definition.strip("\r\n")
    text = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), text)
    tokens = list(_tokens(text))
    if not any(isinstance(token, Variable) for token in tokens):
        raise FormatError(f"{name}: no directive like %r in {definition[:60]!r}")
    return compile_template(name, tokens)


def _tokens(text: str) -> Iterator[str | Variable]:
    end = 0
    is_path = False
    for match in _DIRECTIVE.finditer(text):
        yield text[end : match.start()]
        is_adjacent = match.start() == end
        end = match.end()
        if match[1]:
            yield "%"
            continue
        argument, letter = match[2], match[3]
        if letter == "q" and is_path and is_adjacent:
            continue  # "%U%q": the query is part of what is read as the path
        is_path = letter == "U"
        variable = _variable(match[0], argument, letter)
        if letter == "t" and argument is None:
            yield from ("[", variable, "]")
        else:
            yield variable
    yield text[end:]


def _variable(text: str, argument: str | None, letter: str) -> Variable:
    if letter == "t" and argument:
        return _time(text, argument)
    key = letter if argument is None else f"{{{argument.lower()}}}{letter}"
    known = _VARIABLES.get(key)
    return Variable(text, *known) if known else Variable(text)


def _time(text: str, argument: str) -> Variable:
    form = argument.removeprefix("begin:").removeprefix("end:")
    field = "time" if argument.startswith("end:") else "start"
    if known := _TIMES.get(form):
        return Variable(text, field, *known)
    # What is ISO 8601 reads by itself; other forms are skipped.
    if form.startswith(("%Y-%m-%d", "%F")) and ("%H:%M" in form or "%T" in form):
        pieces = re.split(r"%([A-Za-z])", form)
        if all(letter in _DIGITS for letter in pieces[1::2]):
            pattern = "".join(
                _DIGITS[piece] if index % 2 else re.escape(piece)
                for index, piece in enumerate(pieces)
            )
            return Variable(text, field, pattern, 1)
    return Variable(text)
