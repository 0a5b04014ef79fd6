"""What breaks other tools, tried on the sample of every format."""

import random
import re

import pytest

from logwatcher.core.event import Event
from logwatcher.core.formats import FORMATS, Format, Parse
from logwatcher.core.route import NO_ROUTE
from logwatcher.core.text import OTHER_METHOD

REQUEST = re.compile(r"GET (?:https://shop\.example:443)?/api/orders/7 HTTP/(?:1\.1|2)(?=\\?\")")
ADDRESS = "203.0.113.7"
ADDRESSES = ["::1", "[::1]:443", "fe80::1%eth0", "2001:db8::42", "-", "unix:", "host.example"]
LISTS = ["203.0.113.7,10.0.0.2", "203.0.113.7, 10.0.0.2"]
ONE_WORD = {"alb", "elb", "squid", "s3", "w3c", "logfmt"}  # a list would be several words
JSON = {name for name in FORMATS if FORMATS[name].sample.startswith("{")}
formats = pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda format_: format_.name)
with_request_line = pytest.mark.parametrize(
    "name", [name for name in FORMATS if REQUEST.search(FORMATS[name].sample)]
)
with_address = pytest.mark.parametrize(
    "name", [name for name in FORMATS if ADDRESS in FORMATS[name].sample]
)


def what_was_asked(event: Event) -> tuple[object, ...]:
    return event.time_us, event.method, event.path, event.status, event.duration_us, event.size


@with_address
@pytest.mark.parametrize("address", [*ADDRESSES, *LISTS])
def test_any_address_is_fine(name: str, address: str) -> None:
    if address in LISTS and name in ONE_WORD:
        address = address.replace(", ", ",")
    sample = FORMATS[name].sample
    event = FORMATS[name].parse(sample.replace(ADDRESS, address))
    assert what_was_asked(event) == what_was_asked(FORMATS[name].parse(sample))


@with_request_line
@pytest.mark.parametrize(
    ("request_line", "method", "path", "route"),
    [
        ("-", OTHER_METHOD, "-", NO_ROUTE),
        ("GET /a", "GET", "/a", "/a"),
        ("OPTIONS * HTTP/1.1", "OPTIONS", "*", "*"),
        ("GET http://shop.example/a?b HTTP/1.1", "GET", None, "/a"),
        ("BREW /a HTTP/1.1", OTHER_METHOD, "/a", "/a"),
        ("CONNECT shop.example:443 HTTP/1.1", "CONNECT", "shop.example:443", NO_ROUTE),
        ("GET /a b HTTP/1.1", "GET", "/a b", "/a b"),
        ("GET /caf\u00e9 HTTP/1.1", "GET", "/caf\u00e9", "/caf\u00e9"),
    ],
)
def test_an_odd_request_is_an_event(
    name: str, request_line: str, method: str, path: str | None, route: str
) -> None:
    line = REQUEST.sub(lambda match: request_line, FORMATS[name].sample)
    event = FORMATS[name].parse(line)
    assert (event.method, event.route) == (method, route)
    assert event.path == path or path is None
    assert event.status == 200


@with_request_line
def test_bytes_of_tls_are_an_event(name: str) -> None:
    written = r"\u0016\u0003\u0001" if name in JSON else r"\x16\x03\x01"
    event = FORMATS[name].parse(REQUEST.sub(lambda match: written, FORMATS[name].sample))
    assert (event.method, event.route, event.status) == (OTHER_METHOD, NO_ROUTE, 200)


@formats
@pytest.mark.parametrize("status", ["499", "999", "000"])
def test_any_status_is_read(format_: Format, status: str) -> None:
    written = status if format_.name not in JSON or status != "000" else "0"
    line = re.sub(r"(?<![\d.])200(?![\d.])", written, format_.sample)
    assert format_.parse(line).status == int(status)


@formats
def test_every_line_has_the_time_of_its_own_whatever_came_before(format_: Format) -> None:
    parse = format_.reader()
    lines = [
        format_.sample.replace("11:55:36", f"11:{minute:02}:36")
        .replace("13:55:36", f"13:{minute:02}:36")
        .replace("1728561336", str(1_728_561_336 + 60 * (minute - 55)))
        for minute in range(60)
    ]
    expected = [parse(line).time_us for line in lines]
    assert expected == sorted(expected)
    assert len(set(expected)) == 60
    shuffled = random.Random(7).sample(range(60), 60)
    assert [parse(lines[minute]).time_us for minute in shuffled] == [
        expected[minute] for minute in shuffled
    ]


@pytest.mark.parametrize("name", ["common", "combined", "combinedio", "apache_us"])
def test_several_hosts_may_write_into_one_file(name: str) -> None:
    parse: Parse = FORMATS[name].parse
    sample = FORMATS[name].sample
    for host in [
        "shop.example:443 ",
        "shop.example ",
        "[::1]:80 ",
        "_ ",
        "",
        "- ",
        "*.example:80 ",
    ]:
        assert what_was_asked(parse(f"{host}{sample}")) == what_was_asked(parse(sample))
