"""An NGINX ``log_format`` → what reads its lines."""

import re

from logwatcher.core.formats.format import FormatError, Make
from logwatcher.core.formats.template import (
    LIST,
    NUMBER,
    SECONDS,
    Variable,
    compile_template,
)
from logwatcher.core.formats.timestamp import CLF_TIME

_VARIABLES = {
    "time_local": ("time", CLF_TIME, 0),
    "time_iso8601": ("time", r"\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:\d\d", 1),
    "msec": ("time", r"\d{8,12}\.\d{3}", 2),
    "request": ("request", None, 0),
    "request_method": ("method", None, 0),
    "request_uri": ("path", None, 2),
    "uri": ("path", None, 1),
    "document_uri": ("path", None, 0),
    "args": ("query", None, 0),
    "query_string": ("query", None, 0),
    "status": ("status", r"\d{1,3}|-", 0),
    "body_bytes_sent": ("size", NUMBER, 1),
    "bytes_sent": ("size", NUMBER, 0),
    "request_time": ("duration_s", SECONDS, 1),
    "upstream_response_time": ("duration_s", SECONDS, 0),
    "remote_addr": ("client", None, 2),
    "proxy_add_x_forwarded_for": ("client", LIST, 1),
    "http_x_forwarded_for": ("client", LIST, 0),
    "http_user_agent": ("agent", None, 0),
}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_DIRECTIVE = re.compile(r"\s*log_format\s+\S+\s+(?:escape=\w+\s+)?(.*?)\s*;?\s*", re.DOTALL)
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""", re.DOTALL)


def compile_nginx(definition: str, name: str = "nginx") -> Make:
    """What makes what reads the lines of a ``log_format``: its text, or the whole directive.

    Variables that say nothing about an event are skipped.

    Raises:
        FormatError: no request can be read from it, or no border tells values apart.
    """
    text = _text(definition)
    tokens: list[str | Variable] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        tokens += [text[end : match.start()], _variable(match[1] or match[2])]
        end = match.end()
    if not tokens:
        raise FormatError(f"{name}: no variable like $request in {definition[:60]!r}")
    return compile_template(name, [*tokens, text[end:]])


def _variable(name: str) -> Variable:
    if known := _VARIABLES.get(name):
        return Variable(f"${name}", *known)
    is_list = name.startswith("upstream_") or name.endswith("forwarded_for")
    return Variable(f"${name}", pattern=LIST if is_list else None)


def _text(definition: str) -> str:
    directive = _DIRECTIVE.fullmatch(definition)
    text = directive[1] if directive else definition.strip("\r\n")
    pieces, end = [], 0
    while match := _QUOTED.match(text, end):
        piece = match[2] if match[1] is None else match[1]
        pieces.append(re.sub(r"\\([\\'\"])", r"\1", piece))
        end = match.end()
    is_quoted = pieces and not text[end:].strip()
    return "".join(pieces) if is_quoted else text
