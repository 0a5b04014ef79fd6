"""What is fuzzed: each target takes any bytes and raises if what reads them breaks a promise."""

import bz2
import gzip
import lzma
import tempfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from logwatcher.core import payload
from logwatcher.core.event import MAX_PATH, MAX_ROUTE, MAX_SOURCE, Event, ParseError
from logwatcher.core.formats import (
    FORMATS,
    MAX_LINE,
    AutoParse,
    FormatError,
    Reading,
    compile_apache,
    compile_json,
    compile_nginx,
    explain,
    find_format,
)
from logwatcher.core.formats.zone import in_zone
from logwatcher.core.privacy import FULL, STRICT, Policy
from logwatcher.core.route import to_route
from logwatcher.core.text import clean
from logwatcher.sources import archive, chain
from logwatcher.sources.archive import Archive, Broken, pieces
from logwatcher.sources.lines import MAX_SAMPLE, Splitter, Tally, read_events
from logwatcher.sources.sender import Senders
from logwatcher.sources.tail import Follower
from tests.fitness import is_fit_to_be_stored, is_fit_to_be_told

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "formats"
DEFINITIONS = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time',
    "$msec|${request_method}|$request_uri|$upstream_status|$status|$upstream_response_time",
    r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" %D" timed',
    "%{%F %T}t %m %U%q %s %{ms}T",
    '{"time": "at", "method": "verb", "path": "http.url", "status": "code", "duration_ms": "t"}',
)
PAYLOADS = (
    '[{"time": 1728561336.5, "method": "GET", "path": "/a?b", "status": 200, "duration": 0.1}]',
    '{"time": "2024-10-10T11:55:36+02:00", "method": "x", "path": "/a", "status": 5, "size": 7,'
    ' "route": "/{id}", "error_type": "E", "error_message": "m"}\n{}\n[[[[1e999]]]]',
)
PATHS = (
    "/api/orders/7/items/3fa85f64-5717-4562-b3fc-2c963f66afa6;v=1?q#f",
    "https://shop.example//a//2024-05-12T10:00:00Z/app.3f2b1c9d.min.js",
    "/%7b3FA85F64%7d/v2/top-10-tips/aA1bB2cC3dD4eE5fF6gG7/10.0.0.1",
)
_ALL = Policy(FULL, keeps_query=True)
_ZONE = ZoneInfo("America/New_York")
_NOW_US = 1_728_561_336_000_000
_MAX_READ = 32 * 1024 * 1024
_PACK = (bytes, gzip.compress, bz2.compress, lzma.compress)


def fuzz_format(data: bytes) -> None:
    """One line, read by every format."""
    line = _text(data)
    for format_ in FORMATS.values():
        for policy in (STRICT, _ALL):
            _read(format_.reader(policy, _ZONE), line, policy)


def fuzz_detection(data: bytes) -> None:
    """The lines of a file whose format is found out, explained and followed."""
    lines = _text(data).split("\n")[:100]
    told = explain(lines, zone=_ZONE)
    assert all(clean(line, len(line)) == line for line in told.split("\n")), told
    parse = AutoParse(lines[:3], zone=_ZONE)
    for line in lines:
        _read(parse, line)


def fuzz_definition(data: bytes) -> None:
    """A definition of a format on the first line, and lines that it is to read."""
    definition, *lines = _text(data).split("\n")[:10]
    for compile_ in (compile_nginx, compile_apache, lambda text: find_format(text).make):
        try:
            parse = in_zone(compile_(definition)(_ALL), _ZONE)
        except FormatError:
            continue
        for line in lines:
            _read(parse, line)


def fuzz_keys(data: bytes) -> None:
    """The keys of a JSON log by field, one a line, and behind an empty line its lines."""
    keys, _, lines = _text(data).partition("\n\n")
    pairs = [line.partition("=") for line in keys.split("\n")]
    try:
        parse = in_zone(compile_json({field: key for field, _, key in pairs})(_ALL), _ZONE)
    except FormatError:
        return
    for line in lines.split("\n")[:10]:
        _read(parse, line)


def fuzz_payload(data: bytes) -> None:
    """What is sent to the HTTP API."""
    text = _text(data)
    for is_lines in (False, True):
        try:
            found = payload.read(text, _NOW_US, is_lines=is_lines)
        except payload.PayloadError as error:
            assert is_fit_to_be_told(str(error)), error
            continue
        for event in found.events:
            assert is_fit_to_be_stored(event), event
        for rejected in found.rejected:
            assert is_fit_to_be_told(rejected.reason), rejected


def fuzz_route(data: bytes) -> None:
    """A path and its route."""
    path = _text(data)
    route = to_route(path)
    assert to_route(route) == route, (path, route)
    assert clean(route, MAX_ROUTE) == route
    assert clean(clean(path, MAX_PATH), MAX_PATH) == clean(path, MAX_PATH)


def fuzz_lines(data: bytes) -> None:
    """A file that is read in chunks, whose first byte says how long they are."""
    size, data = data[0] % 32 + 1 if data else 1, data[1:]
    expected = _paths(data.splitlines(keepends=True))
    splitter = Splitter()
    found = []
    for start in range(0, len(data), size):
        found += splitter.feed(data[start : start + size])
        assert splitter.pending <= len(data)
    assert _paths(found + splitter.flush()) == expected
    with patch.object(archive, "PIECE", size):
        parts = list(pieces(BytesIO(data).read))
    assert _paths([line for part in parts for line in part.lines.splitlines(True)]) == expected
    assert all(part.tail and data[: part.end].endswith(part.tail) for part in parts)


def fuzz_tail(data: bytes) -> None:
    """A log that is followed: 0xFF ends what is written at once, 0xFE begins a new file."""
    files = [b""]
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, patch.object(chain, "GRACE_S", 0):
        path = Path(folder) / "log"
        path.touch()
        follower = Follower(path, "web", _as_path)
        found: list[str] = []
        for number, part in enumerate(data.split(b"\xff")[:20]):
            if part.startswith(b"\xfe") and files[-1]:
                path.rename(f"{path}.{number}")
                files.append(b"")
            with path.open("ab") as file:
                file.write(part)
            files[-1] += part
            found += _followed(follower)
        with path.open("ab") as file:
            file.write(b"\n")
        found += _followed(follower)
        follower.close()
    assert found == [line for content in files for line in _paths(content.splitlines(True))]


def fuzz_syslog(data: bytes) -> None:
    """Messages by syslog, with 0xFF between them."""
    told: list[str] = []
    senders = Senders(reading=Reading(None, _ALL, _ZONE), tell=told.append)
    for batch in [*senders.read(data.split(b"\xff")[:50]), *senders.reports()]:
        assert all(map(is_fit_to_be_stored, batch.events)), batch
        lines = [sample.line for sample in batch.samples]
        assert all(clean(line, MAX_SAMPLE + MAX_SOURCE) == line for line in lines), lines
        texts = [batch.source or "-", batch.input, *(sample.reason for sample in batch.samples)]
        assert all(map(is_fit_to_be_told, texts)), texts
    assert all(map(is_fit_to_be_told, told)), told


def fuzz_archive(data: bytes) -> None:
    """A file that may be compressed, and broken; its first byte says whether it is first packed."""
    kind, data = data[0] if data else 0, data[1:]
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder) / "log"
        path.write_bytes(_PACK[kind % len(_PACK)](data))
        try:
            with Archive(path) as file:
                read = 0
                while read < _MAX_READ and (chunk := file.read(65_536)):
                    read += len(chunk)
                    assert len(chunk) <= 65_536
                file.seek(read // 2)
        except Broken as error:
            assert str(error)


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removeprefix("fuzz_"): value
    for name, value in list(globals().items())
    if name.startswith("fuzz_")
}


def seeds(target: str) -> Iterator[bytes]:
    """Input that is right, for others to be made of."""
    logs = [path.read_bytes() for path in sorted(SAMPLES.glob("*.log"))]
    match target:
        case "format":
            yield from (line for log in logs for line in log.splitlines())
        case "syslog":
            lines = [log.splitlines()[-1] for log in logs]
            yield b"\xff".join(b"<134>May 12 06:25:03 host web[7]: " + line for line in lines)
            yield b"\xff".join(
                b'<165>1 2024-05-12T06:25:03.1Z host web 7 id [a b="c"] ' + line for line in lines
            )
        case "tail":
            yield b"\xff\xfe".join(log[:150] for log in logs[:6])
        case "detection" | "lines":
            yield from (log[:2000] for log in logs)
        case "definition":
            samples = [FORMATS[name].sample for name in ("combined", "json", "apache_us")]
            yield from ("\n".join([text, *samples]).encode() for text in DEFINITIONS)
        case "keys":
            sample = '{"at":"2024-05-12 06:25:03","http":{"url":"/a"},"code":"404","took":7}'
            yield f"time=at\npath=http.url\nstatus=code\nduration_ms=took\n\n{sample}".encode()
        case "payload":
            yield from (text.encode() for text in PAYLOADS)
        case "route":
            yield from (text.encode() for text in PATHS)
        case "archive":
            yield from (bytes([kind]) + logs[0] for kind in range(len(_PACK)))
            yield from (b"\0" + pack(logs[0]) for pack in _PACK)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _read(parse: Callable[[str], Event], line: str, policy: Policy = _ALL) -> None:
    try:
        event = parse(line)
    except ParseError as error:
        assert is_fit_to_be_told(str(error)), error
    else:
        assert is_fit_to_be_stored(event), event
        assert type(event.time_us) is int
        assert policy.keeps_client or not event.client
        assert policy.keeps_query or "?" not in event.path


def _paths(lines: list[bytes]) -> list[str]:
    tally = Tally()
    events = read_events(lines, _as_path, tally)
    assert tally.unmatched == sum(len(line.strip(b"\0\r\n")) > MAX_LINE for line in lines)
    return [event.path for event in events]


def _as_path(line: str) -> Event:
    return Event(0, "GET", line, line, 200, None, None)


def _followed(follower: Follower) -> list[str]:
    """What it reads until it says twice that there is no more, as after a rotation."""
    found: list[str] = []
    silent = 0
    while silent < 2:
        batches = follower.read()
        silent = 0 if batches else silent + 1
        found += [event.path for batch in batches for event in batch.events]
    return found


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
