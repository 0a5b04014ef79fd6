"""Lines of one input become batches that say what they were read from and what didn't match."""

import logging

import pytest

from logwatcher.core.event import Batch
from logwatcher.core.formats import FORMATS, Reading
from logwatcher.core.health import Condition, Sample
from logwatcher.sources.line_reader import MAX_BATCH, LineReader
from tests.factories import event

LINE = b'192.0.2.7 - - [14/Nov/2023:22:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "-" 0.100\n'


def reader(told: list[str], *, known: bool = False) -> LineReader:
    format_ = FORMATS["combined"] if known else None
    return LineReader("/log", "web", Reading(format_), told.append)


def test_lines_become_batches_of_a_bounded_size() -> None:
    of = reader([], known=True)
    batches = list(of.read([LINE] * (MAX_BATCH + 5), of.parse([])))
    assert [len(batch.events) for batch in batches] == [MAX_BATCH, 5]
    assert {(batch.source, batch.input) for batch in batches} == {("web", "/log")}


def test_a_batch_says_what_did_not_match() -> None:
    of = reader([], known=True)
    (batch,) = of.read([LINE, b"nonsense\n", b"\n", b"more\n", LINE], of.parse([]))
    assert (len(batch.events), batch.unmatched) == (2, 2)
    assert [sample.line for sample in batch.samples] == ["nonsense", "more"]


def test_a_format_that_is_found_is_told_once() -> None:
    told: list[str] = []
    of = reader(told)
    assert of.report().condition == Condition("")
    parse = of.parse([])
    for _ in range(3):
        list(of.read([LINE], parse))
    assert (of.format, told) == ("combined", ["web: format combined"])
    assert of.report() == Batch("web", [], input="/log", condition=Condition("combined"))


def test_a_batch_of_others_is_made_its_own() -> None:
    batch = Batch("x", [event()], unmatched=1, samples=(Sample("no", "x"),))
    made = reader([], known=True).batch(batch)
    assert (made.source, made.input, made.unmatched) == ("web", "/log", 1)


def test_what_does_not_match_is_told_ever_more_rarely(caplog: pytest.LogCaptureFixture) -> None:
    of = reader([], known=True)
    parse = of.parse([])
    for i in range(150):
        list(of.read([b"nonsense %d\n" % i, LINE], parse))
    warnings = [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ]
    assert len(warnings) == 3
    assert warnings[0].startswith("web: 1 of 2 lines don't match, the first one because of: ")
    assert warnings[2].startswith("web: 100 of 200 lines don't match, ")
