"""Whether the stream arrives as it is sent: opened through a proxy, as a browser does."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from math import inf
from queue import Empty, Queue
from socket import SHUT_RDWR
from threading import Thread
from urllib.parse import urlsplit

from logwatcher.doctor.finding import Finding

Arrivals = Queue[float]
"""When bytes came, by the monotonic clock."""

SOON_S = 5.0
"""The first bytes come at once, unless something holds them back."""
PATIENCE_S = 20.0
"""A heartbeat comes after 15 s of silence."""
APART_S = 0.5
"""What comes this much later than what was before it was not held back with it."""

_UNBUFFER = "let the proxy pass it on at once; NGINX: proxy_buffering off"
_ADVICE = {
    400: "name the host in LOGWATCHER_ALLOWED_HOSTS, and let the proxy send it on",
    401: "give --token; make one by: logwatcher token create --scope read",
    404: "give the address of the page",
    502: "the proxy doesn't reach logwatcher; start it",
    503: "logwatcher isn't ready; ask /readyz",
}


def findings(url: str, token: str) -> Iterator[Finding]:
    """Of the stream of the page at ``url``, which is http or https; takes at most 40 s or so."""
    began = time.monotonic()
    try:
        with _stream(url, token) as (response, arrivals):
            if refusal := _refusal(response):
                yield refusal
                return
            yield _encoding(response)
            first = arrivals.get(timeout=PATIENCE_S)
            yield (finding := _first(first - began))
            if finding.level == "ok":
                yield _later(arrivals, first, url, token)
    except (TimeoutError, Empty):
        yield Finding("fail", "stream", f"nothing came in {PATIENCE_S:g} s; {_UNBUFFER}")
    except (OSError, HTTPException) as error:
        yield Finding("fail", "stream", f"{url}: {error}; check the address and the proxy")


@contextmanager
def _stream(url: str, token: str) -> Iterator[tuple[HTTPResponse, Arrivals]]:
    """The answer, and when its bytes arrive."""
    with closing(_connect(url)) as connection:
        connection.connect()
        open_socket = connection.sock
        response = _ask(connection, url, token)
        open_socket.settimeout(None)  # who takes from the queue waits only so long
        arrivals: Arrivals = Queue()
        thread = Thread(target=_read, args=(response, arrivals), daemon=True)
        thread.start()
        try:
            yield response, arrivals
        finally:
            with suppress(OSError):
                open_socket.shutdown(SHUT_RDWR)  # the thread waits no longer
            thread.join()
            response.close()


def _read(response: HTTPResponse, arrivals: Arrivals) -> None:
    """To the end, which is infinitely late."""
    with suppress(OSError, HTTPException, ValueError):
        while response.read1():
            arrivals.put(time.monotonic())
    arrivals.put(inf)


def _connect(url: str) -> HTTPConnection:
    address = urlsplit(url)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    return kind(address.hostname or "", address.port, timeout=PATIENCE_S)


def _ask(connection: HTTPConnection, url: str, token: str) -> HTTPResponse:
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, br"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    path = urlsplit(url).path.rstrip("/")
    connection.request("GET", f"{path}/api/live?view=", headers=headers)
    return connection.getresponse()


def _refusal(response: HTTPResponse) -> Finding | None:
    """None: it is a stream."""
    if response.status != 200:
        to = response.headers.get("Location")
        advice = f"give the address it leads to: {to}" if to else _ADVICE.get(response.status, "")
        text = f"it was answered {response.status}"
        return Finding("fail", "stream", f"{text}; {advice or 'see the log of the proxy'}")
    if response.headers.get_content_type() != "text/event-stream":
        text = f"it is {response.headers.get_content_type()}; give the address of the page"
        return Finding("fail", "stream", text)
    return None


def _encoding(response: HTTPResponse) -> Finding:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        text = f"compressed by {encoding}, which may hold events back; NGINX: gzip off"
        return Finding("fail", "stream encoding", text)
    return Finding("ok", "stream encoding", "not compressed")


def _first(after: float) -> Finding:
    if after == inf:
        return Finding("fail", "stream", "it ended at once; see the log of the proxy")
    if after > SOON_S:
        return Finding("fail", "stream", f"first bytes after {after:.1f} s; {_UNBUFFER}")
    return Finding("ok", "stream", f"first bytes after {after * 1000:.0f} ms")


def _later(arrivals: Arrivals, first: float, url: str, token: str) -> Finding:
    """Whether what is sent later comes later: at least the number of viewers, which changes."""
    time.sleep(APART_S)
    with _stream(url, token):
        latest = first
        while latest - first < APART_S:
            latest = arrivals.get(timeout=PATIENCE_S)
    if latest == inf:
        text = f"it was cut within {PATIENCE_S:g} s; NGINX: proxy_read_timeout 1h"
        return Finding("fail", "stream", text)
    text = f"further bytes came by themselves, {latest - first:.1f} s later"
    return Finding("ok", "stream frames", text)
