"""Numbers as text: the table of cases that the page's own number format is held to as well."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.web import number

CASES = json.loads((Path(__file__).parents[1] / "data" / "numbers.json").read_text())
KINDS = ("count", "percent", "seconds", "rate")


def read(figure: str) -> Decimal:
    """What a reader takes the figure for."""
    found = re.fullmatch(r"<?(\d+(?:\.\d\d?)?)([kMGT]?)", figure)
    assert found
    assert len(found[1].replace(".", "").lstrip("0")) <= 3
    return Decimal(found[1]).scaleb(3 * ("", "k", "M", "G", "T").index(found[2]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} {case['value']}")
def test_the_text_is_the_one_in_the_table(case: dict[str, Any]) -> None:
    assert number.text(case["kind"], case["value"]) == case["text"]


def test_every_kind_is_in_the_table() -> None:
    assert {case["kind"] for case in CASES} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_a_dash_without_a_unit(kind: str) -> None:
    assert number.parts(kind, None) == (number.NOTHING, "")


@given(st.floats(0.005, 999_000_000_000_000))
def test_three_digits_are_within_half_of_the_last_one(value: float) -> None:
    error = abs(read(number.digits(value)) - Decimal(value))
    assert error <= max(Decimal(value) / 200, Decimal("0.005"))


@given(st.integers(0, 999))
def test_small_counts_are_exact(value: int) -> None:
    assert number.text("count", value) == str(value)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_longer_time_never_looks_shorter(one: float, other: float) -> None:
    def shown(seconds: float) -> Decimal:
        figure, unit = number.parts("seconds", seconds)
        return read(figure) * {"ms": 1, "s": 1000}[unit]

    assert shown(min(one, other)) <= shown(max(one, other))
