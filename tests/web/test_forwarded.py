"""A proxy's word is taken from the proxy, once, and from nobody else."""

import asyncio
import http.client
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from logwatcher.web.forwarded import OURS, Forwarded
from tests.server import Server

pytestmark = pytest.mark.sqlite

HEADER = "X-Forwarded-User"
PROXIES = ["10.0.0.7", "10.1.0.0/16", "fd00::/8"]
NAMES = [(HEADER, "ada")]
Headers = list[tuple[str, str]]


def passed(
    headers: Headers, client: object = ("10.0.0.7", 1), header: str = HEADER
) -> dict[bytes, bytes]:
    """What the app gets."""
    found: dict[bytes, bytes] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope["headers"])

    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "client": client, "headers": raw}
    asyncio.run(Forwarded(app, header, PROXIES)(scope, None, None))
    assert scope["headers"] == raw
    return found


@pytest.mark.parametrize("address", ["10.0.0.7", "10.1.2.3", "fd00::1", "::ffff:10.0.0.7"])
def test_a_proxy_names_the_user(address: str) -> None:
    assert passed([*NAMES, ("Accept", "x")], (address, 5)) == {OURS: b"ada", b"accept": b"x"}


@pytest.mark.parametrize(
    "client",
    [("10.0.0.8", 1), ("fe80::1%eth0", 1), ("127.0.0.1", 1), ("", 0), ("nowhere", 1), None],
)
def test_nobody_else_does(client: object) -> None:
    assert passed([*NAMES, ("X-Forwarded-For", "10.0.0.7")], client).keys() == {b"x-forwarded-for"}


def test_what_is_not_believed_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    forwarded = Forwarded(app, HEADER, PROXIES)
    for client in (("10.0.0.8", 1), ("10.0.0.9", 1), ("10.0.0.7", 1)):
        for names in ([], [b""], [b"ada"], [b"ada", b"eve"]):
            headers = [(HEADER.lower().encode(), name) for name in names]
            scope = {"type": "http", "client": client, "headers": headers}
            asyncio.run(forwarded(scope, None, None))
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition(", since ")[0] for line in told] == [
        "the x-forwarded-user that 10.0.0.8 sends is not believed",
        "the x-forwarded-user that 10.0.0.7 sends is not believed",
    ]
    assert "LOGWATCHER_TRUSTED_PROXIES" in told[0]


@pytest.mark.parametrize(
    "headers",
    [
        [*NAMES, (HEADER, "eve")],
        [("X_Forwarded_User", "eve")],
        [("X-Forwarded_User", "eve")],
        [("X-Logwatcher-User", "eve")],
        [("X_Logwatcher_User", "eve")],
        *([(HEADER, name)] for name in ("", " ", "a b", "ada,eve", "ada\x00", "x" * 151, 'a"b')),
        *([(HEADER, name)] for name in ("\uff41\uff44\uff41", "\U0001d41a\U0001d41d\U0001d41a")),
    ],
)
def test_what_is_no_one_name_signs_nobody_in(headers: Headers) -> None:
    assert passed(headers) == {}


def test_the_headers_other_spelling_does_not_disturb_the_right_one() -> None:
    assert passed([*NAMES, ("X_Forwarded_User", "eve"), ("X-Logwatcher-User", "eve")]) == {
        OURS: b"ada"
    }


def test_a_name_may_have_any_letters() -> None:
    assert passed([(HEADER, "zoë@example.org")]) == {OURS: b"zo%C3%AB%40example.org"}


def test_without_the_setting_nobody_is_believed() -> None:
    assert passed([*NAMES, ("X-Logwatcher-User", "eve")], header="") == {
        b"x-forwarded-user": b"ada"
    }


class Ask:
    """Sends requests to a server that has a proxy."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = urlsplit(server.url).port or 0

    def __call__(
        self, path: str, *headers: tuple[str, str], method: str = "GET"
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.putrequest(method, path)
        for header in headers:
            connection.putheader(*header)
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read(500 if path.startswith("/api/live") else None).decode()
        connection.close()
        return answer.status, text


@pytest.fixture
def ask(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("LOGWATCHER_USER_HEADER", HEADER)
    server = serve("demo", "--host", "127.0.0.1")
    for name, role in (("ada", "admin"), ("bob", "operator")):
        server.command("user", "add", name, "--role", role, typed="correct horse battery")
    return Ask(server)


def as_(name: str) -> tuple[str, str]:
    return HEADER, name


def test_a_server_knows_whom_its_proxy_has_signed_in(ask: Ask) -> None:
    for name, users in (("ada", 200), ("bob", 403), ("eve", 403)):
        status, page = ask("/", as_(name))
        assert status == 200
        assert f"User {name}" in page
        assert "Log out" not in page
        assert "Change password" not in page
        assert ask("/settings", as_(name))[0] == 200
        assert ask("/settings/users", as_(name))[0] == users
        assert ask("/password", as_(name))[0] == 302
        status, text = ask("/api/live?view=range%3D5m", as_(name))
        assert (status, text.startswith("retry: ")) == (200, True)
        assert ask("/metrics", as_(name))[0] == 200


def test_a_change_takes_the_role_and_a_page_of_ours(ask: Ask) -> None:
    token = "x" * 32
    own = ("Cookie", f"csrftoken={token}"), ("X-CSRFToken", token)
    for name, status in (("ada", 200), ("bob", 200), ("eve", 403)):
        assert ask("/traffic", as_(name), method="POST")[0] == 403
        assert ask("/traffic", as_(name), *own, ("HX-Request", "true"), method="POST")[0] == status


def test_whoever_comes_without_its_word_has_to_log_in(ask: Ask) -> None:
    for headers in (
        [],
        [as_("ada"), as_("ada")],
        [("X-Logwatcher-User", "ada")],
        [("X_Forwarded_User", "ada")],
        [as_("")],
    ):
        assert ask("/", *headers)[0] == 302
        assert ask("/api/traffic", *headers)[0] == 401
        assert ask("/api/live?view=range%3D5m", *headers)[0] == 401
        assert ask("/metrics", *headers)[0] in (401, 403)


def test_a_trailer_is_no_header(ask: Ask) -> None:
    """It comes behind a body, past a proxy that removes the header."""
    for name, value in (as_("ada"), ("Cookie", "a=b"), ("X-Forwarded-For", "192.0.2.9")):
        request = (
            "GET /settings HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            f"Connection: close\r\n\r\n1\r\nx\r\n0\r\n{name}: {value}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", ask.port)) as connection:
            connection.sendall(request.encode())
            assert connection.recv(20).startswith(b"HTTP/1.1 302 ")


def test_what_is_done_is_logged_under_the_name_that_the_proxy_says(ask: Ask) -> None:
    token = "x" * 32
    own = ("Cookie", f"csrftoken={token}"), ("X-CSRFToken", token), ("HX-Request", "true")
    assert ask("/traffic", as_("ada"), *own, method="POST")[0] == 200
    assert "ada at 127.0.0.1 " in ask.server.output


def test_an_address_that_is_no_proxys_signs_nobody_in(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_USER_HEADER", HEADER)
    monkeypatch.setenv("LOGWATCHER_TRUSTED_PROXIES", "10.0.0.7")
    server = serve("demo")
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(
        "GET", "/api/traffic", headers={HEADER: "ada", "X-Forwarded-For": "10.0.0.7"}
    )
    assert connection.getresponse().status == 401
    connection.close()


def test_with_it_others_may_be_served_before_there_is_a_user(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGWATCHER_USER_HEADER", HEADER)
    server = serve("demo", "--host", "0.0.0.0")  # noqa: S104
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=10)
    for headers, status in (({}, 302), ({HEADER: "ada"}, 200)):
        connection.request("GET", "/settings", headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
