"""Request lines and targets as logs write them → method and path."""

import re

from logwatcher.core.event import MAX_PATH
from logwatcher.core.formats.pattern import QUERY
from logwatcher.core.text import METHODS, OTHER_METHOD, clean, to_method

_ESCAPES = re.compile(r"((?:\\x[0-9A-Fa-f]{2})+)|\\u([0-9A-Fa-f]{4})|\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}


def unescape(text: str) -> str:
    r"""``\x22`` as NGINX writes it and ``\"`` as Apache does; bytes are read as UTF-8."""
    return _ESCAPES.sub(_unescape, text)


def _unescape(escape: re.Match[str]) -> str:
    if escape[1]:
        return bytes.fromhex(escape[1].replace("\\x", "")).decode("utf-8", "replace")
    if escape[2]:
        return chr(int(escape[2], 16))
    return _ESCAPED.get(escape[3], escape[3])


_METHODS = "|".join(sorted(METHODS))
SIMPLE_REQUEST = rf'({_METHODS}) ([^ ?#"\\]++){QUERY}[?#][^ "\\]*+)? HTTP/\d(?:\.\d)?'
"""Nearly all request lines; its groups are the method, the path and what follows it."""

_simple = re.compile(SIMPLE_REQUEST, re.ASCII).fullmatch
_END = re.compile("[?#]")


def read_request(
    line: str, *, is_escaped: bool = True, keeps_query: bool = False
) -> tuple[str, str]:
    """Method and path of a request line, whatever was sent as one."""
    if simple := _simple(line):
        method, path, query = simple.groups()
        return method, simple_path(path, query if keeps_query else None)
    return odd_request(line, is_escaped=is_escaped, keeps_query=keeps_query)


def simple_path(path: str, query: str | None) -> str:
    """The path of ``SIMPLE_REQUEST``'s groups, and the query if there is one to keep."""
    if query:
        path += query.partition("#")[0]
    return path if len(path) <= MAX_PATH and path.isprintable() else clean(path, MAX_PATH)


def odd_request(
    line: str, *, is_escaped: bool = True, keeps_query: bool = False
) -> tuple[str, str]:
    """Method and path of a request line with escapes, spaces, no protocol or no sense."""
    words = line.split(" ")
    has_protocol = len(words) > 1 and words[-1].startswith("HTTP/")
    if has_protocol:
        words.pop()
    method, target = to_method(words[0]), " ".join(words[1:])
    if not _END.split(target, maxsplit=1)[0] or (method == OTHER_METHOD and not has_protocol):
        shown = line if keeps_query else line.partition("?")[0]
        return OTHER_METHOD, clean(shown, MAX_PATH) or "-"
    return method, read_path(target, is_escaped=is_escaped, keeps_query=keeps_query)


def read_path(target: str, *, is_escaped: bool = True, keeps_query: bool = False) -> str:
    """The path of a request's target, fit to be stored: without its query if that isn't kept."""
    target = target[: 4 * MAX_PATH]
    if is_escaped and "\\" in target:
        target = unescape(target)
    if "?" in target or "#" in target:
        target = target.partition("#")[0] if keeps_query else _END.split(target, maxsplit=1)[0]
    return clean(target, MAX_PATH) or "-"


_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^/]*")


def without_origin(path: str) -> str:
    """``/items`` of ``https://example.com/items``, for servers that write every host."""
    origin = _ORIGIN.match(path)
    return path[origin.end() :] or "/" if origin else path
