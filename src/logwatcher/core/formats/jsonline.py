"""One JSON object per line: any, by the usual names, and those of Caddy, Traefik, Cloudflare."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache, partial

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats.fields import FIELDS, to_event
from logwatcher.core.formats.format import (
    MAX_LINE,
    Format,
    FormatError,
    Make,
    MakeUsual,
    Parse,
    check_length,
    excerpt,
)
from logwatcher.core.formats.names import USUAL, by_names
from logwatcher.core.formats.shape import by_shape
from logwatcher.core.privacy import Policy

_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_decode = json.JSONDecoder(strict=False).raw_decode
_Read = Callable[[dict[str, object]], Event]


def read_object(name: str, line: str) -> dict[str, object]:
    r"""The object on a line. Raises ParseError.

    ``\x22``, which NGINX writes without ``escape=json``, is understood. Of keys that are
    there twice the last one counts.
    """
    if len(line) > MAX_LINE:
        check_length(name, line)
    text = line.strip()
    if not text.startswith("{"):
        raise ParseError(f"{name}: expected '{{' at column 1, found {excerpt(line)}")
    try:
        record, end = _decode(text)
    except RecursionError:
        raise ParseError(f"{name}: nested too deep: {excerpt(line)}") from None
    except ValueError as error:
        mended = _mended(text) if "\\x" in text else text
        if mended != text:
            return read_object(name, mended)
        raise ParseError(f"{name}: {_reason(error, text)}") from None
    if end != len(text):
        raise ParseError(f"{name}: expected the end of the line at column {end + 1}")
    return record  # type: ignore[no-any-return]  # it begins with a brace


def _mended(text: str) -> str:
    r"""With ``\x22`` as JSON has it; where a backslash is escaped, ``\\x22``, there is none."""
    return r"\\".join(_BYTES.sub(_mend, part) for part in text.split(r"\\"))


def _mend(escape: re.Match[str]) -> str:
    text = bytes.fromhex(escape[0].replace("\\x", "")).decode("utf-8", "replace")
    return json.dumps(text)[1:-1]


def _reason(error: ValueError, text: str) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.pos + 1}, found {excerpt(text[error.pos :])}"
    return "a number with too many digits"


def _by_record(name: str, start: Callable[[Policy], _Read]) -> Make:
    @lru_cache(maxsize=4)
    def make(policy: Policy) -> Parse:
        read = start(policy)

        def parse(line: str) -> Event:
            record = read_object(name, line)
            try:
                return read(record)
            except ParseError as error:
                raise ParseError(f"{name}: {error} in {excerpt(line)}") from None

        return parse

    return make


def _by_fields(name: str, to_fields: Callable[[dict[str, object]], dict[str, object]]) -> Make:
    return _by_record(name, lambda policy: lambda record: to_event(policy, to_fields(record)))


def usual_json(keys: Mapping[str, str]) -> MakeUsual:
    """The ``make_usual`` of what ``compile_json`` makes ``make`` of."""
    return _usual({field: (key,) for field, key in keys.items()})


def _usual(names: Mapping[str, Iterable[str]]) -> MakeUsual:
    return by_shape(names, partial(read_object, "json"))


def _by_names(name: str, names: Mapping[str, Iterable[str]]) -> Make:
    return _by_record(name, lambda policy: by_names(policy, names))


def compile_json(keys: Mapping[str, str], name: str = "json") -> Make:
    """What makes what reads JSON whose keys have names of your own.

    Args:
        keys: by field (``time``, ``request`` or ``method`` and ``path``, ``status``, ``size``,
            ``duration_ms``, …), the key of its value; a point leads into an object within.
        name: of the format, for messages.

    Raises:
        FormatError: there is no such field, or too few.
    """
    for field in keys:
        if field not in FIELDS:
            close = get_close_matches(field, FIELDS, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(FIELDS)}"
            raise FormatError(f"{name}: there is no field {field!r}; {hint}")
    require(name, keys)
    return _by_names(name, {field: (key,) for field, key in keys.items()})


def require(name: str, names: Mapping[str, object]) -> None:
    """Raises FormatError if these fields are too few to make events of."""
    if not names.keys() & {"time", "start"}:
        raise FormatError(f"{name}: no time in it; without one a request has no place")
    if "status" not in names:
        raise FormatError(f"{name}: no status in it; without one there is no error rate")
    if not names.keys() & {"request", "path"}:
        raise FormatError(f"{name}: no request in it: neither its line nor a path")


def _caddy(record: dict[str, object]) -> dict[str, object]:
    request = record.get("request")
    if not isinstance(request, dict):
        raise ParseError("no object 'request'")
    return {
        "time": record.get("ts"),
        "method": request.get("method"),
        "path": request.get("uri"),
        "status": record.get("status"),
        "size": record.get("size"),
        "duration_s": record.get("duration"),
        "client": request.get("client_ip", request.get("remote_ip")),
        "agent": _first(request.get("headers"), "User-Agent"),
    }


def _first(headers: object, name: str) -> object:
    """The first value of a header; of each, Caddy lists all."""
    values = headers.get(name) if isinstance(headers, dict) else None
    return values[0] if isinstance(values, list) and values else None


def _traefik(record: dict[str, object]) -> dict[str, object]:
    return {
        "start": record.get("StartUTC"),
        "method": record.get("RequestMethod"),
        "path": record.get("RequestPath"),
        "status": record.get("DownstreamStatus"),
        "size": record.get("DownstreamContentSize"),
        "duration_ns": record.get("Duration"),
        "client": record.get("ClientHost", record.get("ClientAddr")),
        "agent": record.get("request_User-Agent"),
    }


def _cloudflare(record: dict[str, object]) -> dict[str, object]:
    """Only times in ns tell how long it took; else the time to the first byte is the closest."""
    start, end = record.get("EdgeStartTimestamp"), record.get("EdgeEndTimestamp")
    is_exact = isinstance(start, int) and isinstance(end, int) and end > 10**17
    return {
        "time": start if end is None else end,
        "method": record.get("ClientRequestMethod"),
        "path": record.get("ClientRequestURI", record.get("ClientRequestPath")),
        "status": record.get("EdgeResponseStatus"),
        "size": record.get("EdgeResponseBytes"),
        "duration_ns": end - start if is_exact else None,  # type: ignore[operator]  # two ints
        "duration_ms": None if is_exact else record.get("EdgeTimeToFirstByteMs"),
        "client": record.get("ClientIP"),
        "agent": record.get("ClientRequestUserAgent"),
    }


JSON = Format(
    "json",
    "JSON of NGINX, Apache or anything else; finds the usual names of keys by itself",
    '{"time_iso8601":"2024-10-10T11:55:36+00:00","request":"GET /api/orders/7 HTTP/1.1",'
    '"status":"200","body_bytes_sent":"2326","request_time":"0.142",'
    '"remote_addr":"203.0.113.7","http_user_agent":"curl/8.7.1"}',
    _by_names("json", USUAL),
    is_general=True,
    may_lack_offset=True,
    make_usual=_usual(USUAL),
)
CADDY = Format(
    "caddy",
    "Caddy: its JSON",
    '{"level":"info","ts":1728561336.655,"logger":"http.log.access","msg":"handled request",'
    '"request":{"remote_ip":"203.0.113.7","proto":"HTTP/2.0","method":"GET","host":"shop.example",'
    '"uri":"/api/orders/7","headers":{"User-Agent":["curl/8.7.1"]}},"bytes_read":0,"user_id":"","duration":0.142,"size":2326,"status":200}',
    _by_fields("caddy", _caddy),
    may_lack_offset=True,
)
TRAEFIK_JSON = Format(
    "traefik_json",
    "Traefik: its JSON",
    '{"ClientAddr":"203.0.113.7:51234","DownstreamContentSize":2326,"DownstreamStatus":200,'
    '"Duration":142000000,"OriginDuration":141000000,"Overhead":1000000,"RequestMethod":"GET",'
    '"RequestPath":"/api/orders/7","RouterName":"web@docker",'
    '"StartUTC":"2024-10-10T11:55:36.513000000Z","level":"info","msg":"",'
    '"request_User-Agent":"curl/8.7.1","time":"2024-10-10T11:55:36Z"}',
    _by_fields("traefik_json", _traefik),
    may_lack_offset=True,
)
CLOUDFLARE = Format(
    "cloudflare",
    "Cloudflare: Logpush of HTTP requests",
    '{"ClientIP":"203.0.113.7","ClientRequestUserAgent":"curl/8.7.1","ClientRequestMethod":"GET","ClientRequestURI":"/api/orders/7",'
    '"EdgeStartTimestamp":1728561336513000000,"EdgeEndTimestamp":1728561336655000000,'
    '"EdgeResponseBytes":2326,"EdgeResponseStatus":200,"RayID":"8d06e0f0a1b2c3d4"}',
    _by_fields("cloudflare", _cloudflare),
    may_lack_offset=True,
)
