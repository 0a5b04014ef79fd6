"""A short answer in front of Django, which no cache keeps."""

from collections.abc import Sequence

from logwatcher.stream.hub import Message, Send

JSON = b"application/json"


Headers = Sequence[tuple[bytes, bytes]]


async def answer(
    send: Send,
    scope: Message,
    status: int,
    body: bytes,
    media_type: bytes = JSON,
    headers: Headers = (),
) -> None:
    """Send it; to a HEAD without its body, and to what only reads no other method may be used."""
    method = scope["method"]
    if method not in ("GET", "HEAD"):
        status, body, media_type = 405, b'{"error":"use GET"}', JSON
        headers = [(b"allow", b"GET, HEAD")]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", media_type),
                (b"content-length", b"%d" % len(body)),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
