"""Frames are valid server-sent events, whatever is in them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from logwatcher.stream import frame


def parse(body: bytes) -> dict[str, str]:
    """The fields of one event, by the rules of the HTML standard."""
    assert body.endswith(b"\n\n")
    lines = body.decode().removesuffix("\n\n").split("\n")
    return dict(line.split(": ", 1) for line in lines)


@given(st.dictionaries(st.text(), st.text()))
def test_any_text_stays_on_its_line(value: dict[str, str]) -> None:
    fields = parse(frame.event("x", frame.encode_json(value), "a-1"))
    assert json.loads(fields["data"]) == value
    assert fields["id"] == "a-1"


def test_an_event_without_id_leaves_the_last_one() -> None:
    assert "id" not in parse(frame.event("heartbeat", b"{}"))


def test_a_frame_joins_encoded_parts() -> None:
    parts = [("", b'{"points":[]}'), ('endpoint="x"', b'{"new":3}')]
    fields = parse(frame.frame({"now": 1.5}, parts, "s-9"))
    assert fields["event"] == "frame"
    assert json.loads(fields["data"]) == {
        "now": 1.5,
        "views": {"": {"points": []}, 'endpoint="x"': {"new": 3}},
    }


def test_retry_is_its_own_block() -> None:
    assert frame.retry(1234) == b"retry: 1234\n\n"
