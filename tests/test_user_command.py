"""``logwatcher user`` adds, lists, changes and removes users."""

import io
import sys

import pytest

from logwatcher import cli
from logwatcher.cli import user as command
from logwatcher.store import user
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_user_is_added_listed_changed_and_removed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, f"{PASSWORD}\n")
    assert cli.main(["user", "add", "ada", "--role", "operator"]) == 0
    assert user.find("ada").check_password(PASSWORD)
    capsys.readouterr()
    assert cli.main(["user", "list"]) == 0
    assert capsys.readouterr().out == "ada\toperator\tnever\n"
    assert cli.main(["user", "role", "ada", "admin"]) == 0
    assert user.role(user.find("ada")) is user.Role.ADMIN
    type_in(monkeypatch, f"{PASSWORD}-2")
    assert cli.main(["user", "password", "ada"]) == 0
    assert user.find("ada").check_password(f"{PASSWORD}-2")
    assert cli.main(["user", "remove", "ada"]) == 0
    assert "no login now" in capsys.readouterr().err
    assert not user.exists()


def test_what_can_be_mended_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (["remove", "ada"], ["password", "ada"], ["role", "ada", "admin"]):
        assert cli.main(["user", *arguments]) == 2
        assert "there is no user 'ada'" in capsys.readouterr().err
    for name, password, reason in (
        ("a b", PASSWORD, "valid username"),
        ("ada", "", "too short"),
        ("ada", "secret\n", "too short"),
    ):
        type_in(monkeypatch, password)
        assert cli.main(["user", "add", name]) == 2
        error = capsys.readouterr().err
        assert reason in error
        assert error.count("\n") == 1
    assert not user.exists()


def test_at_a_terminal_the_password_is_asked_for_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed = [PASSWORD, "another"] + [PASSWORD] * 2
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(command, "getpass", lambda prompt: typed.pop(0))
    assert cli.main(["user", "add", "ada"]) == 2
    assert "differ" in capsys.readouterr().err
    assert cli.main(["user", "add", "ada"]) == 0
    assert user.role(user.find("ada")) is user.Role.VIEWER
