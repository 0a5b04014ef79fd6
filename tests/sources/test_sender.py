"""Each sender's lines are read in its own format, and stored under its name."""

import logging
from datetime import timedelta, timezone

import pytest

from logwatcher.core.formats import FORMATS, Reading
from logwatcher.core.health import Condition
from logwatcher.sources.sender import MAX_SENDERS, Senders

LINE = '192.0.2.7 - - [24/Nov/2026:10:00:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "-" 0.100'
JSON = '{{"time":"2026-11-24T10:00:00Z","method":"GET","path":"/{}","status":200,"duration_s":0.1}}'
NOTICE = "Server app/one is UP."


def message(tag: str, line: str, host: str = "web ") -> bytes:
    return f"<190>Nov 24 10:00:00 {host}{tag}{line}".encode()


def senders(name: str = "") -> tuple[Senders, list[str]]:
    """And what they tell."""
    told: list[str] = []
    return Senders(name, tell=told.append), told


def paths(of: Senders, *messages: bytes) -> dict[str, list[str]]:
    """By source; each batch is one source's."""
    batches = of.read(messages)
    return {
        batch.source: [event.path for event in batch.events] for batch in batches if batch.events
    }


def test_requests_go_by_the_tag() -> None:
    all_, found = senders()
    assert paths(
        all_,
        message("shop: ", LINE.format(1)),
        message("api[7]: ", JSON.format(2)),
        message("shop: ", LINE.format(3), host="other "),
    ) == {"shop": ["/1", "/3"], "api": ["/2"]}
    assert found == ["shop: format combined", "api: format json"]


def test_without_a_tag_they_go_by_the_host_and_else_by_a_name_of_their_own() -> None:
    all_, _ = senders()
    new = b"<14>1 - db1 - - - - " + LINE.format(1).encode()
    assert paths(all_, new, LINE.format(2).encode()) == {"db1": ["/1"], "syslog": ["/2"]}


def test_a_name_that_is_given_is_all_of_them_and_each_keeps_its_format() -> None:
    all_, found = senders("web")
    batches = all_.read([message("a: ", LINE.format(1)), message("b: ", JSON.format(2))])
    assert [batch.source for batch in batches] == ["web", "web"]
    assert found == ["web: format combined", "web: format json"]


def test_what_comes_before_the_first_request_says_nothing_of_the_format() -> None:
    all_, found = senders()
    notices = [message("haproxy: ", NOTICE)] * 30
    assert paths(all_, *notices) == {}
    assert paths(all_, message("haproxy: ", JSON.format(1)), *notices) == {"haproxy": ["/1"]}
    assert paths(all_, message("haproxy: ", JSON.format(2))) == {"haproxy": ["/2"]}
    assert found == ["haproxy: format json"]


def test_a_format_that_is_given_is_the_only_one() -> None:
    all_ = Senders(reading=Reading(FORMATS["combined"]))
    assert paths(all_, message("a: ", LINE.format(1)), message("a: ", JSON.format(2))) == {
        "a": ["/1"]
    }


def test_names_that_anybody_makes_up_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    all_, _ = senders()
    tags = [f"tag{number}" for number in range(10 * MAX_SENDERS)]
    found = paths(all_, *(message(f"{tag}: ", LINE.format(tag)) for tag in tags))
    assert list(found) == [*tags[:MAX_SENDERS], "(other)"]
    all_.read([message("more: ", LINE.format(1))])
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings == [f"syslog: more than {MAX_SENDERS} senders; further ones are (other)"]


def test_no_request_of_the_others_is_lost() -> None:
    all_, _ = senders()
    count = 3 * MAX_SENDERS
    batches = all_.read(message(f"t{number}: ", LINE.format(number)) for number in range(count))
    assert sum(len(batch.events) for batch in batches) == count


def test_who_sends_no_requests_takes_no_place(caplog: pytest.LogCaptureFixture) -> None:
    all_, _ = senders()
    noise = [message(f"noise{number}: ", NOTICE) for number in range(3 * MAX_SENDERS)]
    assert paths(all_, *noise) == {}
    assert paths(all_, message("shop: ", LINE.format(1)), *noise) == {"shop": ["/1"]}
    assert [record.getMessage() for record in caplog.records] == [
        f"syslog: {count} of {count} lines don't match, the first one"
        " because of: the format is not known yet; see: logwatcher formats;"
        f" it begins 'noise0: {NOTICE}'"
        for count in (1, 10, 100)
    ]


def test_who_sends_nothing_takes_no_place_either() -> None:
    all_, _ = senders()
    paths(all_, *(message(f"empty{number}: ", "\n") for number in range(3 * MAX_SENDERS)))
    assert paths(all_, message("shop: ", LINE.format(1))) == {"shop": ["/1"]}


def test_a_header_is_kept_for_the_requests_after_it() -> None:
    all_ = Senders(reading=Reading(FORMATS["w3c"]))
    header = "#Fields: date time cs-method cs-uri-stem sc-status time-taken"
    assert paths(all_, message("iis: ", header)) == {}
    assert paths(all_, message("iis: ", "2026-11-24 10:00:00 GET /1 200 5")) == {"iis": ["/1"]}


def test_a_name_is_safe_to_show() -> None:
    all_, _ = senders()
    name = "\u202eevil\x1b"
    (source,) = paths(all_, message(f"{name}: ", LINE.format(1)))
    assert source == "\ufffdevil\ufffd"


def test_lines_that_do_not_match_are_told_ever_more_rarely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    all_, _ = senders()
    for number in range(120):
        all_.read([message("a: ", LINE.format(number)), message("a: ", f"nonsense {number}")])
    warnings = [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ]
    assert len(warnings) == 3
    assert warnings[0].startswith("a: 1 of 2 lines don't match, the first one because of: ")
    assert warnings[0].endswith("it begins 'nonsense 0'")


def test_how_well_each_is_read_is_said_of_each() -> None:
    all_, _ = senders()
    batches = all_.read(
        [
            message("cron[1]: ", "job"),
            message("shop: ", NOTICE),
            message("shop: ", LINE.format(1)),
            message("shop: ", "nonsense"),
        ]
    )
    assert [(of.input, of.source, len(of.events), of.unmatched) for of in batches] == [
        ("syslog", "syslog", 0, 1),
        ("syslog", "syslog", 0, 1),
        ("syslog: shop", "shop", 1, 1),
    ]
    assert [of.samples[0].line for of in batches] == ["cron: job", f"shop: {NOTICE}", "nonsense"]
    reports = {of.input: of.condition for of in all_.reports()}
    assert reports == {"syslog": Condition(), "syslog: shop": Condition("combined")}


def test_times_without_an_offset_are_those_of_the_zone() -> None:
    told: list[str] = []
    all_ = Senders(reading=Reading(zone=timezone(timedelta(hours=2))), tell=told.append)
    line = FORMATS["haproxy"].sample.partition("]: ")[2]
    (batch,) = all_.read([f"<134>Oct 10 11:55:36 lb haproxy[7]: {line}".encode()])
    expected = FORMATS["haproxy"].parse(line).time_us - 2 * 3600 * 1_000_000
    assert [event.time_us for event in batch.events] == [expected]
    assert "haproxy: its times have no offset and are taken as UTC+02:00" in told
