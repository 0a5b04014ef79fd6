import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.text import METHODS, OTHER_METHOD, clean, to_method


@pytest.mark.parametrize("text", ["GET / plain", "日本語", "café", "👩‍💻", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text, 100) == text


@pytest.mark.parametrize(
    "character", ["\0", "\x1b", "\n", "\x7f", "\x9f", "\u2028", "\u202e", "\u2066", "\ud800"]
)
def test_what_cannot_be_stored_or_deceives_is_replaced(character: str) -> None:
    assert clean(f"a{character}b", 100) == "a\ufffdb"


def test_text_at_the_limit_is_whole_and_longer_text_shows_the_cut() -> None:
    assert clean("a" * 10, 10) == "a" * 10
    assert clean("a" * 11, 10) == "a" * 9 + "…"


@given(st.text(), st.integers(1, 50))
def test_clean_text_is_valid_bounded_and_clean(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert "\0" not in cleaned
    cleaned.encode()
    assert clean(cleaned, limit) == cleaned


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_known_method_is_kept(method: str) -> None:
    assert to_method(method) == method


@pytest.mark.parametrize(
    "method", ["", "get", "BREW", "A" * 17, "GÉT", "\x16\x03", "GET\n", "M-SEARCH"]
)
def test_any_other_method_is_other(method: str) -> None:
    assert to_method(method) == OTHER_METHOD
