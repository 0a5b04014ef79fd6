"""Any definition makes a format or says why not, and its format reads any line or says why not."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import FORMATS, FormatError, compile_apache, compile_nginx, find_format
from logwatcher.core.formats.template import Variable, compile_template
from logwatcher.core.privacy import STRICT

PIECES = [
    *("$status", "$request", "$time_local", "$msec", "$own", "${uri}", "$upstream_response_time"),
    *("%t", "%r", "%>s", "%U%q", "%D", "%{ms}T", "%{%H}t", "%{own}i", "%", "$"),
    *(" ", '"', "[", "]", "\\", "'", "{", " - ", "|"),
]
LINES = [format_.sample for format_ in FORMATS.values()]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.one_of(st.text(), st.sampled_from(LINES)),
)
def test_every_definition_is_a_format_or_an_error(definition: str, line: str) -> None:
    for compile_ in (compile_nginx, compile_apache):
        with suppress(FormatError):
            parse = compile_(definition)(STRICT)
            with suppress(ParseError):
                assert isinstance(parse(line), Event)
    with suppress(FormatError):
        find_format(definition)


def test_neighbours_that_are_not_read_are_one() -> None:
    a, b, time, path = Variable("a"), Variable("b"), Variable("t", "time"), Variable("p", "path")
    status = Variable("s", "status", r"\d+")
    parse = compile_template("mine", [a, b, "", " ", time, "|", "p=", "|", path, " ", status])(
        STRICT
    )
    assert parse("x 1715495103|p=|/a 200").path == "/a"
    with pytest.raises(ParseError, match="mine: expected s at column"):
        parse("x 1715495103|p=|/a x")
