"""What is said of an input: the worst that is wrong, and silence only where it means something."""

from dataclasses import replace

import pytest

from logwatcher.core.health import (
    BEHIND_BYTES,
    MAX_SAMPLES,
    MINUTES,
    SILENT_US,
    STATES,
    UNSEEN_US,
    Condition,
    Health,
    Sample,
    diagnose,
)

NOW = 1_700_000_000_000_000
MINUTE = 60_000_000
NEW = Health("/var/log/access.log", "web", seen_us=NOW)


def read(lines: int, unmatched: int = 0, *, before: Health = NEW, ago_us: int = 0) -> Health:
    return before.read(NOW - ago_us, lines, unmatched, NOW - ago_us, ())


def test_lines_add_up_and_the_newest_request_counts() -> None:
    of = read(5, 1, before=read(10, ago_us=MINUTE))
    assert (of.lines, of.unmatched, of.last_us, of.seen_us) == (15, 1, NOW, NOW)
    older = of.read(NOW + 1, 1, 0, NOW - 5 * MINUTE, ())
    assert (older.lines, older.last_us, older.seen_us) == (16, NOW, NOW + 1)


def test_a_request_from_the_future_counts_as_now() -> None:
    assert NEW.read(NOW, 1, 0, NOW + MINUTE, ()).last_us == NOW


def test_a_report_without_lines_only_says_that_it_is_read() -> None:
    of = read(3, 1)
    assert of.read(NOW + 1, 0, 0, 0, ()) == replace(of, seen_us=NOW + 1)


def test_recent_is_what_came_in_the_last_minutes() -> None:
    of = NEW
    for ago in range(3 * MINUTES, -1, -1):
        of = read(2, 1, before=of, ago_us=ago * MINUTE)
    assert len(of.minutes) == MINUTES
    assert of.recent(NOW) == (2 * MINUTES, MINUTES)
    assert of.recent(NOW + 4 * MINUTE) == (2 * (MINUTES - 4), MINUTES - 4)
    assert of.recent(NOW + MINUTES * MINUTE) == (0, 0)


def test_only_the_newest_samples_are_kept() -> None:
    samples = [Sample("no", str(i)) for i in range(2 * MAX_SAMPLES)]
    of = NEW
    for sample in samples:
        of = of.read(NOW, 1, 1, 0, (sample,))
    assert of.samples == tuple(samples[: -MAX_SAMPLES - 1 : -1])


def test_lines_that_are_alike_are_one_sample() -> None:
    same, other = Sample("no", "same"), Sample("no", "other")
    of = NEW.read(NOW, 3, 3, 0, (same, other, same)).read(NOW, 1, 1, 0, (other,))
    assert of.samples == (other, same)


@pytest.mark.parametrize(
    ("of", "state", "is_bad"),
    [
        (read(100), "following", False),
        (NEW, "quiet", False),
        (replace(read(100), seen_us=NOW - UNSEEN_US - 1), "unread", False),
        (replace(read(100), seen_us=NOW - UNSEEN_US), "following", False),
        (replace(read(9, 9), condition=Condition(problem="no such file")), "missing", True),
        (read(1000, 19), "following", False),
        (read(1000, 20), "unmatched", True),
        (read(1, 1), "unmatched", True),
        (replace(read(9), condition=Condition(behind=BEHIND_BYTES)), "following", False),
        (replace(read(9), condition=Condition(behind=BEHIND_BYTES + 1)), "behind", False),
    ],
)
def test_the_worst_is_said(of: Health, state: str, is_bad: bool) -> None:
    found = diagnose(of, NOW)
    assert (found.state, found.is_bad) == (state, is_bad)
    assert found.state in STATES
    assert found.text


def test_a_log_that_stopped_is_told_from_one_that_is_quiet() -> None:
    of = replace(read(100, ago_us=SILENT_US), seen_us=NOW)
    busy, idle = 1.0, 0.4
    assert diagnose(of, NOW, busy).state == "silent"
    assert diagnose(of, NOW, busy).text == "silent, where 60 requests a minute were usual"
    assert diagnose(of, NOW, busy).since_us == NOW - SILENT_US
    assert diagnose(of, NOW, idle).state == "quiet"
    assert diagnose(replace(of, last_us=of.last_us + 1), NOW, busy).state == "following"


def test_lines_that_did_not_match_long_ago_are_no_trouble_now() -> None:
    of = read(1000, 0, before=read(1000, 1000, ago_us=2 * MINUTES * MINUTE))
    assert diagnose(of, NOW).state == "following"
    assert of.unmatched == 1000
