"""Tokens let in whoever holds them, and the store can't give them away."""

import pytest

from logwatcher.store import token
from logwatcher.store.models import Token

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


def test_a_token_is_valid_for_its_source_until_it_is_revoked() -> None:
    token_id, text = token.create("shop", "the shop's own")
    grant = token.grants()[token_id]
    assert token.id_of(text) == token_id
    assert grant.source == "shop"
    assert token.is_valid(text, grant)
    assert not token.is_valid(text[:-1], grant)
    assert token.revoke(token_id)
    assert token.grants() == {}
    assert not token.revoke(token_id)


def test_the_secret_is_not_stored() -> None:
    token_id, text = token.create("shop")
    (row,) = Token.objects.values()
    secret = text.rpartition(".")[2]
    assert len(secret) >= 43
    assert secret not in str(row)
    assert [row.pk for row in token.rows()] == [token_id]


def test_tokens_differ() -> None:
    assert token.create("shop")[1] != token.create("shop")[1]


@pytest.mark.parametrize(
    "text", ["", "lw", "lw.1", "lw.x.s", "lw..s", "xx.1.s", "lw.-1.s", "lw.²." + "s", "lw.1e3.s"]
)
def test_what_is_no_token_names_none(text: str) -> None:
    assert token.id_of(text) is None


def test_an_id_too_long_for_the_database_is_none() -> None:
    assert token.id_of(f"lw.{'9' * 5000}.s") is None
