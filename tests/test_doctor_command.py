"""``logwatcher doctor``: a line for each finding, and an exit code that a script can use."""

import io
from collections.abc import Sequence

import pytest

from logwatcher.cli import doctor, main
from logwatcher.doctor import live
from logwatcher.doctor.finding import Finding

WELL, DOUBTFUL = Finding("ok", "disk", "room"), Finding("warn", "users", "none")
BROKEN = Finding("fail", "database", "away\x1b[31m")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """With which address and token the stream was opened."""
    found: list[tuple[str, str]] = []

    def findings(url: str, token: str) -> Sequence[Finding]:
        found.append((url, token))
        return [WELL]

    monkeypatch.setattr(live, "findings", findings)
    monkeypatch.setattr(doctor, "_local", lambda: [DOUBTFUL])
    return found


def test_only_what_fails_makes_it_fail(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_local", lambda: [WELL, DOUBTFUL])
    assert main(["doctor"]) == 0
    monkeypatch.setattr(doctor, "_local", lambda: [BROKEN, WELL])
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["ok    disk: room", "warn  users: none"]
    assert lines[2].startswith("fail  database: away")
    assert "\x1b" not in lines[2]


def test_a_setting_that_cant_be_used_is_a_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_TRAFFIC_MINUTES", "soon")
    assert main(["doctor"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("fail  settings: LOGWATCHER_TRAFFIC_MINUTES: 'soon'")


def test_the_stream_is_opened_only_where_an_address_is_given(
    asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["doctor"]) == 0
    assert main(["doctor", "--url", "https://a.example/", "--token", "lw.1.x"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("lw.2.y\n"))
    assert main(["doctor", "--url", "https://a.example/", "--token", "-"]) == 0
    assert asked == [("https://a.example/", "lw.1.x"), ("https://a.example/", "lw.2.y")]


@pytest.mark.parametrize("url", ["a.example", "ftp://a.example/", "https://", "http://a:x/"])
def test_what_is_no_address_is_refused(
    url: str, asked: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--url", url]) == 2
    assert "give one like https://host/" in capsys.readouterr().err
    assert not asked
