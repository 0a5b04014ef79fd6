import pickle
import re
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core.privacy import (
    FULL,
    HASH,
    MAX_CLIENT,
    STRICT,
    TRUNCATE,
    Policy,
    client_key,
    mask,
    read_address,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("2001:db8::42", "2001:db8::42"),
        ("2001:0DB8:0:0::42", "2001:db8::42"),
        ("[2001:db8::42]", "2001:db8::42"),
        ("[2001:db8::42]:51234", "2001:db8::42"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (" 203.0.113.7 ,10.0.0.1", "203.0.113.7"),
        ("[2001:db8::42]:51234, 10.0.0.1", "2001:db8::42"),
    ],
)
def test_an_address_is_read_in_whichever_shape(text: str, address: str) -> None:
    assert str(read_address(text)) == address
    assert Policy(FULL).to_client(text) == address


NO_ADDRESSES = ["", "-", "unix:", "unix:/run/app.sock", "host.example", "localhost", "unknown"]
NO_ADDRESSES += [
    "1",
    "203.0.113",
    "203.0.113.256",
    "0x7f.1",
    "a:b",
    "::g",
    "[",
    "[]",
    ",",
    "٣.1.1.1",
]
NO_ADDRESSES += ["-, 203.0.113.7", "\0", "203.0.113.7 ada", "1:2:3:4:5:6:7:8:9" * 99]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_not_kept(text: str) -> None:
    assert read_address(text) is None
    for policy in (Policy(TRUNCATE), Policy(HASH, key=b"k"), Policy(FULL)):
        assert policy.to_client(text) == ""


def test_by_default_nothing_is_kept() -> None:
    assert Policy() == STRICT
    assert not STRICT.keeps_client
    assert not STRICT.keeps_query
    assert STRICT.to_client("203.0.113.7") == ""


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::42", "2001:db8:1::/48"),
        ("::1", "::/48"),
    ],
)
def test_a_shortened_address_is_its_network(text: str, network: str) -> None:
    assert Policy(TRUNCATE).to_client(text) == network


@given(st.ip_addresses())
def test_an_address_is_in_its_network(address: IPv4Address | IPv6Address) -> None:
    network = ip_network(Policy(TRUNCATE).to_client(str(address)))
    assert (getattr(address, "ipv4_mapped", None) or address) in network
    assert network.prefixlen == (24 if network.version == 4 else 48)


def test_a_hash_tells_clients_apart_and_needs_the_key() -> None:
    mine, yours = Policy(HASH, key=client_key("mine")), Policy(HASH, key=client_key("yours"))
    one, other = mine.to_client("203.0.113.7"), mine.to_client("203.0.113.8")
    assert re.fullmatch("[0-9a-f]{16}", one)
    assert one != other
    assert one == mine.to_client("[::ffff:203.0.113.7]:80")
    assert one != yours.to_client("203.0.113.7")
    assert "mine" not in repr(mine)
    assert repr(mine.key) not in repr(mine)


@pytest.mark.parametrize("fields", [{"client": "some"}, {"client": HASH}])
def test_there_is_no_other_policy(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no such policy"):
        Policy(**fields)  # type: ignore[arg-type]  # a mode


def test_a_policy_travels_between_processes() -> None:
    policy = Policy(HASH, keeps_query=True, key=b"k")
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301  # our own


@given(st.one_of(st.text(), st.ip_addresses().map(str)))
def test_whatever_is_sent_is_bounded_and_an_address_or_nothing(text: str) -> None:
    for policy in (STRICT, Policy(TRUNCATE), Policy(HASH, key=b"k"), Policy(FULL)):
        client = policy.to_client(text)
        assert len(client) <= MAX_CLIENT
        assert re.fullmatch(r"[0-9a-f:./]*", client)


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (
            '203.0.113.7 - - [12/May/2024:06:25:03 +0000] "GET /a?token=a1&b HTTP/1.1" 200 6',
            'xxx.x.xxx.x - - [12/May/2024:06:25:03 +0000] "GET /a?xxxxx=xx&x HTTP/1.1" 200 6',
        ),
        ("[2001:db8::42]:51234 x", "[xxxx:xxx::xx]:51234 x"),
        ("client=2001:db8::42:51234 06:25:03", "client=xxxx:xxx::xx:xxxxx 06:25:03"),
        ('{"ip":"::1","uri":"/a?b"}', '{"ip":"::x","uri":"/a?x"}'),
        ("10.0.0.1, 10.0.0.2:80", "xx.x.x.x, xx.x.x.x:80"),
        ("host:2001:db8::42\tip:::1", "host:xxxx:xxx::xx\tip:::x"),
        ("std::vector x:y 1.2.3 /v1.2.3", "std::vector x:y 1.2.3 /v1.2.3"),
    ],
)
def test_a_line_is_masked_and_keeps_its_columns(line: str, masked: str) -> None:
    assert mask(line) == masked


AROUND = [" {} - -", "[{}]:80", '"{}"', "{}:51234", "{}, 10.0.0.1", "host:{}\t", "ip={};", "<{}>"]
AROUND += ["http://[{}]/", "{}%eth0", "a={},b={}", "/{}/"]


@given(st.ip_addresses(), st.sampled_from(AROUND))
def test_no_address_is_left_in_a_masked_line(address: object, around: str) -> None:
    line = around.replace("{}", str(address))
    assert str(address) not in mask(line) or not re.search("[0-9a-f]", str(address))
    assert len(mask(line)) == len(line)
