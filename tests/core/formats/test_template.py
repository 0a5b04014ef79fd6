"""Any definition makes a format or says why not, and its format reads any line or says why not."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import (
    FORMATS,
    MAX_LINE,
    FormatError,
    compile_apache,
    compile_nginx,
    find_format,
)
from logwatcher.core.formats.template import Variable, compile_template
from logwatcher.core.privacy import FULL, STRICT, Policy

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


DEFINITIONS = [
    '$remote_addr - $remote_user [$time_local] "$request" $status "$http_user_agent" $request_time',
    "$upstream_addr $upstream_status $http_x_forwarded_for [$time_local] $request $status",
    "$a -- $b -- $c -- [$time_local] -- $request -- $status",
    "%{A}i %{B}i, %t %m %U%q %s, %{C}i",
]


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("unit", [" ", " -", " - ", "- -", ", ", ",", '" "', "\\", "a", " : ", "["])
def test_no_line_takes_long_whatever_the_definition(definition: str, unit: str) -> None:
    parse = find_format(definition).reader()
    for start in ["", LINES[0][:20], LINES[0]]:
        line = start + unit * ((MAX_LINE - len(start)) // len(unit))
        started = time.process_time()
        with suppress(ParseError):
            parse(line)
        assert time.process_time() - started < 0.05


def test_a_border_of_several_characters_may_begin_within_a_value() -> None:
    parse = find_format("$own -- $status -- $msec -- $request").parse
    line = "a - b--c - -- 200 -- 1715495103.000 -- GET /- --- HTTP/1.1"
    assert parse(line).path == "/- ---"
    parse = find_format("$request aab $status $msec").parse
    assert parse("GET /aaab/x aaa aab 200 1715495103.000").path == "/aaab/x aaa"


@pytest.mark.parametrize("policy", [STRICT, Policy(FULL, keeps_query=True)])
def test_of_a_variable_that_is_there_twice_the_first_is_read(policy: Policy) -> None:
    read = compile_apache('%h %h %q %q %t "%r" %>s "%r" %s')(policy)
    time = "[12/May/2024:06:25:03 +0000]"
    event = read(f'::1 ::2 ?a ?b {time} "GET /a HTTP/1.1" 200 "GET /b HTTP/1.1" 404')
    assert (event.path.partition("?")[0], event.status) == ("/a", 200)
    assert event.client == ("::1" if policy.keeps_client else "")


def test_neighbours_that_are_not_read_are_one() -> None:
    a, b, time, path = Variable("a"), Variable("b"), Variable("t", "time"), Variable("p", "path")
    status = Variable("s", "status", r"\d+")
    parse = compile_template("mine", [a, b, "", " ", time, "|", "p=", "|", path, " ", status])(
        STRICT
    )
    assert parse("x 1715495103|p=|/a 200").path == "/a"
    with pytest.raises(ParseError, match="mine: expected s at column"):
        parse("x 1715495103|p=|/a x")
