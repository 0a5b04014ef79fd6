"""Server-sent events as bytes. Source: WHATWG HTML, "Server-sent events"."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

JSON = Mapping[str, Any]  # Any: whatever JSON can hold


def encode_json(value: JSON) -> bytes:
    """Compact JSON on one line, as an event's data must be."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def event(name: str, data: bytes, event_id: str = "") -> bytes:
    """One event. ``data`` and ``event_id`` have no line breaks."""
    first = f"id: {event_id}\n" if event_id else ""
    return b"%sevent: %s\ndata: %s\n\n" % (first.encode(), name.encode(), data)


def retry(delay_ms: int) -> bytes:
    """Tells the browser how long to wait before it reconnects."""
    return b"retry: %d\n\n" % delay_ms


def frame(head: JSON, views: Iterable[tuple[str, bytes]], event_id: str) -> bytes:
    """A frame: the fields of ``head``, and the parts of some views, each already encoded.

    Parts are joined as bytes, so that each is encoded once whoever gets it.
    """
    parts = b",".join(encode_json_text(view) + b":" + part for view, part in views)
    data = encode_json(head)[:-1] + b',"views":{' + parts + b"}}"
    return event("frame", data, event_id)


def encode_json_text(text: str) -> bytes:
    """A JSON string."""
    return json.dumps(text, ensure_ascii=False).encode()
