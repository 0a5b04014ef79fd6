"""An import says how far it is, what became of the lines, and by its exit code whether of all."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from logwatcher.core.retention import limits
from logwatcher.importer import Summary
from logwatcher.importing import progress_text, span_text, warning
from tests.factories import NOON
from tests.server import PROGRAM
from tests.test_importer import lines


@pytest.fixture
def run(
    new_database: Callable[[], str], tmp_path: Path
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    environment = {
        **os.environ,
        "DATABASE_URL": new_database(),
        "LOGWATCHER_DATA": str(tmp_path / "data"),
    }

    def run(
        *arguments: str, stdin: str = "", **settings: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PROGRAM, "import", *arguments],
            cwd=tmp_path,
            env={**environment, **settings},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_files_globs_and_standard_input_are_imported(run: Run, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"access.log.{number}").write_bytes(lines(range(number * 10, number * 10 + 10)))
    (tmp_path / "other.log").write_bytes(lines(range(50, 60)) + b"nonsense\n")
    done = run("access.log*", "other.log", "-", "--rejects", "bad", stdin="also nonsense\n")
    assert done.returncode == 2
    assert "stdin: no format fits" in done.stderr
    assert done.stdout.startswith("5 files, 41 lines: 40 matched, 1 rejected; ")
    assert "  1 × combined: expected an address and a '['\n" in done.stdout
    assert (tmp_path / "bad").read_text().startswith("other.log\tcombined: expected an address")
    again = run("access.log*")
    assert (again.returncode, again.stdout[:18]) == (0, "3 files, 0 lines: ")
    assert again.stderr.count("imported before, as access.log") == 3


def test_what_can_be_mended_is_said_on_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(lines(range(3)))
    for arguments, text in [
        (["missing"], "missing: no such file; check the path"),
        (["*.nothing"], "*.nothing: no such file; check the path"),
        (["."], ".: not a file that can be read; check the path and rights"),
        (["log", "--format", "combind"], "--format: unknown 'combind'"),
        (["log", "--rejects", "log"], "--rejects: log is one of the logs; name another file"),
        (["log", "--rejects", "no/where"], "--rejects: no/where: No such file or directory"),
        (["log", "--name", ""], "--name: give 1 to 100 characters"),
    ]:
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"logwatcher: {text}")
        assert done.stderr.count("\n") == 1


def test_progress_says_what_is_left() -> None:
    summary = Summary(matched=900_000, rejected=100_000, done=250_000_000)
    assert (
        progress_text(summary, 1_000_000_000, 10)
        == " 25%  250 MB of 1.00 GB, 100,000 lines/s, 0:30 left"
    )
    assert progress_text(summary, 100 * 10**9, 10).endswith(", 1:06:30 left")
    assert progress_text(summary, None, 10) == "250 MB, 100,000 lines/s"
    assert progress_text(Summary(), 1000, 0) == "  0%  0 bytes of 1 kB, 0 lines/s"


def test_the_bar_grows() -> None:
    texts = [progress_text(Summary(done=done), 100, 1, with_bar=True) for done in (0, 50, 100)]
    assert [text.count("#") for text in texts] == [0, 12, 24]
    assert {text.index("]") for text in texts} == {25}


DEFAULTS = limits()
DAY = 86_400


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (3, ""),
        (8, "requests after 7 days, figures per 5 s after 2 days"),
        (500, "figures per minute after 35 days, figures per hour after 400 days"),
    ],
)
def test_a_log_that_is_too_old_is_warned_of_with_what_goes(days: int, gone: str) -> None:
    summary = Summary(oldest=NOON - days * DAY, newest=NOON)
    text = warning(summary, DEFAULTS, NOON)
    assert (gone in text) if gone else (text == "")
    assert ("LOGWATCHER_KEEP_REQUESTS" in text) == bool(gone)
    assert warning(summary, limits("forever", "1h:forever"), NOON) == ""
    assert warning(Summary(), DEFAULTS, NOON) == ""


@pytest.mark.parametrize(
    ("days", "end"),
    [
        (3, ""),
        (8, "; of those before 2023-11-07 22:00 UTC a server keeps figures only"),
        (
            500,
            "; of those before 2023-11-07 22:00 UTC a server keeps figures only,"
            " of those before 2022-10-10 22:00 UTC nothing",
        ),
    ],
)
def test_an_import_ends_with_the_times_that_it_found(days: int, end: str) -> None:
    summary = Summary(oldest=NOON - days * DAY, newest=NOON)
    text = span_text(summary, DEFAULTS, NOON)
    assert text.startswith("requests of 202")
    assert text.endswith(f" to 2023-11-14 22:00 UTC{end}")
    assert span_text(Summary(), DEFAULTS, NOON) == ""


def test_old_logs_are_warned_of_and_kept_until_a_server_runs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.log").write_bytes(lines(range(30)))
    environment = {"LOGWATCHER_KEEP_REQUESTS": "7d", "LOGWATCHER_KEEP_FIGURES": "1h:400d"}
    done = run("old.log", **environment)
    assert done.returncode == 0
    assert done.stderr.count("a server deletes requests after 7 days") == 1
    assert "a server keeps figures only, of those before" in done.stdout
    assert run("old.log").stderr.count("a server deletes") == 0


def test_where_only_figures_are_wanted_no_request_is_missed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.log").write_bytes(lines(range(30)))
    environment = {"LOGWATCHER_KEEP_REQUESTS": "7d", "LOGWATCHER_KEEP_FIGURES": "1h:forever"}
    done = run("old.log", "--figures-only", **environment)
    assert done.stdout.startswith("1 file, 30 lines: 30 matched, 0 rejected; ")
    assert "a server" not in done.stdout + done.stderr
