"""``logwatcher token`` makes, lists and ends tokens."""

import pytest

from logwatcher import cli
from logwatcher.store import token

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["token", "create", "shop", "--name", "of the shop"]) == 0
    text = capsys.readouterr().out.strip()
    token_id = token.id_of(text)
    assert token_id is not None
    assert token.is_valid(text, token.grants()[token_id])
    assert cli.main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.split("\t")[:2] == [str(token_id), "shop"]
    assert "of the shop" in listed
    assert text.rpartition(".")[2] not in listed
    assert cli.main(["token", "revoke", str(token_id)]) == 0
    assert token.grants() == {}


def test_what_can_be_mended_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["token", "revoke", "4711"]) == 2
    assert "no token 4711" in capsys.readouterr().err
    for source in ("", "s" * 101, "a\x1bb", " "):
        assert cli.main(["token", "create", source]) == 2
        assert "source" in capsys.readouterr().err
