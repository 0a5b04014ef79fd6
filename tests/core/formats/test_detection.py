import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from logwatcher.core.event import ParseError
from logwatcher.core.formats import (
    FORMATS,
    AutoParse,
    Detection,
    Header,
    detect,
    explain,
    read_after,
)
from logwatcher.core.formats.advice import LATENCY
from logwatcher.core.formats.table import find_format

SAMPLES = Path(__file__).parents[2] / "data" / "formats"
ALIKE = {"apache_us", "apache_ms", "apache_s"}


def sample(name: str) -> list[str]:
    return (SAMPLES / f"{name}.log").read_text().splitlines()


@pytest.mark.parametrize("name", FORMATS)
def test_each_sample_log_is_recognised(name: str) -> None:
    detection = detect(sample(name))
    assert detection.format is FORMATS[name]
    assert detection.fits[0].lines == detection.lines == len(sample(name))


def test_it_is_certain_only_where_no_other_format_fits() -> None:
    for name in FORMATS.keys() - ALIKE:
        assert detect(sample(name)).doubt == ""
    doubt = detect(sample("apache_ms")).doubt
    assert "apache_ms is taken, since its latencies are the most usual" in doubt
    assert "--format apache_us or --format apache_s" in doubt


@pytest.mark.parametrize(
    ("durations", "name"),
    [
        ([812, 14_211, 903_112], "apache_us"),
        ([3, 14, 22, 1_500], "apache_ms"),
        ([0, 0, 0, 1, 12], "apache_s"),
    ],
)
def test_the_unit_of_a_number_at_the_end_is_the_likeliest(durations: list[int], name: str) -> None:
    line = sample("combined")[0]
    detection = detect(f"{line} {duration}" for duration in durations)
    assert detection.format is FORMATS[name]
    assert all(other in detection.doubt for other in ALIKE)


BESIDE = ["", "shop.example:443 "]
BEHIND = ["", " 512 0.142", " 512 0.142 0.140", ' "-" "-" 512 0.142', ' "-" "-" 512 0.142 0.140']


@pytest.mark.parametrize("host", BESIDE)
@pytest.mark.parametrize("end", BEHIND)
def test_common_with_hosts_ignored_columns_and_times_is_recognised(host: str, end: str) -> None:
    line = '203.0.113.7 - - [12/May/2024:06:25:03 +0000] "GET /a HTTP/1.1" 200 612'
    detection = detect([f"{host}{line}{end}"])
    assert detection.format is FORMATS["combined" if '"-"' in end else "common"]
    assert detection.doubt == ""
    event = detection.format.parse(f"{host}{line}{end}")
    assert event[1:7] == ("GET", "/a", "/a", 200, 142_000 if end else None, 612)


def test_a_more_specific_format_is_preferred() -> None:
    detection = detect(sample("caddy"))
    assert [fit.format.name for fit in detection.fits] == ["caddy", "json"]


def test_other_lines_between_do_no_harm_but_most_must_fit() -> None:
    lines = sample("combined")
    assert detect([*lines, *["nonsense"] * len(lines)]).format is FORMATS["combined"]
    assert detect([*lines, *["nonsense"] * (len(lines) + 1)]).format is None
    assert detect([]) == Detection(0, (), "")
    assert detect(["", " ", "nonsense"]).lines == 1


def test_an_empty_file_is_recognised_when_lines_come() -> None:
    found: list[Detection] = []
    parse = AutoParse(found=found.append)
    with pytest.raises(ParseError, match="not known yet"):
        parse("nonsense")
    lines = sample("ltsv")
    assert [parse(line) for line in lines] == [FORMATS["ltsv"].parse(line) for line in lines]
    assert [detection.format for detection in found] == [FORMATS["ltsv"]]


def test_nonsense_at_first_does_not_hide_what_comes_then() -> None:
    parse = AutoParse(["nonsense"] * 300)
    line = sample("squid")[0]
    for text in ["nonsense"] * 50:
        with pytest.raises(ParseError):
            parse(text)
    event = None
    for _ in range(30):
        try:
            event = parse(line)
        except ParseError:
            continue
    assert event == FORMATS["squid"].parse(line)


def test_what_is_no_access_log_costs_little() -> None:
    lines = [f"2024-05-12 06:25:03,125 INFO order {number} was placed" for number in range(400)]
    parse = AutoParse()

    def seconds(read: Callable[[str], object]) -> float:
        started = time.process_time()
        for line in lines:
            with suppress(ParseError):
                read(line)
        return time.process_time() - started

    assert seconds(parse) < 3 * seconds(lambda line: detect([line]))


def test_the_format_may_change_within_a_file() -> None:
    found: list[Detection] = []
    parse = AutoParse(sample("combined"), found.append)
    lines = [*sample("combined"), *100 * sample("caddy")]
    matched = 0
    for line in lines:
        try:
            parse(line)
            matched += 1
        except ParseError:
            continue
    assert len(lines) - matched == 20
    assert [detection.format for detection in found] == [FORMATS["combined"], FORMATS["caddy"]]


def test_header_lines_seen_before_name_the_columns() -> None:
    header = "#Fields: date time cs-method cs-uri-stem sc-status"
    line = "2024-05-12 06:25:03 GET /a 200"
    assert AutoParse([header, line])(line).path == "/a"
    parse = AutoParse()
    with pytest.raises(ParseError):
        parse(header)
    assert parse(line).path == "/a"
    with pytest.raises(Header):
        parse(header)


def test_a_given_format_knows_the_headers_before_the_place_where_reading_goes_on() -> None:
    header = "#Fields: date time cs-method cs-uri-stem sc-status"
    line = "2024-05-12 06:25:03 GET /a 200"
    parse = read_after(["#Version: 1.0", header, line], FORMATS["w3c"])
    assert parse(line).path == "/a"
    assert read_after([line], FORMATS["common"]) is FORMATS["common"].parse


def test_the_explanation_says_what_matches_and_where_others_break() -> None:
    text = explain([*sample("combined"), "203.0.113.7 - - [now] x"])
    assert text.startswith("Format: combined (NGINX and Apache")
    assert "Matched: 23 of 24 lines (95.8 %)" in text
    assert "line 24: combined: expected a time like" in text
    assert "at column 18, found 'now] x'" in text
    assert "Latency: in 11 of 23 matched lines" in text
    assert "line 1: squid: expected a time" in explain(sample("combined"), FORMATS["squid"])


def test_the_explanation_of_an_empty_or_unknown_file() -> None:
    assert "empty" in explain(["", " "])
    text = explain(["non\x1bsense", *sample("squid")[:1], "more", "x"])
    assert "Format: none fits at least half of the 4 first lines" in text
    assert "squid fits 1" in text
    assert "non\ufffdsense" in text


def test_where_latency_is_missing_the_directives_are_given() -> None:
    text = explain(sample("common")[:2])
    for directive in LATENCY.values():
        assert directive.splitlines()[0] in text
    assert "In doubt: the lines fit apache" in explain([f"{sample('combined')[0]} 12"])


def test_a_number_without_a_unit_is_told_and_not_guessed() -> None:
    line = '{"ts": 1715495103, "path": "/", "method": "GET", "status": 200, "latency": 12}'
    assert FORMATS["json"].parse(line).duration_us is None
    assert "'latency' has no unit" in explain([line])


@pytest.mark.parametrize(
    "line",
    [
        "time=2024-05-12T06:25:03Z path=/ method=GET status=200 latency=12",
        "time:2024-05-12T06:25:03Z\tpath:/\tmethod:GET\tstatus:200\tlatency:12",
    ],
)
def test_a_number_without_a_unit_between_names_is_told_too(line: str) -> None:
    text = explain([line])
    assert "'latency' has no unit. Let it be written with one, like 12ms" in text
    assert "NGINX" not in text.partition("\n")[2]


def test_the_directives_make_logs_that_are_read_with_latency() -> None:
    line = sample("combined")[0]
    nginx = find_format(LATENCY["NGINX, in http"].splitlines()[0])
    assert nginx.parse(f"{line} 0.142").duration_us == 142_000
    assert FORMATS["combined"].parse(f"{line} 0.142").duration_us == 142_000
    apache = find_format(LATENCY["Apache"].splitlines()[0])
    assert apache.parse(f"{line} 142000").duration_us == 142_000
