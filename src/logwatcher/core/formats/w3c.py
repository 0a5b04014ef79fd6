"""Logs whose header lines name the columns: W3C extended (IIS) and CloudFront."""

from logwatcher.core.event import Event, ParseError
from logwatcher.core.formats import fields
from logwatcher.core.formats.format import MAX_LINE, Format, Header, check_length, excerpt
from logwatcher.core.formats.request import without_origin
from logwatcher.core.privacy import Policy

_MAX_COLUMNS = 200
_DURATION = "time-taken"
_FIELD = {
    "cs-method": "method",
    "cs-uri-stem": "path",
    "cs-uri": "path",
    "sc-status": "status",
    "sc-bytes": "size",
    "cs-uri-query": "query",
    "c-ip": "client",
    "cs(User-Agent)": "agent",
    _DURATION: "duration_ms",
}
_IIS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)"
    " cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
)
_CLOUDFRONT = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)


class Columns:
    """Reads the lines of one file; each ``#Fields:`` says what the columns after it are."""

    def __init__(self, name: str, separator: str, default: str, policy: Policy) -> None:
        self._policy = policy
        self._name = name
        self._separator = separator
        self._date = ""
        self._set(default)

    def __call__(self, line: str) -> Event:
        """A line's event; raises Header for a line that begins with ``#``."""
        if len(line) > MAX_LINE:
            check_length(self._name, line)
        if line.startswith("#"):
            self._read_header(line)
            raise Header(f"{self._name}: a header")
        values = line.split(self._separator, _MAX_COLUMNS)
        if len(values) != self._count:
            raise ParseError(
                f"{self._name}: expected {self._count} columns as in #Fields, found {len(values)}"
                f" in {excerpt(line)}"
            )
        try:
            return self._to_event(values)
        except ParseError as error:
            raise ParseError(f"{self._name}: {error}") from None

    def _to_event(self, values: list[str]) -> Event:
        named: dict[str, object] = {field: values[index] for index, field in self._fields}
        date = values[self._date_at] if self._date_at is not None else self._date
        named["time"] = f"{date} {values[self._time_at]}Z"  # both define their times as UTC
        if self._duration_at is not None:
            # IIS writes whole ms; where there is a point, it is the standard's seconds.
            text = values[self._duration_at]
            named["duration_s" if "." in text else "duration_ms"] = text
        path = named.get("path")
        if isinstance(path, str):
            named["path"] = without_origin(path)
        return fields.to_event(self._policy, named)

    def _read_header(self, line: str) -> None:
        name, _, value = line[1:].partition(":")
        if name == "Fields":
            self._set(value.strip())
        elif name == "Date":
            self._date = value.strip()[:10]

    def _set(self, columns: str) -> None:
        names = columns.split()[:_MAX_COLUMNS]
        missing = {"time", "sc-status"} - set(names)
        if missing:
            raise ParseError(f"{self._name}: #Fields lacks {' and '.join(sorted(missing))}")
        self._count = len(names)
        self._time_at = names.index("time")
        self._date_at = names.index("date") if "date" in names else None
        self._duration_at = names.index(_DURATION) if _DURATION in names else None
        self._fields = tuple(
            (index, _FIELD[name])
            for index, name in enumerate(names)
            if name in _FIELD and name != _DURATION
        )


def _format(name: str, about: str, separator: str, default: str, sample: str) -> Format:
    return Format(
        name,
        about,
        sample,
        lambda policy: Columns(name, separator, default, policy),
        has_headers=True,
    )


W3C = _format(
    "w3c",
    "W3C extended, as IIS writes it: #Fields names the columns; whole numbers in time-taken are ms",
    " ",
    _IIS,
    "2024-10-10 11:55:36 10.0.0.2 GET /api/orders/7 page=2 443 - 203.0.113.7 curl/8.7.1"
    " https://example.com/ 200 0 0 142",
)
CLOUDFRONT = _format(
    "cloudfront",
    "AWS CloudFront: tab-separated, #Fields names the columns",
    "\t",
    _CLOUDFRONT,
    (
        "2024-10-10 11:55:36 FRA56-P4 2326 203.0.113.7 GET d111111abcdef8.cloudfront.net"
        " /api/orders/7 200 https://example.com/ curl/8.7.1 page=2 - Miss a1B2c3== shop.example"
        " https 512 0.142 - TLSv1.3 TLS_AES_128_GCM_SHA256 Miss HTTP/2.0 - - 51234 0.120 Miss"
        " application/json 2326 - -"
    ).replace(" ", "\t"),
)
