"""What is known of an input is committed with its lines, and adds up over processes."""

import pytest

from logwatcher.core.event import Batch
from logwatcher.core.health import Condition, Sample
from logwatcher.store import inputs, reader, writer
from logwatcher.store.models import Head
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
LOG = "/var/log/nginx/access.log"
WRONG = Sample("combined: no status", "nonsense")


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def lines(matched: int, unmatched: int = 0, name: str = LOG, source: str = "web") -> Batch:
    events = [event(NOON + i) for i in range(matched)]
    return Batch(source, events, input=name, unmatched=unmatched, samples=(WRONG,) * unmatched)


def test_lines_of_several_commits_add_up() -> None:
    writer.write([lines(3, 1), lines(2)])
    writer.write([lines(4, 1)])
    (of,) = inputs.health()
    assert (of.name, of.source, of.lines, of.unmatched) == (LOG, "web", 11, 2)
    assert of.last_us == (NOON + 3) * 10**6
    assert of.samples == (WRONG,)
    assert sum(minute.lines for minute in of.minutes) == 11


def test_the_condition_is_the_last_one_said() -> None:
    condition = Condition("nginx-timed", 123, "no such file", 456)
    writer.write([Batch("web", [], input=LOG, condition=condition)])
    writer.write([lines(1)])
    (of,) = inputs.health()
    assert (of.condition, of.lines) == (condition, 1)
    writer.write([Batch("web", [], input=LOG, condition=Condition("nginx-timed"))])
    assert inputs.health()[0].condition == Condition("nginx-timed")


def test_a_report_alone_is_no_new_revision() -> None:
    writer.write([lines(1)])
    before = reader.head()
    number = writer.write([Batch("web", [], input=LOG, condition=Condition("w3c"))])
    assert number == before.revision
    assert reader.head() == before


def test_inputs_are_listed_by_source_and_name() -> None:
    writer.write([lines(1, name="b", source="web"), lines(1, name="c", source="app")])
    writer.write([lines(1, name="a", source="web")])
    assert [of.name for of in inputs.health()] == ["c", "a", "b"]
    assert inputs.sources(["a", "c", "none"]) == {"a": "web", "c": "app"}


def test_what_came_by_no_lines_is_no_input() -> None:
    writer.write([Batch("web", [event()])])
    assert inputs.health() == []
