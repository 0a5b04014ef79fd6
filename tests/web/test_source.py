"""What the page and the API say of sources and of how well their lines are read."""

import re
import time
from typing import Any

import pytest

from logwatcher.core.event import Batch
from logwatcher.core.health import Condition, Sample
from logwatcher.core.view import View
from logwatcher.store import writer
from logwatcher.store.models import Head, Input
from logwatcher.web import source
from logwatcher.web.template import render_text
from tests.factories import event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
LOG = "/var/log/nginx/access.log"
ERROR_LINE = "2026/11/24 10:00:00 [error] 123#0: *1 connect() failed"


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def read(matched: int, unmatched: int = 0, *, ago: float = 1, **of: Any) -> None:
    """Lines of the last minutes; ``of`` replaces parts of the batch."""
    now = time.time() - ago
    events = [event(now - i) for i in range(matched)]
    samples = (Sample("combined: no time", ERROR_LINE),) if unmatched else ()
    batch = Batch("web", events, input=LOG, unmatched=unmatched, samples=samples)
    writer.write([batch._replace(**of)])


def test_an_input_that_is_well_is_no_alert() -> None:
    read(100)
    assert source.alerts(View()) == {"alerts": []}
    assert source.menu(View())["sources"] == [{"name": "web", "problem": ""}]
    (row,) = source.table()["inputs"]
    assert (row["lines"], row["matched"], row["unmatched"]) == ("100", "100", "0")
    assert (row["state"], row["is_bad"], row["samples"]) == ("following", False, ())


def test_lines_that_do_not_match_are_an_alert_with_samples_and_cause() -> None:
    read(90, 10)
    (alert,) = source.alerts(View())["alerts"]
    assert (alert["source"], alert["name"]) == ("web", "access.log")
    assert alert["text"] == "10 of the last 100 lines don't match"
    (row,) = source.table()["inputs"]
    assert (row["unmatched"], row["unmatched_share"]) == ("10", "10.0\u2009%")
    assert row["cause"] == "These are an error log's lines; watch the access log."
    (of,) = source.as_json()
    assert of["inputs"][0]["recent"] == {"lines": 100, "unmatched": 10}
    assert of["inputs"][0]["samples"] == [{"reason": "combined: no time", "line": ERROR_LINE}]


def test_an_alert_belongs_to_its_source() -> None:
    read(0, 1)
    read(5, source="app", input="/other.log")
    assert source.alerts(View(source="app")) == {"alerts": []}
    assert len(source.alerts(View(source="web"))["alerts"]) == 1
    problems = {of["name"]: of["problem"] for of in source.menu(View())["sources"]}
    assert problems == {"app": "", "web": "1 of the last 1 lines don't match"}


def test_a_log_that_stopped_is_told_from_one_that_is_quiet() -> None:
    read(600, ago=120)
    (row,) = source.table()["inputs"]
    assert (row["state"], row["text"]) == ("silent", row["text"])
    assert re.match(r"silent, where (5\d|60) ", row["text"])  # 600 in 10 or 11 minutes
    read(3, ago=120, source="app", input="/other.log")
    other = next(row for row in source.table()["inputs"] if row["source"] == "app")
    assert other["state"] == "quiet"


def test_a_file_that_is_gone_is_an_alert_since_when() -> None:
    gone = Condition("combined", 0, "no such file", 1_700_000_000_000_000)
    read(1, condition=gone)
    (alert,) = source.alerts(View())["alerts"]
    assert (alert["text"], alert["since"]) == ("no such file", "2023-11-14T22:13:20.000+00:00")


def test_an_input_that_nobody_reads_is_no_alert() -> None:
    read(5, 5)
    Input.objects.update(seen_us=time.time() * 1e6 - 60e6)
    assert source.alerts(View()) == {"alerts": []}
    assert source.table()["inputs"][0]["state"] == "unread"


def test_a_source_without_lines_is_listed_apart() -> None:
    writer.write([Batch("app", [event()])])
    read(1)
    of = source.table()
    assert ([row["source"] for row in of["inputs"]], of["others"]) == (["web"], ["app"])
    assert source.as_json()[0] == {"name": "app", "inputs": []}


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (17, "17 B"), (1234, "1.23 kB"), (5_600_000, "5.60 MB")]
)
def test_bytes_behind_are_short(count: int, text: str) -> None:
    read(1, condition=Condition("combined", count))
    assert source.table()["inputs"][0]["behind"].replace("\u2009", " ") == text


def test_hostile_lines_are_inert() -> None:
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    samples = (Sample(nasty, nasty),)
    read(1, unmatched=1, samples=samples, input=f"/{nasty}", source=nasty[:100])
    html = render_text("logwatcher/cards/sources.html", source.table())
    html += render_text("logwatcher/cards/alerts.html", source.alerts(View()))
    html += render_text("logwatcher/cards/source.html", source.menu(View()))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
