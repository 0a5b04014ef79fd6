"""Old logs end up in the store, each line once, however they are cut, named and interrupted."""

import bz2
import gzip
import io
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from logwatcher.core.event import Batch, Position
from logwatcher.core.formats import FORMATS
from logwatcher.importer import Importer, Summary, reached, source_name
from logwatcher.sources import archive
from logwatcher.sources.parsing import Parsers
from logwatcher.sources.tail import Follower
from logwatcher.store import reader, writer
from logwatcher.store.models import Endpoint, Head, Import, Source
from tests import database
from tests.server import PROGRAM

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def line(number: int) -> bytes:
    minute, second = divmod(number % 3600, 60)
    status = (200, 404, 500)[number % 3]
    return (
        f"203.0.113.7 - - [14/Nov/2023:22:{minute:02}:{second:02} +0000]"
        f' "GET /api/{number} HTTP/1.1" {status} {number} "-" "-" 0.{number % 1000:03}\n'
    ).encode()


def lines(numbers: range) -> bytes:
    return b"".join(map(line, numbers))


def import_files(
    *paths: Path,
    format_: str | None = None,
    name: str | None = None,
    rejects: io.BytesIO | None = None,
    tell: Callable[[Summary], None] = lambda summary: None,
    zone: str = "local",
    with_requests: bool = True,
) -> Summary:
    with Parsers(0) as parsers:
        importer = Importer(
            parsers,
            format_=format_,
            name=name,
            zone=zone,
            rejects=rejects,
            tell=tell,
            with_requests=with_requests,
        )
        for path in paths:
            importer.import_file(path)
        return importer.summary


def stored() -> list[int]:
    """The numbers of the lines in the store, each as often as it is there."""
    paths = database.paths(database.url_of_tests())
    return sorted(int(path.removeprefix("/api/")) for path in paths)


@pytest.mark.parametrize("n", [300, 3000])
def test_figures_alone_are_those_of_all_requests(log: Path, n: int) -> None:
    log.write_bytes(lines(range(n)))
    url = database.url_of_tests()
    assert import_files(log, name="web", with_requests=False).matched == n
    assert database.count_requests(url) == 0
    alone = database.buckets(url)
    assert alone
    Endpoint.objects.all().delete()
    log.write_bytes(b"nonsense\n" + lines(range(n)))
    assert import_files(log, name="web", format_="combined").matched == n
    assert database.count_requests(url) == n
    assert database.buckets(url) == alone


@pytest.mark.parametrize("suffix", PACK)
def test_a_log_is_imported_once(log: Path, suffix: str) -> None:
    path = log.with_name(f"access.log{suffix}")
    path.write_bytes(PACK[suffix](lines(range(300))))
    assert import_files(path).matched == 300
    again = import_files(path)
    assert (again.lines, again.skipped[0].is_fault) == (0, False)
    assert "imported before" in again.skipped[0].reason
    assert stored() == list(range(300))
    assert database.assert_consistent(database.url_of_tests()) == 300
    assert [source.name for source in Source.objects.all()] == ["access.log"]


def test_a_renamed_or_compressed_log_is_the_same(log: Path) -> None:
    log.write_bytes(lines(range(2000)))
    import_files(log)
    import_files(log.rename(log.with_name("access.log.1")))
    packed = log.with_name("access.log.2.gz")
    packed.write_bytes(gzip.compress(lines(range(2000))))
    for _ in range(2):
        assert "imported before" in import_files(packed).skipped[0].reason
    assert stored() == list(range(2000))


@pytest.mark.parametrize("count", [3, 2000])
def test_a_log_that_has_grown_continues(log: Path, count: int) -> None:
    log.write_bytes(lines(range(count)))
    import_files(log)
    log.write_bytes(lines(range(count + 50)))
    assert import_files(log).matched == 50
    packed = log.with_name("old.gz")
    packed.write_bytes(gzip.compress(lines(range(count + 80))))
    assert import_files(packed).matched == 30
    assert stored() == list(range(count + 80))


def test_logs_that_only_begin_alike_are_two(log: Path) -> None:
    start = lines(range(2000))
    other = log.with_name("other.log")
    log.write_bytes(start + lines(range(2000, 3000)))
    other.write_bytes(start + lines(range(3000, 4500)))
    assert import_files(log, other).matched == 6500
    assert import_files(log, other).lines == 0


def test_the_beginning_of_an_imported_log_is_known(log: Path) -> None:
    log.write_bytes(lines(range(3000)))
    import_files(log)
    log.write_bytes(lines(range(2500)))
    assert "imported before" in import_files(log).skipped[0].reason
    assert stored() == list(range(3000))


@pytest.mark.parametrize("seed", range(6))
def test_any_split_order_interruption_and_repetition_counts_the_same(
    log: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(archive, "PIECE", rng.choice([1000, 5000, 70_000]))
    edges = [0, *sorted(rng.sample(range(1, 3000), 3)), 3000]
    paths = []
    for first, last in pairwise(edges):
        suffix = rng.choice(list(PACK))
        path = log.with_name(f"access.log.{first}{suffix}")
        path.write_bytes(PACK[suffix](lines(range(first, last))))
        paths.append(path)

    def stop_sometimes(summary: Summary) -> None:
        if rng.random() < 0.2:
            raise KeyboardInterrupt

    for _ in range(12):
        try:
            import_files(*rng.sample(paths, len(paths)), tell=stop_sometimes)
        except KeyboardInterrupt:
            continue
    import_files(*paths)
    assert stored() == list(range(3000))
    assert database.assert_consistent(database.url_of_tests()) == 3000


def test_rejected_lines_are_counted_and_written_with_their_reason(log: Path) -> None:
    log.write_bytes(lines(range(50)) + b"nonsense \xff\n\n" + line(50) + b"more\tnonsense\n")
    rejects = io.BytesIO()
    summary = import_files(log, rejects=rejects)
    assert (summary.matched, summary.rejected, summary.reasons.total()) == (51, 2, 2)
    written = rejects.getvalue().splitlines()
    assert [row.split(b"\t", 2)[2] for row in written] == [b"nonsense \xff", b"more\tnonsense"]
    assert written[0].startswith(f"{log}\tcombined: expected ".encode())


def test_a_last_line_without_end_waits_unless_nobody_writes(log: Path) -> None:
    log.write_bytes(lines(range(20)) + line(20)[:-20])
    summary = import_files(log)
    assert (summary.lines, summary.skipped[0].is_fault) == (20, False)
    log.write_bytes(lines(range(21)).rstrip(b"\n"))
    assert import_files(log).matched == 0
    os.utime(log, (1, 1))
    assert import_files(log).matched == 1
    assert stored() == list(range(21))


def test_a_broken_archive_gives_what_can_be_read(log: Path) -> None:
    data = gzip.compress(lines(range(30_000)))
    log.write_bytes(data[: len(data) // 2])
    summary = import_files(log)
    assert summary.skipped[0].is_fault
    log.write_bytes(data)
    import_files(log)
    assert stored() == list(range(30_000))


def test_columns_named_by_headers_are_known_after_an_interruption(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PIECE", 500)
    rows = [f"2023-11-14 22:00:{i % 60:02} /api/{i} GET 200" for i in range(100)]
    header = "#Fields: date time cs-uri-stem cs-method sc-status"
    log.write_text("\n".join([header, *rows, ""]))

    def stop(summary: Summary) -> None:
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            import_files(log, tell=stop)
    import_files(log)
    assert stored() == list(range(100))


def test_a_wrong_format_can_be_mended(log: Path) -> None:
    log.write_bytes(lines(range(10)))
    assert import_files(log, format_="squid").rejected == 10
    assert import_files(log, format_="combined").matched == 10
    assert import_files(log, format_="common").lines == 0
    assert stored() == list(range(10))


def test_what_is_no_log_is_a_fault(log: Path) -> None:
    log.write_bytes(b"\0\1\2" * 1000)
    missing = log.with_name("missing")
    summary = import_files(log, missing)
    assert [one.is_fault for one in summary.skipped] == [True, True]
    assert not Import.objects.exists()


def test_a_log_that_is_followed_is_not_imported(log: Path) -> None:
    log.write_bytes(lines(range(10)))
    fingerprint = archive.digest(log.read_bytes()[:256])
    writer.write([Batch("web", [], Position(str(log), 1, 2, log.stat().st_size, fingerprint))])
    assert "watch" in import_files(log).skipped[0].reason
    assert stored() == []


def follow(follower: Follower, seconds: float) -> None:
    """Store what is there, and what is seen within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        writer.write(follower.read())
        time.sleep(0.05)


def rename(log: Path, old: Path) -> None:
    log.rename(old)


def copy_and_truncate(log: Path, old: Path) -> None:
    shutil.copyfile(log, old)
    os.truncate(log, 0)


@pytest.mark.parametrize("rotate", [rename, copy_and_truncate])
@pytest.mark.parametrize("suffix", PACK)
def test_what_was_followed_is_not_imported_wherever_it_was_put(
    log: Path, suffix: str, rotate: Callable[[Path, Path], None]
) -> None:
    old, packed = log.with_name("access.log.1"), log.with_name(f"old{suffix}")
    log.write_bytes(lines(range(100)))
    follower = Follower(log, "web", FORMATS["combined"].parse)
    follow(follower, 0.1)
    rotate(log, old)
    with log.open("ab") as file:
        file.write(lines(range(100, 150)))
    follow(follower, 1.5)
    follower.close()
    packed.write_bytes(PACK[suffix](old.read_bytes()))
    assert import_files(packed).skipped[0].reason == "imported before, as web"
    assert stored() == list(range(150))
    packed.write_bytes(PACK[suffix](old.read_bytes() + lines(range(150, 160))))
    assert import_files(packed).matched == 10
    assert stored() == list(range(160))


def test_what_was_compressed_before_it_was_followed_to_its_end_is_not_imported(log: Path) -> None:
    log.write_bytes(lines(range(5000)))
    follower = Follower(log, "web", FORMATS["combined"].parse)
    writer.write(follower.read()[:1])
    follower.close()
    old = log.with_name("access.log.1.gz")
    old.write_bytes(gzip.compress(log.read_bytes(), 1))
    log.write_bytes(lines(range(5000, 5010)))
    position = reader.position(str(log))
    follow(Follower(log, "web", FORMATS["combined"].parse, position=position), 1.5)
    assert import_files(old).skipped[0].reason == "imported before, as web"
    assert stored() == list(range(5010))


def test_what_follows_a_log_can_go_on_where_its_import_ended(log: Path) -> None:
    assert reached(log) is None
    log.write_bytes(lines(range(10)))
    assert reached(log) is None
    import_files(log)
    end, status = log.stat().st_size, log.stat()
    with log.open("ab") as file:
        file.write(line(10) + b"half a line")
    fingerprint = archive.digest(log.read_bytes()[:256])
    expected = Position(str(log), status.st_dev, status.st_ino, end, fingerprint)
    assert reached(log) == expected
    import_files(log)
    assert reached(log) == expected._replace(offset=end + len(line(10)))
    log.write_bytes(lines(range(5, 20)))
    assert reached(log) is None


def test_an_import_that_no_line_fitted_is_nothing_to_go_on_from(log: Path) -> None:
    log.write_bytes(lines(range(10)))
    import_files(log, format_="logfmt")
    assert Import.objects.exists()
    assert reached(log) is None


def test_two_imports_of_one_file_do_not_both_count(log: Path) -> None:
    log.write_bytes(lines(range(10)))
    is_first = True

    def import_too(summary: Summary) -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            import_files(log)

    import_files(log, tell=import_too)
    assert stored() == list(range(10))


def test_a_stream_is_imported_each_time() -> None:
    for _ in range(2):
        with Parsers(1) as parsers:
            importer = Importer(parsers)
            importer.import_stream(io.BytesIO(lines(range(500)).rstrip(b"\n")), "stdin")
    assert stored() == sorted([*range(500)] * 2)
    assert database.assert_consistent(database.url_of_tests()) == 1000


@pytest.mark.parametrize(
    "file",
    [
        "access.log",
        "access.log.1",
        "access.log.12.gz",
        "access.log-20240512",
        "access.log-20240512.xz",
        "access.log.2024-05-12.zst",
        "access.log-20240512-1700000000.bz2",
    ],
)
def test_rotated_files_are_one_source(file: str) -> None:
    assert source_name(file) == "access.log"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_an_import_that_is_killed_goes_on_where_it_was(
    new_database: Callable[[], str], tmp_path: Path, suffix: str
) -> None:
    rng = random.Random(7)
    total = 24_000
    log = tmp_path / f"access.log{suffix}"
    log.write_bytes(PACK[suffix](lines(range(total)) + b"nonsense\n"))
    url = new_database()
    code = (
        "import sys; from logwatcher.sources import archive, parsing\n"
        "archive.PIECE, parsing.SMALL = 150_000, 0\n"
        "from logwatcher.cli import main\n"
        "if __name__ == '__main__': sys.exit(main())"
    )
    script = tmp_path / "small_pieces.py"
    script.write_text(code)
    command = [sys.executable, str(script), "import", str(log)]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "LOGWATCHER_DATA": str(tmp_path / "data"),
    }
    subprocess.run([PROGRAM, "migrate"], check=True, env=environment, capture_output=True)
    kills = 0
    for sign in [signal.SIGKILL, signal.SIGKILL, signal.SIGINT]:
        before = database.count_requests(url)
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 20
        while database.count_requests(url) == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(rng.random() * 0.1)
        process.send_signal(sign)
        process.communicate()
        kills += process.returncode in (-signal.SIGKILL, 2)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert kills >= 2
    assert database.assert_consistent(url) == total
    paths = database.paths(url)
    assert sorted(int(path.removeprefix("/api/")) for path in paths) == list(range(total))


def test_times_without_an_offset_are_those_of_the_zone_and_it_is_told(log: Path) -> None:
    sample = FORMATS["haproxy"].sample
    log.write_text(f"{sample}\n")
    summary = import_files(log, zone="Asia/Tokyo")
    assert summary.doubts == {}
    [time_us] = [one["time_us"] for one in database.requests(database.url_of_tests())]
    ahead_us = FORMATS["haproxy"].parse(sample).time_us - time_us
    assert ahead_us == 9 * 3600 * 1_000_000
    log.write_text(f"<134>{sample}\n")
    [doubt] = import_files(log).doubts
    assert "no offset and are taken as times of this machine's zone" in doubt
