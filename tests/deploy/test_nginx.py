"""The NGINX configuration that is delivered, with a real NGINX in front of a real server."""

import gzip
import http.client
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest

from logwatcher.receiver import events, otlp
from logwatcher.web.bundle import FOR_EVER
from tests.deploy import site
from tests.deploy.http2 import Connection
from tests.deploy.site import READ_TIMEOUT_S, USER_HEADER, Site
from tests.factories import PASSWORD
from tests.stream.sse import Stream

SOON_S = 10
"""Far more than an answer takes, and far less than one that waits for a buffer to fill."""
Answer = http.client.HTTPResponse
elsewhere = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 to call from"
)


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with site.running() as found:
        yield found


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes = b"",
    **headers: str,
) -> tuple[Answer, bytes]:
    """What is answered, and its body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body or None, named)
    answer = connection.getresponse()
    return answer, answer.read()


def only(answer: Answer, name: str) -> str:
    """A header that must be there once."""
    (value,) = answer.headers.get_all(name) or ["missing"]
    return value


def newer(stream: Stream, than: str) -> dict[str, str]:
    """The text of the next frame of another revision."""
    while (fields := stream.block()) is not None:
        if fields.get("event") == "frame" and fields["id"] != than:
            return fields
    raise EOFError


class Visitor:
    """Somebody with a browser: cookies, and where requests come from."""

    def __init__(self, running: Site, client: str = "127.0.0.1") -> None:
        self.connection: http.client.HTTPConnection = running.connect(client)
        self.cookies: SimpleCookie = SimpleCookie()
        self.origin = running.url

    def ask(self, method: str, path: str, **more: str) -> tuple[Answer, bytes]:
        cookie = "; ".join(f"{name}={of.value}" for name, of in self.cookies.items())
        body = more.pop("body", "").encode()
        headers = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie, **more}
        answer, text = ask(self.connection, method, path, body, **headers)
        for line in answer.headers.get_all("Set-Cookie") or []:
            assert ("Secure" in line) is self.origin.startswith("https")
            self.cookies.load(line)
        return answer, text

    def log_in(self, password: str = PASSWORD, **more: str) -> Answer:
        """By the form."""
        _, page = self.ask("GET", "/login")
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        fields = {"username": "ada", "password": password, "csrfmiddlewaretoken": token[1].decode()}
        headers = {"Origin": self.origin, **more}
        return self.ask("POST", "/login", body=urlencode(fields), **headers)[0]


def test_plain_http_leads_to_https(running: Site) -> None:
    connection = http.client.HTTPConnection(urlsplit(running.plain_url).netloc, timeout=20)
    answer, _ = ask(connection, "GET", "/settings?a=b")
    connection.close()
    assert answer.status == 308
    assert answer.headers["Location"] == "https://127.0.0.1/settings?a=b"


def test_a_login_works_behind_it_and_a_strangers_form_does_not(running: Site) -> None:
    visitor = Visitor(running)
    assert visitor.ask("GET", "/")[0].status == 302
    assert visitor.log_in(Origin="https://evil.example").status == 403
    assert visitor.log_in().headers["Location"] == "./"
    assert set(visitor.cookies) == {"csrftoken", "logwatcher_session"}
    answer, page = visitor.ask("GET", "/", Accept_Encoding="gzip")
    assert answer.status == 200
    assert b"</html>" in gzip.decompress(page)
    assert visitor.ask("GET", "/", Host="evil.example")[0].status == 400
    visitor.connection.close()


def test_every_answer_has_its_security_headers_once(running: Site) -> None:
    connection = running.connect()
    found = {
        path: ask(connection, "GET", path)[0]
        for path in ("/login", "/api/series", "/api/live?view=", "/api/events", "/v1/traces")
    }
    connection.close()
    for path, answer in found.items():
        assert only(answer, "Strict-Transport-Security") == "max-age=31536000", path
        assert only(answer, "X-Content-Type-Options") == "nosniff", path
        assert only(answer, "Server") == "nginx", path
    page = found["/login"]
    assert only(page, "X-Frame-Options") == "DENY"
    assert only(page, "Referrer-Policy") == "same-origin"
    assert only(page, "Cross-Origin-Opener-Policy") == "same-origin"
    assert only(page, "Content-Security-Policy").startswith("default-src 'none'")


def test_the_bundle_is_kept_for_a_year(running: Site) -> None:
    connection = running.connect()
    _, page = ask(connection, "GET", "/login")
    names = re.findall(rb'(?:src|href)="(?:\./)?(static/[^"]+)"', page)
    assert names
    for name in names:
        answer, content = ask(connection, "GET", f"/{name.decode()}", Accept_Encoding="gzip")
        assert answer.status == 200
        assert only(answer, "Cache-Control") == FOR_EVER
        assert only(answer, "Content-Encoding") == "gzip"
        assert gzip.decompress(content)
    connection.close()


def test_a_stream_begins_at_once_and_its_frames_pass_as_they_were_sent(running: Site) -> None:
    began = time.monotonic()
    with (
        running.stream() as passed,
        Stream(running.server.url, token=running.reader, timeout=30) as sent,
    ):
        assert "retry" in (passed.block() or {})
        assert time.monotonic() - began < SOON_S
        assert only(passed.response, "Content-Type") == "text/event-stream; charset=utf-8"
        assert passed.response.headers["Content-Encoding"] is None
        last = passed.next().id, sent.next().id
        for _ in range(3):
            began = time.monotonic()
            running.send_request()
            frames = newer(passed, last[0]), newer(sent, last[1])
            assert time.monotonic() - began < SOON_S
            assert frames[0] == frames[1]
            last = frames[0]["id"], frames[1]["id"]


def test_a_stream_in_which_nothing_happens_stays(running: Site) -> None:
    with running.stream() as stream:
        stream.next()
        began = time.monotonic()
        while time.monotonic() - began < READ_TIMEOUT_S + 1:
            stream.next("heartbeat")


def test_eight_streams_pass_over_http_1(running: Site) -> None:
    with ExitStack() as streams:
        all_ = [streams.enter_context(running.stream()) for _ in range(8)]
        last = [stream.next().id for stream in all_]
        running.send_request()
        for stream, than in zip(all_, last, strict=True):
            newer(stream, than)


def test_fifty_streams_pass_over_one_connection_of_http_2(running: Site) -> None:
    headers = {"authorization": f"Bearer {running.reader}"}
    with Connection(running.url, running.new_tls()) as connection:
        numbers = [connection.get("/api/live?view=", headers) for _ in range(50)]

        def have(revisions: int) -> bool:
            texts = [connection.received[number] for number in numbers]
            return all(len(set(re.findall(rb"^id: .+$", of, re.M))) >= revisions for of in texts)

        connection.read_until(lambda: have(1))
        running.send_request()
        connection.read_until(lambda: have(2))


@elsewhere
@pytest.mark.parametrize(
    ("path", "content_type", "most"),
    [
        ("/api/events", "application/json", events.MAX_BODY),
        ("/v1/traces", "application/x-protobuf", otlp.MAX_PROTOBUF),
        ("/login", "application/x-www-form-urlencoded", 64 << 10),
    ],
)
def test_a_body_may_be_as_large_as_the_server_takes_it_and_no_larger(
    running: Site, path: str, content_type: str, most: int
) -> None:
    headers = {"Content_Type": content_type, "Authorization": f"Bearer {running.source.token}"}
    found = []
    for size in (most, most + 1):
        connection = running.connect("127.0.0.2")
        found.append(ask(connection, "POST", path, b" " * size, **headers))
        connection.close()
    assert b"<center>nginx" not in found[0][1]  # the server has read it, and found it nonsense
    assert found[1][0].status == 413
    assert b"<center>nginx" in found[1][1]


@elsewhere
@pytest.mark.parametrize(("path", "burst"), [("/login", 20), ("/api/events", 200)])
def test_whoever_asks_too_fast_is_told_so_and_nobody_else(
    running: Site, path: str, burst: int
) -> None:
    connection = running.connect("127.0.0.3")
    passed = 0
    while (answer := ask(connection, "POST", path)[0]).status != 429:
        assert answer.status in (401, 403)
        passed += 1
        assert passed < 3 * burst
    connection.close()
    assert passed > burst
    other = running.connect("127.0.0.4")
    assert ask(other, "POST", path)[0].status in (401, 403)
    other.close()


@pytest.mark.parametrize("path", ["/", "/settings", "/api/traffic", "/api/live?view=", "/metrics"])
def test_nobody_says_who_they_are(running: Site, path: str) -> None:
    """The server would believe it from here: it is told to, and this machine is trusted."""
    for name in (USER_HEADER, "X_Forwarded_User", "X-Logwatcher-User"):
        with closing(running.connect()) as connection:
            connection.request("GET", path, headers={name: "ada"})
            assert connection.getresponse().status in (302, 401), name


@elsewhere
def test_a_login_is_logged_with_the_address_it_came_from_whatever_it_claims(running: Site) -> None:
    visitor = Visitor(running, "127.0.0.5")
    assert visitor.log_in("wrong", X_Forwarded_For="203.0.113.9").status == 200
    visitor.connection.close()
    assert running.has_said("somebody at 127.0.0.5 failed to log in as 'ada'")


@elsewhere
def test_the_server_believes_such_a_claim_of_nobody_but_the_proxy(running: Site) -> None:
    address = urlsplit(running.server.url).netloc
    visitor = Visitor(running)
    visitor.connection.close()
    visitor.connection = http.client.HTTPConnection(address, source_address=("127.0.0.6", 0))
    claims = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
    visitor.origin = running.server.url
    assert visitor.log_in("wrong", **claims).status == 200
    visitor.connection.close()
    assert running.has_said("somebody at 127.0.0.6 failed")
    assert "203.0.113.9" not in running.server.output
