"""A block is what its lines say, made here or elsewhere; reasons are few, rejects complete."""

from logwatcher.sources.parsing import Job, Parsers, parse

LINE = '203.0.113.7 - - [14/Nov/2023:22:13:20 +0000] "GET /api/{} HTTP/1.1" 200 2 "-" "-" 0.1\n'
LINES = "".join(map(LINE.format, range(20))).encode()


def test_jobs_are_done_in_other_processes_as_here() -> None:
    jobs = [Job(LINES[: size * 100], "combined", (), True) for size in range(8)]
    with Parsers(2) as parsers:
        results = [future.result() for future in [parsers.submit(job) for job in jobs]]
    assert results == [parse(job) for job in jobs]


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
