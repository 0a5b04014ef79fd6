"""Every format against its sample log, the documentation and hostile input."""

import gc
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import FORMATS, MAX_LINE, Format, FormatError, Header, find_format
from logwatcher.core.privacy import FULL, HASH, STRICT, TRUNCATE, Policy
from tests.fitness import is_fit_to_be_stored, is_fit_to_be_told

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "data" / "formats"
NO_DURATION = {"combinedio"}
NO_SIZE = {"w3c"}
NO_AGENT = {"common", "haproxy", "squid", "uwsgi"}
ALL = Policy(FULL, keeps_query=True)
formats = pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda format_: format_.name)


def events(format_: Format, lines: list[str], policy: Policy = STRICT) -> list[Event]:
    parse = format_.reader(policy)
    found = []
    for line in lines:
        try:
            found.append(parse(line))
        except Header:
            continue
    return found


@formats
def test_the_sample_of_each_format_has_every_field(format_: Format) -> None:
    event = format_.reader(ALL)(format_.sample)
    assert event.client == "203.0.113.7"
    assert event.agent == ("" if format_.name in NO_AGENT else "curl")
    assert (
        event.method,
        event.path.removeprefix("http://shop.example").removesuffix("?page=2"),
    ) == (
        "GET",
        "/api/orders/7",
    )
    assert event.status == 200
    assert event.duration_us in (
        {1_000_000, 142_000} if format_.name not in NO_DURATION else {None}
    )
    assert (event.size is None) == (format_.name in NO_SIZE)
    assert 1_728_561_336_000_000 <= event.time_us <= 1_728_561_337_000_000
    assert FORMATS[format_.name] is format_


@formats
def test_each_format_reads_its_sample_log_as_expected(format_: Format) -> None:
    expected = json.loads((SAMPLES / f"{format_.name}.json").read_text())
    lines = (SAMPLES / f"{format_.name}.log").read_text().splitlines()
    queries = [event.pop("query", "") for event in expected]
    defaults = {"error_type": "", "error_message": ""}
    strict = [{**defaults, **event, "client": ""} for event in expected]
    full = [
        {**defaults, **event, "path": event["path"] + query}
        for event, query in zip(expected, queries, strict=True)
    ]
    assert [event._asdict() for event in events(format_, lines)] == strict
    assert [event._asdict() for event in events(format_, lines, ALL)] == full


def test_there_is_a_format_for_each_sample_log() -> None:
    for suffix in (".log", ".json"):
        assert {path.stem for path in SAMPLES.glob(f"*{suffix}")} == set(FORMATS)


def test_each_format_has_its_line_in_the_documentation() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "log-formats.md").read_text(), re.M)
    assert rows == list(FORMATS)


SAMPLE_LINES = [
    line for path in SAMPLES.glob("*.log") for line in path.read_text().splitlines() if line
]
ODD = [
    "",
    "-",
    "-1",
    "inf",
    "nan",
    "1e999",
    "9" * 30,
    "\0",
    "\\",
    '"',
    "\t",
    "[",
    "{",
    "\ud800",
    "٣",
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A line of some format in which words are exchanged."""
    words = re.split(r"([ \t:,\"{}\[\]=])", draw(st.sampled_from(SAMPLE_LINES)))
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(words) - 1))
        words[index] = draw(st.one_of(st.sampled_from(ODD), st.sampled_from(words), st.text()))
    return "".join(words)


POLICIES = st.sampled_from(
    [STRICT, ALL, Policy(TRUNCATE), Policy(HASH, keeps_query=True, key=b"k")]
)


@given(st.one_of(st.text(), damaged()), POLICIES)
def test_any_line_is_an_event_fit_to_be_stored_or_an_error(line: str, policy: Policy) -> None:
    for format_ in FORMATS.values():
        try:
            event = format_.reader(policy)(line)
        except ParseError as error:
            assert is_fit_to_be_told(str(error))
        else:
            assert is_fit_to_be_stored(event), (format_.name, event)
            assert policy.keeps_client or not event.client
            assert policy.keeps_query or "?" not in event.path


UNITS = [
    "[",
    '"',
    "\\",
    " ",
    '" "',
    "a - - [",
    "\\x22",
    '"\\',
    'a="',
    "a=\\",
    "\t",
    "a:\t",
    "{",
    "1",
]
UNITS += ["pid: ", " => ", "=>", "generated ", '"",', '""', "via ", "\\x", "\\x\\x22"]
UNITS += ["1, ", "1 : ", "/", ":", '{"a":', "[[", " 0.1", " 1", "{} ", "#", "a=b ", '"a" ', "-/"]


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage is collected meanwhile: the heap of all tests is not what is timed."""
    gc.disable()
    yield
    gc.enable()


@formats
@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("part", [0, 0.3, 0.6, 1])
def test_no_line_takes_long(format_: Format, part: float) -> None:
    start = format_.sample[: int(part * len(format_.sample))]
    parse = format_.reader()
    for unit in UNITS:
        line = start + unit * ((MAX_LINE - len(start)) // len(unit))
        started = time.process_time()
        with suppress(ParseError):
            parse(line)
        assert time.process_time() - started < 0.05, unit


@formats
def test_a_longer_line_than_any_server_writes_is_rejected(format_: Format) -> None:
    with pytest.raises(ParseError, match=f"{format_.name}: longer than {MAX_LINE} bytes"):
        format_.parse(format_.sample + " " * 10_000_000)


def test_a_format_is_found_by_its_name_or_its_definition() -> None:
    assert find_format("caddy") is FORMATS["caddy"]
    nginx = find_format('[$time_local] "$request" $status')
    assert nginx.parse('[12/May/2024:06:25:03 +0000] "GET /a HTTP/1.1" 200').path == "/a"
    apache = find_format('%t "%r" %>s %D')
    assert apache.parse('[12/May/2024:06:25:03 +0000] "GET /a HTTP/1.1" 200 7').duration_us == 7
    keys = find_format('{"time": "t", "path": "p", "status": "s", "duration_ms": "d"}')
    assert keys.parse('{"t": 1715495103, "p": "/a", "s": 200, "d": 7}').duration_us == 7000


def test_a_wrong_name_is_told_with_a_close_one() -> None:
    with pytest.raises(FormatError, match="unknown 'combind'; did you mean 'combined'"):
        find_format("combind")
    for text in ['{"time": 1}', "{", '["time"]', '{"time": "t"}', '{"tim": "t"}']:
        with pytest.raises(FormatError):
            find_format(text)
