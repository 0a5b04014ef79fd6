import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.event import ParseError
from logwatcher.core.formats import FORMATS
from logwatcher.core.formats.keyvalue import _logfmt

TIME_US = 1_715_495_103_000_000  # 2024-05-12 06:25:03 UTC

ltsv = FORMATS["ltsv"].parse
logfmt = FORMATS["logfmt"].parse


def test_ltsv_values_may_hold_colons_and_escapes() -> None:
    event = ltsv(
        "time:[12/May/2024:06:25:03 +0000]\thost:[::1]:80\treq:GET /a:b/\\x22?c:d HTTP/1.1"
        "\tstatus:200\tsize:7\treqtime:0.142\tempty:"
    )
    assert event[:7] == (TIME_US, "GET", '/a:b/"', '/a:b/"', 200, 142_000, 7)


def test_ltsv_without_a_label_is_told() -> None:
    with pytest.raises(ParseError, match="ltsv: expected 'label:value', found 'oops'"):
        ltsv("time:1715495103\toops\tstatus:200")


def test_logfmt_values_may_be_quoted_and_words_have_no_value() -> None:
    event = logfmt(
        r'ts=1715495103 msg="a=b status=500 \"c\"" done method=GET path="/a b" status=200'
        " took=1.5ms bytes= x==y"
    )
    assert event[:7] == (TIME_US, "GET", "/a b", "/a b", 200, 1500, None)


WORDS = st.sampled_from(["a", "=", " ", "\t", "\\", "\x1c", "\u3000", "b=c", " status=200"])


@given(st.lists(WORDS).map("".join))
def test_logfmt_without_quotes_is_read_as_with_some(line: str) -> None:
    assert {**_logfmt(line), "z": "z"} == _logfmt(f'{line} z="z"')


@pytest.mark.parametrize(
    "text", ["", "hello", "a=b", 'ts=1715495103 path="/a status=200', "a" * 60_000]
)
def test_logfmt_that_is_no_request_is_told(text: str) -> None:
    with pytest.raises(ParseError, match="logfmt: no "):
        logfmt(text)
