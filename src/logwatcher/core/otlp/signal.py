"""What is exported, as both of the protocol's encodings name it."""

from typing import NamedTuple


class Signal(NamedTuple):
    """Spans or log records.

    Attributes:
        noun: what there are many of.
        resources: in JSON, the list of what each service sends.
        scopes: in JSON, the list of what each library of a service sends.
        items: in JSON, the list of them.
        rejected: in JSON, how many of them were rejected.
        is_spans: whether it is traces.
    """

    noun: str
    resources: str
    scopes: str
    items: str
    rejected: str
    is_spans: bool


TRACES = Signal("spans", "resourceSpans", "scopeSpans", "spans", "rejectedSpans", True)
LOGS = Signal("log records", "resourceLogs", "scopeLogs", "logRecords", "rejectedLogRecords", False)
