from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import FORMATS, MAX_LINE
from logwatcher.core.health import MAX_SAMPLES
from logwatcher.sources.lines import (
    MAX_SAMPLE,
    Splitter,
    Tally,
    first_lines,
    read_events,
)


def parse(line: str) -> Event:
    if line.startswith("bad"):
        raise ParseError(f"no event: {line[:20]!r}")
    return Event(0, "GET", line, line, 200, None, None)


def paths(lines: list[bytes]) -> list[str]:
    return [event.path for event in read_events(lines, parse, Tally())]


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"x\n"])))
def test_lines_are_the_same_however_they_are_cut(chunks: list[bytes]) -> None:
    whole, cut = Splitter(), Splitter()
    lines = whole.feed(b"".join(chunks)) + whole.flush()
    assert paths([*(line for chunk in chunks for line in cut.feed(chunk)), *cut.flush()]) == paths(
        lines
    )
    assert whole.pending == cut.pending == 0


@given(st.lists(st.binary(max_size=50)))
def test_lines_and_what_is_pending_are_all_there_was(chunks: list[bytes]) -> None:
    splitter = Splitter()
    fed = 0
    for chunk in chunks:
        pending = splitter.pending
        lines = splitter.feed(chunk)
        fed += len(chunk)
        if lines:
            rest = sum(map(len, lines[1:])) + splitter.pending
            assert rest <= pending + len(chunk)
        else:
            assert splitter.pending == pending + len(chunk)
    assert splitter.pending <= fed


def test_the_last_line_is_kept_back_until_its_end() -> None:
    splitter = Splitter()
    assert splitter.feed(b"one\ntw") == [b"one\n"]
    assert splitter.pending == 2
    assert splitter.feed(b"") == []
    assert splitter.feed(b"o\nthree") == [b"two\n"]
    assert splitter.flush() == [b"three"]
    assert splitter.flush() == []


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_each_kind_of_line_end_is_one(end: bytes) -> None:
    splitter = Splitter()
    assert paths(splitter.feed(b"one" + end + b"two" + end)) == ["one", "two"]
    assert splitter.pending == 0


def test_only_line_ends_end_lines() -> None:
    text = "one\x0b\x0c\x1c\x85\u2028two"
    assert paths(Splitter().feed(text.encode() + b"\n")) == [text]


def test_a_line_end_cut_in_two_is_no_empty_line() -> None:
    splitter = Splitter()
    tally = Tally()
    for chunk in [b"one\r", b"\ntwo\r", b"\n"]:
        read_events(splitter.feed(chunk), parse, tally)
    assert (tally.matched, tally.unmatched) == (2, 0)


def test_a_line_of_ten_megabytes_needs_no_memory_and_is_one_unmatched() -> None:
    splitter = Splitter()
    tally = Tally()
    for _ in range(160):
        assert splitter.feed(b"a" * 65_536) == []
        assert len(splitter._start) <= MAX_LINE + 1
    assert splitter.pending == 160 * 65_536
    events = read_events(splitter.feed(b"\ngood\n"), parse, tally)
    assert [event.path for event in events] == ["good"]
    assert tally.unmatched == 1
    assert tally.samples[0].reason == f"longer than {MAX_LINE} bytes"
    assert splitter.pending == 0


def test_the_bound_counts_bytes() -> None:
    tally = Tally()
    assert len(read_events([b"a" * MAX_LINE + b"\r\n"], parse, tally)) == 1
    assert read_events(["é".encode() * (MAX_LINE // 2) + b"a\n"], parse, tally) == []


def test_a_hole_in_the_file_is_skipped() -> None:
    splitter = Splitter()
    assert paths(splitter.feed(b"one\n" + b"\0" * 10)) == ["one"]
    for _ in range(10):
        assert splitter.feed(b"\0" * 65_536) == []
    assert splitter.pending == 10 + 10 * 65_536
    assert paths(splitter.feed(b"\0\0two\n")) == ["two"]


def test_invalid_utf_8_is_replaced() -> None:
    assert paths([b"/caf\xc3\xa9\n", b"/\xff\n"]) == ["/café", "/\ufffd"]


def test_lines_are_counted_and_some_of_the_bad_ones_kept() -> None:
    tally = Tally()
    read_events([b"good\n", b"\n", b"bad\x1b \xff\n", b"\r\n", b"good"], parse, tally)
    assert (tally.matched, tally.unmatched) == (2, 1)
    assert tally.samples == [("no event: 'bad\\x1b �'", "bad\ufffd \ufffd")]
    read_events([b"bad" * 1000] * 100, parse, tally)
    assert tally.unmatched == 101
    assert len(tally.samples) == MAX_SAMPLES
    assert all(len(sample.line) <= MAX_SAMPLE for sample in tally.samples)


def test_samples_show_no_address_and_no_query() -> None:
    tally = Tally()
    line = b'203.0.113.7 - - [12/May/2024:06:25:03 +0000] "GET /a?q=secret HTTP/1.1" ok 2\n'
    read_events([line, b"203.0.113.7\n"], FORMATS["combined"].parse, tally)
    assert tally.samples[0].line.startswith("xxx.x.xxx.x - - [12/May/2024:06:25:03 +0000]")
    assert "found 'xxx.x.xxx.x'" in tally.samples[1].reason
    assert not any(word in str(tally.samples) for word in ("secret", "203"))


def test_the_first_lines_of_a_file_are_whole_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a\r\nb\xff\n\0\0c\rd")
    assert first_lines(path, 10) == ["a", "b\ufffd", "c", "d"]
    assert first_lines(path, 2) == ["a", "b\ufffd"]
    path.write_bytes(b"x" * 10_000_000)
    assert [len(line) for line in first_lines(path, 10)] == [MAX_LINE + 1]
    path.write_bytes(b"")
    assert first_lines(path, 10) == []


def test_headers_are_neither_matched_nor_unmatched() -> None:
    tally = Tally()
    lines = [
        b"#Fields: date time cs-method cs-uri-stem sc-status\n",
        b"2024-05-12 06:25:03 GET /a 200\n",
    ]
    events = read_events(lines, FORMATS["w3c"].reader(), tally)
    assert [event.path for event in events] == ["/a"]
    assert (tally.matched, tally.unmatched) == (1, 0)


def test_what_is_usual_is_read_at_once_and_the_rest_alone() -> None:
    asked: list[str] = []

    def usual(lines: Sequence[str]) -> list[Event | None]:
        return [None if "bad" in line or "odd" in line else parse(line) for line in lines]

    def alone(line: str) -> Event:
        asked.append(line)
        return parse(line)

    tally = Tally()
    lines = [b"%d\n" % number for number in range(2500)]
    lines[1200:1200] = [b"odd\n", b"bad\n", b"\n", b"x" * (MAX_LINE + 1)]
    events = read_events(lines, alone, tally, usual)
    wanted = [*map(str, range(1200)), "odd", *map(str, range(1200, 2500))]
    assert [event.path for event in events] == wanted
    assert asked == ["odd", "bad"]
    assert (tally.matched, tally.unmatched) == (2501, 2)
