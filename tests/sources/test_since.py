"""Bisecting finds what a full reading finds, and reads next to nothing."""

import random
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from logwatcher.core.event import Event
from logwatcher.core.formats import FORMATS
from logwatcher.sources.since import SLACK_US, find_since
from logwatcher.sources.tail import Follower

parse = FORMATS["combined"].parse
START = 1_715_490_000
SECOND = 1_000_000


def line(seconds: float, end: str = "\n") -> bytes:
    time = datetime.fromtimestamp(START + int(seconds), UTC).strftime("%d/%b/%Y:%H:%M:%S %z")
    return f'::1 - - [{time}] "GET /{seconds} HTTP/1.1" 200 2 "-" "-"{end}'.encode()


class Disk:
    """Bytes, and how many of them have been read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.read_bytes = 0

    def read(self, size: int, offset: int) -> bytes:
        found = self.data[offset : offset + size]
        self.read_bytes += len(found)
        return found

    def find(self, since_s: float) -> int:
        return find_since(self.read, len(self.data), parse, int((START + since_s) * SECOND))


def assert_finds(disk: Disk, since_s: float) -> None:
    """It begins with a line, loses nothing, and little before is left."""
    offset = disk.find(since_s)
    assert offset in (0, len(disk.data)) or disk.data[offset - 1 : offset] == b"\n"
    us = (START + since_s) * SECOND
    times = [event.time_us for event in events(disk.data[:offset])]
    assert all(time < us for time in times)


def events(data: bytes) -> list[Event]:
    return [parse(text.decode().strip("\r")) for text in data.split(b"\n") if text[:1] == b":"]


@settings(max_examples=50, deadline=None)
@given(
    st.integers(-100, 12_000),
    st.integers(0, 1000),
    st.sampled_from([b"", b"nonsense\n" * 50_000, b"#Fields: x\n", b"\0\0\0\n" * 1000]),
)
def test_no_line_of_the_time_is_skipped(since_s: int, seed: int, noise: bytes) -> None:
    rng = random.Random(seed)
    half = SLACK_US / SECOND / 2
    parts = [line(max(number + rng.uniform(-half, half), 0)) for number in range(10_000)]
    parts.insert(rng.randrange(len(parts)), noise)
    assert_finds(Disk(b"".join(parts)), since_s)


def test_next_to_nothing_is_read() -> None:
    disk = Disk(b"".join(line(number / 10) for number in range(400_000)))
    offset = disk.find(20_000)
    left = events(disk.data[offset:].partition(b"\n")[0])[0].time_us / SECOND - START - 20_000
    assert -SLACK_US / SECOND - 200 <= left <= 0
    assert disk.read_bytes < 12 * 256 * 1024 < len(disk.data) / 8


def test_the_edges_are_the_start_and_near_the_end() -> None:
    disk = Disk(b"".join(map(line, range(10_000))))
    assert disk.find(-5) == 0
    assert len(disk.data) - disk.find(1_000_000) <= 128 * 1024
    assert Disk(b"").find(0) == 0
    assert Disk(b"x" * 1_000_000).find(0) == 0


def test_one_line_from_long_ago_misleads_nobody() -> None:
    parts = [line(0 if number % 3 == 0 else number) for number in range(10_000)]
    disk = Disk(b"".join(parts))
    offset = disk.find(5000)
    assert b"".join(parts[:5000]).startswith(disk.data[:offset])


def test_where_no_line_is_an_event_all_is_read() -> None:
    disk = Disk(b"nonsense\n" * 100_000)
    assert disk.find(5) == 0


def test_a_follower_begins_there_and_remembers_it(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"".join(line(number) for number in range(20_000)) + line(5) + line(20_000))
    since_us = (START + 15_000) * SECOND
    follower = Follower(path, "web", parse, since_us=since_us)
    [first] = follower.read()
    assert first.events == []
    assert first.position
    assert first.position.offset > path.stat().st_size / 2
    read = []
    while batches := follower.read():
        read += [event for batch in batches for event in batch.events]
    follower.close()
    assert [event.time_us // SECOND - START for event in read] == list(range(15_000, 20_001))
    again = Follower(path, "web", parse, position=first.position, since_us=since_us)
    assert again.read()[0].events[0].time_us <= since_us
    again.close()


def test_what_is_written_later_is_taken_however_old_it_says_it_is(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(line(1) + line(100))
    follower = Follower(path, "web", parse, since_us=(START + 50) * SECOND)
    follower.read()
    assert [len(batch.events) for batch in follower.read()] == [1]
    with path.open("ab") as file:
        file.write(line(2))
    assert [len(batch.events) for batch in follower.read()] == [1]
    follower.close()


def test_a_file_made_later_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    follower = Follower(path, "web", parse, since_us=(START + 50) * SECOND)
    assert follower.read() == []
    path.write_bytes(line(1) + line(100))
    assert [len(batch.events) for batch in follower.read()] == [2]
    follower.close()
