"""Where a file is cut into pieces doesn't show in its lines, nor does a line's length in memory."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logwatcher.core.formats import MAX_LINE
from logwatcher.sources import archive
from logwatcher.sources.archive import TAIL, Archive, Broken, Piece, pieces


def cut(data: bytes, size: int) -> list[Piece]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "PIECE", size)
        return list(pieces(io.BytesIO(data).read))


@given(
    st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r", b"\n\n"])).map(b"".join),
    st.integers(1, 20),
)
@example(b"aaaaaaaaaabc\r\n\rabc", 4)
@example(b"aaa\rbbb\n", 4)
def test_the_pieces_lines_are_the_files(data: bytes, size: int) -> None:
    found = cut(data, size)
    assert [line for piece in found for line in piece.lines.splitlines()] == data.splitlines()
    for piece in found:
        assert piece.tail
        assert data[: piece.end].endswith(piece.tail)
    assert all(piece.is_whole for piece in found) == (not data or data[-1:] in (b"\n", b"\r"))


def test_a_piece_ends_where_reading_can_go_on() -> None:
    data = b"".join(b"%d\n" % number for number in range(5000))
    for piece in cut(data, 1000)[::3]:
        rest = list(pieces(io.BytesIO(data[piece.end :]).read, piece.end))
        assert data[: piece.end] + b"".join(one.lines for one in rest) == data
        assert rest[-1].end == len(data) if rest else piece.end == len(data)


def test_of_an_endless_line_the_beginning_is_kept() -> None:
    data = b"x" * (10 * MAX_LINE) + b"\nshort\n"
    found = cut(data, 10_000)
    lines = b"".join(piece.lines for piece in found).splitlines()
    assert MAX_LINE < len(lines[0]) <= MAX_LINE + 10_001
    assert lines[1:] == [b"short"]
    assert found[-1].end == len(data)
    assert all(
        len(piece.tail) <= TAIL and data[: piece.end].endswith(piece.tail) for piece in found
    )


def test_a_hole_before_a_line_is_dropped() -> None:
    found = cut(b"\0" * (5 * MAX_LINE) + b"line\n", 10_000)
    assert [piece.lines.strip(b"\0") for piece in found] == [b"line\n"]


def test_the_content_tells_whether_it_is_compressed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.gz", tmp_path / "b.log"
    plain.write_bytes(b"line\n")
    packed.write_bytes(gzip.compress(b"line\n") + gzip.compress(b"more\n"))
    with Archive(plain) as one, Archive(packed) as other:
        assert (one.is_compressed, one.read(99)) == (False, b"line\n")
        assert (other.is_compressed, other.read(99)) == (True, b"line\nmore\n")
        other.seek(5)
        assert other.read(99) == b"more\n"
        assert other.done == other.size


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08garbage", b"BZhgarbage", b"\xfd7zXZ\0garbage"])
def test_garbage_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(data)
    with pytest.raises(Broken), Archive(path) as file:
        file.read(10)


@pytest.mark.skipif(archive._ZSTD is None, reason="needs Python 3.14 or backports.zstd")
def test_zstd_is_read_and_its_garbage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    data: bytes = archive._ZSTD.compress(b"line\n") + archive._ZSTD.compress(b"more\n")
    path.write_bytes(data)
    with Archive(path) as file:
        assert file.read(99) == b"line\nmore\n"
    for garbage in (data[:-3], data[:4] + b"garbage"):
        path.write_bytes(garbage)
        with pytest.raises(Broken), Archive(path) as file:
            file.read(99)


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        Archive(tmp_path)
