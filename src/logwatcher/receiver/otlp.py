"""``POST /v1/traces`` and ``POST /v1/logs``: OpenTelemetry's protocol, as its exporters speak it.

An export that is sent again is known by its digest: exporters name it by nothing, and send the
same bytes.
"""

from functools import partial
from hashlib import sha256

from logwatcher.core.otlp import jsontext, protobuf
from logwatcher.core.otlp.export import answer, collect, refusal
from logwatcher.core.otlp.signal import LOGS, TRACES, Signal
from logwatcher.core.privacy import Policy
from logwatcher.receiver.protocol import (
    Answer,
    Headers,
    Protocol,
    Reader,
    Refusal,
    Taken,
    media_type,
)

MAX_PROTOBUF = 16 << 20
"""Bytes; a Collector's batch of 8,192 spans has a third of it."""
MAX_JSON = 4 << 20
"""Less, since what is made of it takes many times as much memory."""

_JSON, _PROTOBUF = "application/json", "application/x-protobuf"
_FORMS = {_PROTOBUF: (MAX_PROTOBUF, protobuf.read), _JSON: (MAX_JSON, jsontext.read)}


def _reader(signal: Signal, headers: Headers) -> Reader:
    if (found := media_type(headers)) not in _FORMS:
        raise Refusal(415, f"Content-Type: use {_PROTOBUF} or {_JSON}")
    max_body, items = _FORMS[found]

    def read(body: bytes, now_us: int, policy: Policy) -> Taken:
        export = collect(items(body, signal), now_us, policy)
        right = sum(map(len, export.events.values()))
        return Taken(
            export.events,
            f"otlp:{sha256(body).hexdigest()}",
            right + export.wrong + export.ignored,
            _answer(200, found, answer(export, signal, is_json=found == _JSON)),
        )

    return Reader(max_body, read)


def _refuse(refused: Refusal, headers: Headers) -> Answer:
    if refused.status == 408:  # exporters send again after 429, 502, 503 and 504 alone
        refused = Refusal(503, refused.error, headers=[(b"retry-after", b"1")])
    found = _PROTOBUF if media_type(headers) == _PROTOBUF else _JSON
    body = refusal(refused.error, is_json=found == _JSON)
    return _answer(refused.status, found, body)._replace(headers=refused.headers)


def _answer(status: int, form: str, body: bytes) -> Answer:
    return Answer(status, form.encode(), body)


TRACE_EXPORTS = Protocol(partial(_reader, TRACES), _refuse)
LOG_EXPORTS = Protocol(partial(_reader, LOGS), _refuse)
