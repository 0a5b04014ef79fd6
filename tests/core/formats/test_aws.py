import pytest

from logwatcher.core.formats import FORMATS, Header

s3 = FORMATS["s3"].parse


def line(request: str, status: str = "200", size: str = "612", took: str = "142") -> str:
    return (
        f"owner shop [12/May/2024:06:25:03 +0000] - AmazonS3 3E57 S3.EXPIRE.OBJECT a/7 {request}"
        f' {status} - {size} - {took} - "-" "-" - id= - - - - - -'
    )


def test_what_s3_does_by_itself_is_no_request_and_no_fault() -> None:
    with pytest.raises(Header):
        s3(line("-", "-", "-", "-"))
    assert s3(line("-", "400")).path == "-"


def test_s3_escapes_nothing_and_writes_no_bytes_as_a_dash() -> None:
    event = s3(line(r'"GET /a"b\x22 HTTP/1.1"', size="-", took="-"))
    assert (event.path, event.size, event.duration_us) == ('/a"b\\x22', 0, None)
