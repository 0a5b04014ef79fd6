"""What Amazon's load balancers and its storage write."""

from logwatcher.core.event import Event
from logwatcher.core.formats import fields
from logwatcher.core.formats.format import Format, Header, Make
from logwatcher.core.formats.pattern import CLIENT, QUOTED, by_pattern
from logwatcher.core.formats.request import read_request, without_origin
from logwatcher.core.formats.timestamp import CLF_TIME
from logwatcher.core.privacy import Policy


def _to_event(
    policy: Policy,
    time: str,
    client: str,
    first: str,
    second: str,
    third: str,
    status: str,
    size: str,
    request: str,
    agent: str,
) -> Event:
    """The three timings add up; one of them is -1 if the request didn't get that far."""
    timings = [float(first), float(second), float(third)]
    method, path = read_request(request, keeps_query=policy.keeps_query)
    named = {
        "time": time,
        "duration_s": None if min(timings) < 0 else round(sum(timings), 6),
        "status": status,
        "size": size,
        "method": method,
        "path": without_origin(path),
        "client": client.rpartition(":")[0],
        "agent": agent,
    }
    return fields.to_event(policy, named)


def _s3(
    policy: Policy,
    time: str,
    client: str,
    request: str | None,
    status: str,
    error: str,
    size: str,
    took: str,
    agent: str | None,
) -> Event:
    """S3's time is when the request came; it escapes nothing, and no bytes are ``-``."""
    if request is None and status == "-":
        raise Header("s3: no request but S3's own doing, like a lifecycle's")
    named = {
        "start": time,
        "request": request or "-",
        "status": status,
        "size": "0" if size == "-" else size,
        "duration_ms": took,
        "error_type": error,
        "client": client,
        "agent": agent,
    }
    return fields.to_event(policy, named)


def _make(name: str, before: str) -> Make:
    seconds = r"(-1|\d{1,7}\.\d{1,9}) "
    return by_pattern(
        name,
        (
            (f"{before or 'nothing'} and a time", rf"{before}(\d{{4}}-\d\d-[\dT:.]{{5,24}}Z) "),
            (
                "the balancer, the client and the target",
                rf"[^ ]++ {CLIENT}[^ ]++) [^ ]++ ",
            ),
            ("three timings in seconds", 3 * seconds),
            ("two statuses", r"(\d{1,3}|-) (?:\d{1,3}|-) "),
            ("the bytes received and sent", r"\d{1,15} (\d{1,15}) "),
            ("the request in quotes", rf'"({QUOTED})" '),
            ("the user agent in quotes", rf'"({QUOTED})"'),
            ("the rest", r"(?: .*)?"),
        ),
        _to_event,
    )


ALB = Format(
    "alb",
    "AWS Application Load Balancer",
    "https 2024-10-10T11:55:36.186641Z app/shop/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80"
    ' 0.001 0.140 0.001 200 200 512 2326 "GET https://shop.example:443/api/orders/7 HTTP/1.1"'
    ' "curl/8.7.1" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2',
    _make("alb", "(?:https?|h2|grpcs|wss?) "),
)
ELB = Format(
    "elb",
    "AWS Classic Load Balancer",
    "2024-10-10T11:55:36.186641Z shop 203.0.113.7:2817 10.0.0.1:80 0.001 0.140 0.001 200 200 512"
    ' 2326 "GET https://shop.example:443/api/orders/7 HTTP/1.1" "curl/8.7.1" - -',
    _make("elb", ""),
)
S3 = Format(
    "s3",
    "Amazon S3: server access logs",
    "79a59df900b949e55d96a1e698fbaced shop [10/Oct/2024:11:55:36 +0000] 203.0.113.7 -"
    ' 3E57427F33A59F07 REST.GET.OBJECT api/orders/7 "GET /api/orders/7 HTTP/1.1" 200 - 2326 2326'
    ' 142 140 "-" "curl/8.7.1" - s9lzHYrFp76Z= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader'
    " shop.s3.eu-central-1.amazonaws.com TLSv1.3 - -",
    by_pattern(
        "s3",
        (
            ("an owner, a bucket and a '['", r"[^ \[]++ [^ \[]++ \["),
            ("a time like '06/Feb/2019:00:00:38 +0000]'", rf"({CLF_TIME})\] "),
            (
                "the address, requester, id, operation and key",
                rf'{CLIENT}[^ "]++) (?:[^ "]++ ){{4}}',
            ),
            ("the request in quotes", r'(?:"(.*?)"|-) (?=[\d-])'),
            ("a status", r"(\d{1,3}|-) "),
            ("an error's code", r"([^ ]++) "),
            ("the bytes sent and the object's size", r"(\d{1,15}|-) (?:\d{1,15}|-) "),
            ("the total time in ms", r"(\d{1,10}|-) "),
            # The user agent may have quotes in it; its beginning tells the family.
            ("the rest", r'(?:(?:\d{1,10}|-) (?:"[^"]*+"|-) "([^"]*+))?+.*'),
        ),
        _s3,
    ),
)
