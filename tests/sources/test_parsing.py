"""A block is what its lines say, made here or elsewhere; reasons are few, rejects complete."""

from logwatcher.core.aggregate import Aggregate
from logwatcher.core.block import to_block
from logwatcher.core.buckets import BucketKey, Endpoint, fill
from logwatcher.core.privacy import HASH, Policy
from logwatcher.sources.parsing import Job, Parsers, parse
from tests.factories import event, events

LINE = '203.0.113.7 - - [14/Nov/2023:22:13:20 +0000] "GET /api/{} HTTP/1.1" 200 2 "-" "-" 0.1\n'
LINES = "".join(map(LINE.format, range(20))).encode()


def test_a_blocks_buckets_are_those_of_its_events() -> None:
    sent = [*events(500, seconds=9000), event(-1.5), event(0)]
    block = to_block(sent)
    buckets = {
        BucketKey(Endpoint("web", *block.endpoints[endpoint]), step, start): Aggregate(*parts)
        for step, *columns in block.buckets
        for endpoint, start, *parts in zip(*columns, strict=True)
    }
    assert buckets == fill("web", sent)
    assert block.columns[0] == sorted(one.time_us for one in sent)
    assert block.columns[-2:] == (["203.0.113.0/24"] * len(sent), ["Firefox"] * len(sent))
    assert block.succeeded == {one.route for one in sent if one.status < 400}


def test_a_block_of_nothing_is_empty() -> None:
    block = to_block([])
    assert (block.endpoint, block.columns[0]) == ([], [])
    assert all(not column.starts for column in block.buckets)


def test_jobs_are_done_in_other_processes_as_here() -> None:
    policy = Policy(HASH, key=b"k")
    jobs = [Job(LINES[: size * 100], "combined", (), True, policy) for size in range(8)]
    with Parsers(2) as parsers:
        results = [future.result() for future in [parsers.submit(job) for job in jobs]]
    assert results == [parse(job) for job in jobs]
    assert results[-1].block.columns[-2][0] == policy.to_client("203.0.113.7")


def test_reasons_say_nothing_of_one_line_alone() -> None:
    lines = b"".join(b"nonsense %d\n[%d\n" % (number, number) for number in range(200))
    parsed = parse(Job(lines, "combined", (), True))
    assert parsed.rejected == len(parsed.rejects) == parsed.reasons.total() == 400
    assert len(parsed.reasons) == 2
    assert parsed.rejects[0][1] == b"nonsense 0"
    assert parse(Job(lines, "combined")).rejects == []
    times = LINES.replace(b"Nov", b"Non").replace(b"22:13:20", b"22:13:21")
    assert list(parse(Job(times, "combined")).reasons) == ["no such time"]
    assert list(parse(Job(b"{\n[\n", "json")).reasons)
