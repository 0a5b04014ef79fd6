"""Lines of names and values: LTSV and logfmt, by the usual names."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats.format import MAX_LINE, Format, Make, Parse, check_length, excerpt
from logwatcher.core.formats.names import USUAL, by_names
from logwatcher.core.formats.request import unescape
from logwatcher.core.privacy import Policy

_NAMES = {
    **USUAL,
    "request": (*USUAL["request"], "r"),
    "duration_us": (*USUAL["duration_us"], "reqtime_microsec"),
}
_LABELS = {**_NAMES, "client": ("host", "forwardedfor", *USUAL["client"])}
# A name begins a word, so that no line takes long.
_PAIR = re.compile(r'(?<!\S)([^\s="]++)=(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^\s"]*+))(?!\S)')


def _ltsv(line: str) -> dict[str, object]:
    record: dict[str, object] = {}
    for part in line.split("\t"):
        label, colon, value = part.partition(":")
        if not colon:
            raise ParseError(f"expected 'label:value', found {excerpt(part)}")
        record[label] = value
    return record


def _logfmt(line: str) -> dict[str, object]:
    if '"' not in line:  # the same, twice as fast
        words = [word.partition("=") for word in line.split()]
        return {name: value for name, sign, value in words if name and sign}
    pairs = _PAIR.findall(line)
    if "\\" not in line:
        return {name: quoted or plain for name, quoted, plain in pairs}
    return {
        name: unescape(quoted) if "\\" in quoted else quoted or plain
        for name, quoted, plain in pairs
    }


SPLIT: dict[str, Callable[[str], dict[str, object]]] = {"ltsv": _ltsv, "logfmt": _logfmt}
"""By format, what makes names and values of a line."""


def _by_pairs(
    name: str,
    split: Callable[[str], dict[str, object]],
    names: Mapping[str, Iterable[str]],
    *,
    is_escaped: bool,
) -> Make:
    @lru_cache(maxsize=4)
    def make(policy: Policy) -> Parse:
        read = by_names(policy, names, is_escaped=is_escaped)

        def parse(line: str) -> Event:
            if len(line) > MAX_LINE:
                check_length(name, line)
            try:
                return read(split(line))
            except ParseError as error:
                raise ParseError(f"{name}: {error} in {excerpt(line)}") from None

        return parse

    return make


LTSV = Format(
    "ltsv",
    "LTSV: labelled, tab-separated values",
    "time:10/Oct/2024:13:55:36 +0200\thost:203.0.113.7\treq:GET /api/orders/7 HTTP/1.1\t"
    "status:200\tsize:2326\treqtime:0.142\tua:curl/8.7.1",
    _by_pairs("ltsv", _ltsv, _LABELS, is_escaped=True),
    is_general=True,
    may_lack_offset=True,
)
LOGFMT = Format(
    "logfmt",
    "logfmt: name=value, with quotes where there are spaces",
    "time=2024-10-10T11:55:36Z level=info method=GET path=/api/orders/7 status=200 bytes=2326"
    " duration=142ms remote_addr=203.0.113.7 user_agent=curl/8.7.1",
    _by_pairs("logfmt", _logfmt, _NAMES, is_escaped=False),
    is_general=True,
    may_lack_offset=True,
)
