"""Messages are cut out of any stream and taken apart, as servers and forwarders write them."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.syslog import MAX_MESSAGE, Framer, FramingError, Message, read_message

LINE = b'192.0.2.7 - - [24/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5'
PROXY = b"192.0.2.7:42 [24/Nov/2026:10:00:00.000] web app/one 0/0/1/2/3 200 5"
SD = rb'[meta seq="1" x="a\"]b"][origin@32473 ip="192.0.2.1"]'

MESSAGES = {
    b"<190>Nov 24 10:00:00 web1 nginx: " + LINE: ("nginx", "web1", LINE),
    b"<190>Nov  4 10:00:00 shop: " + LINE: ("shop", "", LINE),
    b"<134>Nov 24 10:00:00 haproxy[123]: " + PROXY: ("haproxy", "", PROXY),
    b"<134>Nov 24 10:00:00 lb haproxy[1]: " + PROXY: ("haproxy", "lb", PROXY),
    b"<13>Nov 24 10:00:00 2001:db8::1 app: x": ("app", "2001:db8::1", b"x"),
    b"<13>Nov 24 2026 10:00:00 web app: x": ("app", "web", b"x"),
    b"<14>2026-11-24T10:00:00.123456+00:00 web app[7]: x": ("app", "web", b"x"),
    "<14>Nov 24 10:00:00 web café: x".encode(): ("café", "web", b"x"),
    b"<14>Nov 24 10:00:00 app: b: c": ("app", "", b"b: c"),
    b"<14>Nov 24 10:00:00 web app:": ("app", "web", b""),
    b"Nov 24 10:00:00 web app: " + LINE: ("app", "web", LINE),
    b"<14>app[7]: " + LINE: ("app", "", LINE),
    b"<14>Nov 24 10:00:00 " + LINE: ("", "", LINE),
    b"<14>Nov 24 10:00:00 " + PROXY: ("", "", PROXY),
    b"<14>" + LINE: ("", "", LINE),
    b"<14>2026-11-24T10:00:00Z lb x": ("", "", b"2026-11-24T10:00:00Z lb x"),
    b"<165>1 2026-11-24T10:00:00.003Z web app 8710 ID47 - " + LINE: ("app", "web", LINE),
    b"<165>1 - - - - - - " + LINE: ("", "", LINE),
    b"<165>1 2026-11-24T10:00:00Z web app - - " + SD + b" x": ("app", "web", b"x"),
    b"<165>1 - web app - - - \xef\xbb\xbfx": ("app", "web", b"x"),
    b"<165>1 - web app - - -": ("app", "web", b""),
    b"<165>1 - web app - - [a": ("", "", b"1 - web app - - [a"),
    b"": ("", "", b""),
}


@pytest.mark.parametrize("data", MESSAGES)
def test_a_message_is_taken_apart(data: bytes) -> None:
    assert read_message(data) == Message(*MESSAGES[data])


BARE = [
    LINE,
    PROXY,
    b'{"time": "2026-11-24T10:00:00Z", "path": "/"}',
    b"2026-11-24T10:00:00.943945Z my-lb 192.0.2.7:2817 10.0.0.1:80 0.1 0.2 0.3 200 200 0 5",
    b"time:[24/Nov/2026:10:00:00 +0000]\treq:GET / HTTP/1.1\tstatus:200",
    b"time=2026-11-24T10:00:00Z path=/ status=200",
    b"1764000000.123      1 192.0.2.7 TCP_MISS/200 5 GET http://a/ - HIER_NONE/- text/html",
    b"2001:db8::1 - - [24/Nov/2026:10:00:00 +0000]",
    b"app: no priority",
]


@pytest.mark.parametrize("line", BARE)
def test_a_line_without_a_header_is_left_as_it_is(line: bytes) -> None:
    assert read_message(line) == Message("", "", line)


STARTS = st.sampled_from([b"", *MESSAGES])


@given(st.builds(bytes.__add__, STARTS, st.binary(max_size=300)))
def test_any_bytes_are_a_message(data: bytes) -> None:
    message = read_message(data)
    assert data.endswith(message.line)
    assert not re.search(r"\s", message.tag + message.host)
    assert len(message.tag) <= 64
    assert len(message.host) <= 255


@given(st.text('<>[]" :=\\1a-', max_size=2000))
def test_no_header_takes_long(text: str) -> None:
    read_message(b"<1>1 - a b c d [" + text.encode())
    read_message(b"<1>Nov 24 10:00:00 " + text.encode())


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data in pieces."""
    places = [0, *sorted(place % (len(data) + 1) for place in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def frames(pieces: list[bytes]) -> list[bytes]:
    framer = Framer()
    found = [message for piece in pieces for message in framer.feed(piece)]
    found += framer.flush()
    assert framer.dropped == 0
    return found


CUTS = st.lists(st.integers(0, 10_000), max_size=30)
TEXTS = st.lists(st.binary(max_size=60).map(lambda text: b"<14>" + text), max_size=20)


@given(TEXTS, CUTS)
def test_messages_with_lengths_survive_any_cut(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(b"%d %b" % (len(message), message) for message in messages)
    assert frames(cut(stream, cuts)) == messages


@given(TEXTS, CUTS, st.lists(st.sampled_from([b"\n", b"\0", b"\n\n"]), min_size=20, max_size=20))
def test_messages_with_ends_survive_any_cut(
    messages: list[bytes], cuts: list[int], ends: list[bytes]
) -> None:
    messages = [re.sub(rb"[\n\0]", b"", message) for message in messages]
    stream = b"".join(map(bytes.__add__, messages, ends))
    assert frames(cut(stream, cuts)) == messages


@given(st.lists(st.binary(max_size=100), max_size=20))
def test_any_bytes_are_a_stream(chunks: list[bytes]) -> None:
    framer = Framer()
    try:
        found = [message for chunk in chunks for message in framer.feed(chunk)]
    except FramingError:
        return
    found += framer.flush()
    assert sum(map(len, found)) <= sum(map(len, chunks))


def test_the_last_message_needs_no_end() -> None:
    assert frames([b"<14>a\n<14>b"]) == [b"<14>a", b"<14>b"]
    assert frames([b"12"]) == [b"12"]


def test_numbers_in_front_of_a_line_are_no_length() -> None:
    assert frames([b"1764000000 GET /\n", b"7 GET /\n"]) == [b"1764000000 GET /", b"7 GET /"]


def test_a_message_whose_rest_never_comes_is_dropped() -> None:
    framer = Framer()
    assert framer.feed(b"5 <14>a9 <14>b") == [b"<14>a"]
    assert framer.flush() == []
    assert framer.dropped == 1


def test_messages_before_a_wrong_length_are_found() -> None:
    framer = Framer()
    assert framer.feed(b"5 <14>a<14>b\n") == [b"<14>a"]
    with pytest.raises(FramingError, match="expected the length of a message, found b'<14>b"):
        framer.feed(b"5 <14>c")


LONG = b"<14>" + b"x" * MAX_MESSAGE
STREAMS = {
    "lengths": b"5 <14>a%d %b5 <14>b" % (len(LONG), LONG),
    "ends": b"<14>a\n%b\n<14>b\n" % LONG,
}


@pytest.mark.parametrize("size", [1000, 65_536, 10_000_000])
@pytest.mark.parametrize("name", STREAMS)
def test_a_message_that_is_too_long_is_dropped_alone(name: str, size: int) -> None:
    framer = Framer()
    stream = STREAMS[name]
    found: list[bytes] = []
    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])
        assert len(framer._rest) <= MAX_MESSAGE + 11
    assert found + framer.flush() == [b"<14>a", b"<14>b"]
    assert framer.dropped == 1


@pytest.mark.parametrize("start", [b"999999999 <", b"<14>"])
def test_an_endless_message_needs_no_memory(start: bytes) -> None:
    framer = Framer()
    framer.feed(start)
    for _ in range(200):
        assert framer.feed(b"x" * 10_000) == []
        assert len(framer._rest) <= MAX_MESSAGE
    assert framer.flush() == []
    assert framer.dropped == 1


def test_the_longest_message_is_found() -> None:
    longest = LONG[:MAX_MESSAGE]
    assert frames([b"%d %b" % (len(longest), longest)]) == [longest]
    assert frames([longest + b"\n"]) == [longest]
