"""The commands about log formats."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from logwatcher import cli
from logwatcher.core.formats import FORMATS
from tests.database import count_requests, query
from tests.server import Server

SAMPLES = Path(__file__).parent / "data" / "formats"


def test_formats_lists_each_with_what_writes_it_and_a_sample(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["formats"]) == 0
    out = capsys.readouterr().out
    for format_ in FORMATS.values():
        assert f"{format_.name}\n  {format_.about}\n  {format_.sample}\n" in out


def test_explain_says_which_format_a_file_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes((SAMPLES / "caddy.log").read_bytes() + b"\xff\0\x1b nonsense")
    assert cli.main(["explain", str(log)]) == 0
    out = capsys.readouterr().out
    assert "Format: caddy" in out
    assert "Matched: 3 of 4 lines (75.0 %)" in out
    assert "line 4: caddy: expected '{' at column 1" in out
    assert "\x1b" not in out


def test_explain_holds_a_file_against_the_format_that_is_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    definition = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    assert cli.main(["explain", str(SAMPLES / "common.log"), "--format", definition]) == 0
    assert "Matched: 5 of 8 lines (62.5 %)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "missing.log"], "missing.log: not a file that can be read"),
        (["explain", __file__, "--format", "combind"], "did you mean 'combined'?"),
        (["watch", __file__, "--format", "$request"], "--format: nginx: no time in it"),
        (["watch", __file__, "--time-zone", "Berlin"], "--time-zone: unknown 'Berlin'"),
        (["import", __file__, "--time-zone", "\x1b[2J"], "--time-zone: unknown '\\x1b[2J'"),
        (["explain", __file__, "--time-zone", "Europe/Belrin"], "did you mean 'Europe/Berlin'?"),
    ],
)
def test_what_the_user_can_mend_is_said_on_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def wait_for_requests(server: Server, count: int) -> None:
    for _ in range(200):
        if count_requests(server.database_url) >= count:
            break
        time.sleep(0.05)
    assert count_requests(server.database_url) == count, server.output


def test_explain_says_which_zone_times_without_an_offset_are_taken_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = str(SAMPLES / "haproxy.log")
    assert cli.main(["explain", log]) == 0
    assert "Times: without an offset, taken as times of this machine's zone" in (
        capsys.readouterr().out
    )
    assert cli.main(["explain", log, "--time-zone", "Asia/Tokyo"]) == 0
    assert "taken as Asia/Tokyo; if that is wrong, use --time-zone" in capsys.readouterr().out


def test_watch_reads_times_without_an_offset_in_the_zone(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    log = tmp_path / "haproxy.log"
    log.write_text(FORMATS["haproxy"].sample + "\n")
    server = serve("watch", str(log), "--from", "start", "--time-zone", "Asia/Tokyo")
    wait_for_requests(server, 1)
    assert "haproxy.log: its times have no offset and are taken as Asia/Tokyo" in server.output
    [[found]] = query(server.database_url, "SELECT time_us FROM logwatcher_request")
    assert FORMATS["haproxy"].parse(FORMATS["haproxy"].sample).time_us - found == 9 * 3600 * 10**6


@pytest.mark.parametrize("options", [[], ["--format", "w3c"]])
def test_watch_reads_an_empty_log_as_it_grows_and_goes_on_after_its_headers(
    options: list[str], serve: Callable[..., Server], tmp_path: Path
) -> None:
    log = tmp_path / "u_ex.log"
    log.touch()
    server = serve("watch", "--from=start", str(log), *options)
    with log.open("a") as file:
        file.write("#Version: 1.0\n#Fields: date time cs-uri-stem sc-status cs-method\n")
        file.write("2024-05-12 06:25:03 /a 200 GET\n")
    wait_for_requests(server, 1)
    server.stop()
    server.start()
    with log.open("a") as file:
        file.write("2024-05-12 06:25:04 /b 200 GET\n")
    wait_for_requests(server, 2)
    assert ("format w3c" in server.output) == (not options)
    assert "match" not in server.output
