"""What comes in is hostile: each kind of it against every reader that it can reach.

What the page does with such texts is in e2e/test_hostile.py, what the HTTP API refuses in
test_receiver.py.
"""

import bz2
import gzip
import io
import lzma
import os
import re
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from logwatcher import cli
from logwatcher.core import payload
from logwatcher.core.event import MAX_PATH, Event, ParseError
from logwatcher.core.formats import FORMATS, MAX_LINE, Format
from logwatcher.sources.archive import Archive, pieces
from logwatcher.sources.lines import Splitter, Tally, first_lines, read_events
from logwatcher.sources.tail import Follower
from tests.fitness import is_fit_to_be_stored, is_fit_to_be_told
from tests.server import PROGRAM, Server

PATH = "/api/orders/7"  # in the sample of every format
NOW_US = 1_728_561_336_000_000
NO_DURATION = {"combinedio"}
FROM_TWO_TIMES = {"cloudflare"}
JSON = [name for name in FORMATS if FORMATS[name].sample.startswith("{")]
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\u202egnp.\u2066"
TEXTS = {
    "script": "/<script>alert(1)</script>",
    "escapes": f"/{ESCAPES}",
    "nul": "/a\0b",
    "invalid": b"/\xff\xfe\xc3".decode("utf-8", "replace"),
    "surrogate": "/\ud800",
    "long": "/" + "a" * (MAX_LINE // 2),
    "template": "/{{ 7 * 7 }}{% debug %}${window}",
    "separators": "/a\u2028b\u2029c\x85d\x0be",
}
formats = pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda format_: format_.name)


def with_path(format_: Format, path: str) -> str:
    """The sample with another path, escaped as far as its line stays one."""
    if format_.name in JSON:
        path = path.replace('"', '\\"')
    return format_.sample.replace(PATH, path)


def with_date(format_: Format, year: str, seconds: str) -> str:
    """The sample with another year, or other seconds since 1970."""
    return format_.sample.replace("2024", year).replace("1728561336", seconds)


def with_duration(format_: Format, text: str) -> str:
    """The sample with another duration."""
    for number in ("142000000", "142000", "0.142", "0.140", "142"):
        if number in format_.sample:
            return format_.sample.replace(number, text)
    return re.sub(r"(?<=[ ])1$", text, format_.sample)


@formats
@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_path_is_stored_harmless_or_not_at_all(format_: Format, kind: str) -> None:
    for parse in (format_.parse, format_.reader()):
        try:
            event = parse(with_path(format_, TEXTS[kind]))
        except ParseError as error:
            assert is_fit_to_be_told(str(error))
        else:
            assert is_fit_to_be_stored(event)
            assert len(event.path) <= MAX_PATH


@formats
@pytest.mark.parametrize("kind", ["script", "template"])
def test_what_only_a_page_could_run_is_kept_as_text(format_: Format, kind: str) -> None:
    text = TEXTS[kind].replace(" ", "")
    assert format_.parse(with_path(format_, text)).path.endswith(text)


@formats
@pytest.mark.parametrize(
    ("year", "seconds"),
    [
        ("0000", "0000000000"),
        ("9999", "253402300799"),
        ("1970", "0000000001"),
        ("2100", "4102444800"),
    ],
)
def test_a_date_not_to_believe_is_rejected(format_: Format, year: str, seconds: str) -> None:
    line = with_date(format_, year, seconds)
    assert line != format_.sample
    with pytest.raises(ParseError) as error:
        format_.reader()(line)
    assert is_fit_to_be_told(str(error.value))


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - NO_DURATION - FROM_TWO_TIMES))
@pytest.mark.parametrize(
    "text",
    ["-0.142", "-142", "inf", "-inf", "Infinity", "nan", "1e999", "1e999999", "9" * 30, "-1"],
)
def test_no_duration_is_negative_or_infinite(name: str, text: str) -> None:
    line = with_duration(FORMATS[name], text)
    assert line != FORMATS[name].sample
    try:
        event = FORMATS[name].reader()(line)
    except ParseError as error:
        assert is_fit_to_be_told(str(error))
    else:
        assert event.duration_us is None


@pytest.mark.parametrize("end", ["1728561336", "1728561336512999999", "-1", "1e999", "9" * 19])
def test_no_duration_from_two_times_is_negative_or_infinite(end: str) -> None:
    line = FORMATS["cloudflare"].sample.replace("1728561336655000000", end)
    try:
        event = FORMATS["cloudflare"].reader()(line)
    except ParseError as error:
        assert is_fit_to_be_told(str(error))
    else:
        assert event.duration_us is None


BOMBS = {
    "deep array": "[" * 50_000,
    "deep array, closed": "[" * 20_000 + "]" * 20_000,
    "deep object": '{"a":' * 10_000,
    "huge exponent": "1e999999",
    "huge negative": "-1e999999",
    "not a number": "NaN",
    "infinite": "Infinity",
    "many digits": "9" * 60_000,
    "a million digits": "9" * 1_000_000,
    "many keys": "{" + ",".join(f'"{number}":1' for number in range(5000)) + "}",
}

UNCLOSED = {"deep array", "deep object"}


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("field", ['"x":', None])
@pytest.mark.parametrize("kind", BOMBS)
def test_a_json_bomb_in_a_log_is_an_event_or_one_rejected_line(
    name: str, field: str | None, kind: str
) -> None:
    sample = FORMATS[name].sample
    number = r'"(?:size|body_bytes_sent|DownstreamContentSize|EdgeResponseBytes)":"?2326"?'
    in_field = re.sub(number, lambda match: f"{match[0].split(':')[0]}:{BOMBS[kind]}", sample)
    line = f"{{{field}{BOMBS[kind]},{sample[1:]}" if field else in_field
    assert line != sample
    started = time.process_time()
    try:
        event = FORMATS[name].reader()(line)
    except ParseError as error:
        assert is_fit_to_be_told(str(error))
    else:
        assert is_fit_to_be_stored(event)
    assert time.process_time() - started < 0.2


@pytest.mark.parametrize("is_lines", [False, True])
@pytest.mark.parametrize("field", ["time", "duration", "size", "status", "path", "x"])
@pytest.mark.parametrize("kind", BOMBS)
def test_a_json_bomb_over_http_harms_no_other_event(
    kind: str, field: str, *, is_lines: bool
) -> None:
    right = '{"method": "GET", "path": "/a", "status": 200}'
    bomb = f'{right[:-1]}, "{field}": {BOMBS[kind]}}}'
    text = "\n".join([right, bomb, right]) if is_lines else f"[{right}, {bomb}, {right}]"
    found = payload.read(text, NOW_US, is_lines=is_lines)
    # Brackets without end take in what follows them in their array.
    assert len(found.events) >= (1 if kind in UNCLOSED and not is_lines else 2)
    assert all(map(is_fit_to_be_stored, found.events))
    assert all(is_fit_to_be_told(one.reason) for one in found.rejected)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_text_over_http_is_stored_harmless(kind: str) -> None:
    value = dict.fromkeys(("method", "path", "route", "error_type"), TEXTS[kind])
    assert is_fit_to_be_stored(payload.to_event({**value, "status": 200}, NOW_US))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("time", time) for time in ("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", -1, 1e300)],
        *[("duration", number) for number in (-0.1, float("inf"), -float("inf"), float("nan"))],
        *[("size", number) for number in (-1, 10**30, float("inf"))],
        *[("status", number) for number in (-1, 1000, 1e999)],
    ],
)
def test_a_value_out_of_bounds_over_http_is_told(field: str, value: object) -> None:
    with pytest.raises(ParseError, match=f"{field}: ") as error:
        payload.to_event({"method": "GET", "path": "/", "status": 200, field: value}, NOW_US)
    assert is_fit_to_be_told(str(error.value))


@contextmanager
def little_memory(most: int) -> Iterator[None]:
    """Fails if more than so many bytes are held at any time within."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


MEGABYTE = 1024 * 1024
LONG = b"x" * (10 * MEGABYTE)
GOOD = FORMATS["combined"].sample.encode()
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def read(lines: list[bytes]) -> tuple[list[Event], Tally]:
    tally = Tally()
    return read_events(lines, FORMATS["combined"].parse, tally), tally


@formats
def test_a_line_of_ten_megabytes_is_rejected_at_once(format_: Format) -> None:
    line = format_.sample + "x" * len(LONG)
    started = time.process_time()
    with little_memory(MEGABYTE), pytest.raises(ParseError, match="longer than"):
        format_.reader()(line)
    assert time.process_time() - started < 0.1


def test_a_line_of_ten_megabytes_in_chunks_is_one_rejected_line() -> None:
    splitter = Splitter()
    lines: list[bytes] = []
    with little_memory(MEGABYTE):
        for start in range(0, len(LONG), 65_536):
            lines += splitter.feed(LONG[start : start + 65_536])
        lines += splitter.feed(b"\n" + GOOD + b"\n")
    events, tally = read(lines)
    assert (len(events), tally.unmatched) == (1, 1)


def test_a_line_of_ten_megabytes_in_a_followed_log_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(GOOD + b"\n" + LONG + b"\n" + GOOD + b"\n")
    matched = unmatched = 0
    follower = Follower(path, "web", FORMATS["combined"].parse)
    with little_memory(2 * MEGABYTE):
        while not (matched == 2 and unmatched == 1):
            for batch in follower.read():
                matched += len(batch.events)
                unmatched += batch.unmatched
    follower.close()


@pytest.mark.parametrize("packed", PACKED)
def test_a_line_of_ten_megabytes_in_an_old_log_hides_no_other(tmp_path: Path, packed: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACKED[packed](GOOD + b"\n" + LONG + b"\n" + GOOD + b"\n"))
    with Archive(path) as archive, little_memory(40 * MEGABYTE):
        lines = [line for piece in pieces(archive.read) for line in piece.lines.splitlines()]
    events, tally = read(lines)
    assert (len(events), tally.unmatched) == (2, 1)


@pytest.mark.parametrize("filling", [b"\0", b"\n", b"x"])
@pytest.mark.parametrize("packed", sorted(PACKED.keys() - {"plain"}))
def test_a_bomb_in_an_archive_needs_little_memory(
    tmp_path: Path, packed: str, filling: bytes
) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACKED[packed](filling * (100 * MEGABYTE)))
    assert path.stat().st_size < MEGABYTE
    count = 0
    with Archive(path) as archive, little_memory(40 * MEGABYTE):
        for piece in pieces(archive.read):
            count += len(piece.lines)
    assert count <= 100 * MEGABYTE


def test_bytes_that_are_no_text_harm_no_other_line() -> None:
    odd = [b"\0" * 100, b"\xff\xfe" * 100, b"\x1b[2J" * 100, b"\t", b"\xed\xa0\x80", b"\0" + GOOD]
    data = b"\r\n".join([GOOD, *odd, GOOD]) + b"\r\n"
    events, tally = read(list(io.BytesIO(data)))
    assert (len(events), tally.unmatched) == (3, 4)
    assert all(is_fit_to_be_told(sample.line) for sample in tally.samples)
    assert all(is_fit_to_be_told(sample.reason) for sample in tally.samples)


@formats
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_lines_end_and_a_hole_before_it_are_no_part_of_it(format_: Format, end: bytes) -> None:
    data = b"\0" * 5000 + format_.sample.encode() + end
    splitter = Splitter()
    lines = [line for byte in data for line in splitter.feed(bytes([byte]))] + splitter.flush()
    tally = Tally()
    events = read_events(lines, format_.reader(), tally)
    assert events == [format_.reader()(format_.sample)]
    assert tally.unmatched == 0


def test_a_raw_tab_in_a_line_is_no_border() -> None:
    events, _ = read([GOOD.replace(b"Mozilla", b"Moz\tilla"), GOOD.replace(b"/7 ", b"/\t7 ")])
    assert [event.path for event in events] == [PATH, "/api/orders/\ufffd7"]


def is_harmless(output: str) -> bool:
    """Whether a terminal shows it as it is."""
    return all(line.isprintable() for line in re.split(r"[\n\r\t]", output))


def hostile_lines(format_: Format) -> str:
    lines = [with_path(format_, TEXTS[kind]) for kind in TEXTS if kind != "surrogate"]
    broken = [f"{format_.sample[: 7 * number]}{ESCAPES}" for number in range(1, 20)]
    return "\n".join([format_.sample] * 30 + lines + broken + [ESCAPES]) + "\n"


@formats
def test_explain_says_nothing_that_a_terminal_would_obey(
    format_: Format, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    log.write_text(hostile_lines(format_), newline="")
    for options in ([], ["--format", format_.name], ["--format", "squid"]):
        assert cli.main(["explain", str(log), *options]) == 0
    assert is_harmless(capsys.readouterr().out)
    assert first_lines(log, 1) == [format_.sample]


@pytest.mark.django_db(databases=["default", "reader"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", ESCAPES],
        ["import", ESCAPES],
        ["watch", ESCAPES.replace("[", "")],  # a glob otherwise
        ["explain", __file__, "--format", ESCAPES],
        ["explain", __file__, "--format", f"$a{ESCAPES}$b"],
        ["explain", __file__, "--format", f"%t{ESCAPES}%s"],
        ["explain", __file__, "--format", f'{{"{ESCAPES}": 1}}'],
        ["explain", __file__, "--time-zone", ESCAPES],
        ["explain", __file__, ESCAPES],
        [ESCAPES],
    ],
)
def test_a_hostile_name_is_told_harmless(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code: object = 0
    with suppress(SystemExit):
        code = cli.main(arguments)
    error = capsys.readouterr().err
    assert code in (0, 2)
    assert error.count("\n") == 1
    assert is_harmless(error)


def test_import_says_nothing_that_a_terminal_would_obey(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    logs = [tmp_path / f"{format_.name}{ESCAPES}.log" for format_ in FORMATS.values()]
    for log, format_ in zip(logs, FORMATS.values(), strict=True):
        log.write_text(hostile_lines(format_), newline="")
    (tmp_path / f"unknown{ESCAPES}").write_text(ESCAPES * 100)
    done = subprocess.run(
        [PROGRAM, "import", *logs, tmp_path / f"unknown{ESCAPES}", "--rejects", tmp_path / "bad"],
        env={
            **os.environ,
            "DATABASE_URL": new_database(),
            "LOGWATCHER_DATA": str(tmp_path / "data"),
        },
        capture_output=True,
        check=False,
    )
    assert b"no format fits its first lines" in done.stderr
    assert b" rejected; " in done.stdout
    assert is_harmless(done.stdout.decode())
    assert is_harmless(done.stderr.decode())


def test_watch_says_nothing_that_a_terminal_would_obey(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    log = tmp_path / f"access{ESCAPES}.log"
    log.write_text(hostile_lines(FORMATS["combined"]), newline="")
    server = serve("watch", str(log), "--from", "start")
    for _ in range(200):
        if "lines don't match" in server.output:
            break
        time.sleep(0.05)
    assert "lines don't match" in server.output
    assert is_harmless(server.output)
