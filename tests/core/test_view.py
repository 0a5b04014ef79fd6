"""A view is its query string: canonical, checked, and safe for any text."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.view import (
    MAX_POINTS,
    RANGES,
    SORTS,
    STEPS,
    View,
    ViewError,
    parse,
    steps_for,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=16)
VIEWS = st.builds(
    View,
    range=st.sampled_from(list(RANGES)),
    source=TEXT,
    status=st.sampled_from(["", "4xx", "404", "000"]),
    method=TEXT,
    endpoint=TEXT,
    sort=st.sampled_from([*SORTS, *(f"-{key}" for key in SORTS)]),
    show=st.sampled_from(["", "all"]),
    before=st.sampled_from(["", "1700000000000000.12"]),
)


@given(VIEWS)
def test_a_view_comes_back_from_its_query_string(view: View) -> None:
    assert parse(dict(parse_qsl(view.query()))) == view


@given(st.dictionaries(st.sampled_from(["range", "step", "from", "to", "status"]), st.text()))
def test_any_text_gives_a_view_or_says_what_is_wrong(parameters: dict[str, str]) -> None:
    try:
        view = parse(parameters)
    except ViewError as error:
        assert error.parameter in str(error)
        assert error.allowed
    else:
        assert view.range_s / view.step_s <= MAX_POINTS


def test_the_default_view_has_no_query_string() -> None:
    assert View().query() == ""


def test_unknown_parameters_are_ignored() -> None:
    assert parse({"utm_source": "x"}) == View()


@pytest.mark.parametrize(
    "parameters",
    [
        {"range": "2d"},
        {"step": "7s"},
        {"range": "30d", "step": "5s"},
        {"range": "5m", "step": "12h"},
        {"from": "1700000000"},
        {"from": "1700000000", "to": "1700000001"},
        {"from": "1700000000", "to": "1600000000"},
        {"from": "x", "to": "y"},
        {"status": "6xx"},
        {"status": "20"},
        {"status": "٤٠٤"},
        {"sort": "size"},
        {"before": "12"},
        {"method": "M" * 17},
        {"endpoint": "/a\0"},
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(parameters: dict[str, str]) -> None:
    with pytest.raises(ViewError) as raised:
        parse(parameters)
    assert raised.value.parameter in parameters or raised.value.parameter == "to"


def test_statuses_are_a_class_or_a_code() -> None:
    assert parse({"status": "5xx"}).statuses == (500, 599)
    assert parse({"status": "404"}).statuses == (404, 404)
    assert parse({}).statuses == (0, 999)


def test_every_range_offers_its_automatic_step() -> None:
    for name, range_s in RANGES.items():
        offered = [STEPS[step] for step in steps_for(range_s)]
        assert View(range=name).step_s in offered


def test_a_zoom_has_its_own_length_and_steps() -> None:
    view = parse({"from": "1700000000", "to": "1700000600", "range": "30d"})
    assert view.range_s == 600
    assert view.step_s == 10


def test_changing_a_view_starts_the_page_of_requests_anew() -> None:
    assert View(before="1.1").change(status="5xx") == View(status="5xx")
