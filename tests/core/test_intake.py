"""Each committed batch is counted once, under its source, and sources are bounded."""

from logwatcher.core.event import Batch
from logwatcher.core.health import Condition
from logwatcher.core.intake import MAX_SOURCES, OTHER, Intake
from tests.factories import event


def values(intake: Intake, name: str) -> dict[str, float]:
    """Of one metric by source."""
    (found,) = [metric for metric in intake.metrics() if metric.name == f"logwatcher_{name}"]
    return {sample.labels["source"]: sample.value for sample in found.samples}


def test_events_and_lines_that_were_none_are_counted_by_source() -> None:
    intake = Intake()
    intake.add([Batch("a", [event(), event()], unmatched=3), Batch("b", [])], 0.0)
    intake.add([Batch("a", [event()], unmatched=1)], 0.0)
    assert values(intake, "events_total") == {"a": 3, "b": 0}
    assert values(intake, "rejected_lines_total") == {"a": 4, "b": 0}


def test_lag_is_that_of_the_last_request_and_never_negative() -> None:
    intake = Intake()
    intake.add([Batch("a", [event(5.0)]), Batch("none", [])], 7.5)
    assert values(intake, "lag_seconds") == {"a": 2.5}
    intake.add([Batch("a", [event(9.0)])], 8.0)
    intake.add([Batch("a", [])], 99.0)
    assert values(intake, "lag_seconds") == {"a": 0}


def test_what_is_behind_is_added_over_a_sources_inputs_and_the_newest_counts() -> None:
    intake = Intake()
    for name, behind in (("1.log", 100), ("2.log", 7), ("1.log", 10)):
        condition = Condition("combined", behind)
        intake.add([Batch("a", [], input=name, condition=condition)], 0.0)
    intake.add([Batch("b", [event()])], 0.0)
    assert values(intake, "behind_bytes") == {"a": 17}


def test_further_sources_are_counted_together() -> None:
    intake = Intake()
    intake.add([Batch(str(number), [event()]) for number in range(MAX_SOURCES + 2)], 0.0)
    counted = values(intake, "events_total")
    assert len(counted) == MAX_SOURCES + 1
    assert counted[OTHER] == 2
