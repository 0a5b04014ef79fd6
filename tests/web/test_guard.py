"""Who may do what: a table of visitors and addresses, and how each is refused."""

import pytest
from django.test import Client
from pytest_django import Settings

from logwatcher import urls
from logwatcher.store import token, user
from logwatcher.store.models import Head
from logwatcher.store.user import Role
from logwatcher.web import access, guard
from logwatcher.web.guard import Credentials
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
HTMX = {"HX-Request": "true"}
LOOK = ["/", "/api/series", "/api/summary", "/api/endpoints", "/api/requests", "/api/traffic"]
INSPECT = ["/settings", "/settings/sources", "/api/sources"]
PATTERNS = [
    f"/{pattern.pattern}".replace("<int:request_id>", "1")
    for pattern in urls.urlpatterns
    if pattern.name != access.OPEN
]


@pytest.fixture(autouse=True)
def head(transactional_db: None) -> None:
    Head.objects.get_or_create(pk=1)


def enter(role: Role, name: str = "") -> Client:
    """A browser in which a new user of this role has logged in."""
    client = Client()
    client.force_login(user.create(name or f"a-{role}", PASSWORD, role))
    return client


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def change_traffic(client: Client, **headers: str) -> list[int]:
    """What the form and the API answer."""
    form = client.post("/traffic", {"rate": "2"}, headers=headers)
    api = client.put(
        "/api/traffic", '{"rate": 3}', content_type="application/json", headers=headers
    )
    return [form.status_code, api.status_code]


def make_token(client: Client) -> int:
    return client.post("/settings", {"source": "shop"}).status_code


def test_without_users_this_machine_may_do_all(client: Client) -> None:
    for address in LOOK + INSPECT:
        assert client.get(address).status_code == 200
    assert change_traffic(client) == [200, 200]
    assert make_token(client) == 200
    assert 'id="traffic"' in client.get("/").text


@pytest.mark.parametrize("address", PATTERNS)
def test_with_users_every_address_takes_a_login(client: Client, address: str) -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    for htmx in ({}, HTMX):
        for method in ("GET", "POST", "PUT", "HEAD"):
            response = client.generic(method, address, headers=htmx)
            assert response.status_code in (401, 302), (method, htmx)
            is_page = not htmx and method in ("GET", "HEAD") and "/api/" not in address
            assert (response.status_code == 302) == is_page
            assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("address", PATTERNS)
def test_no_answer_is_kept_by_anyone(client: Client, address: str) -> None:
    for method in ("GET", "POST", "PUT"):
        response = client.generic(method, address)
        assert response.headers["Cache-Control"] == "no-store", (method, response.status_code)


def test_elsewhere_than_on_this_machine_nobody_comes_in_without_users(
    client: Client, settings: Settings
) -> None:
    settings.IS_LOCAL = False
    assert client.get("/").status_code == 302
    assert client.get("/api/series").status_code == 401
    assert "user add" in client.get("/login").text


@pytest.mark.parametrize(
    ("role", "changes", "tokens"),
    [(Role.VIEWER, 403, 403), (Role.OPERATOR, 200, 200), (Role.ADMIN, 200, 200)],
)
def test_a_role_may_do_what_it_says(role: Role, changes: int, tokens: int) -> None:
    client = enter(role)
    for address in LOOK + INSPECT:
        assert client.get(address).status_code == 200
    assert change_traffic(client) == [changes, changes]
    assert make_token(client) == tokens
    offers_controls = changes == 200
    assert ('id="traffic"' in client.get("/").text) == offers_controls
    assert ('id="tokens"' in client.get("/settings").text) == offers_controls


@pytest.mark.parametrize("has_users", [True, False])
def test_where_all_may_view_they_may_nothing_more(
    client: Client, settings: Settings, has_users: bool
) -> None:
    settings.IS_PUBLIC = True
    if has_users:
        user.create("ada", PASSWORD, Role.ADMIN)
    for address in LOOK:
        assert client.get(address).status_code == 200
    page = client.get("/").text
    assert 'id="traffic"' not in page
    assert 'href="settings"' not in page
    assert ('id="log-in"' in page) == has_users
    assert client.get("/settings").status_code == 302
    assert client.get("/api/sources").status_code == 401
    assert change_traffic(client) == [401, 401]
    assert make_token(client) == 401


def test_where_all_may_view_an_operator_may_more(settings: Settings) -> None:
    settings.IS_PUBLIC = True
    client = enter(Role.OPERATOR)
    assert change_traffic(client) == [200, 200]
    assert client.get("/settings").status_code == 200


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/", "./login"),
        ("/?range=1h&status=5xx", "./login?next=%3Frange%3D1h%26status%3D5xx"),
        ("/settings", "./login?next=settings"),
        ("/requests/7", "../login?next=requests%2F7"),
    ],
)
def test_the_way_to_the_login_leads_back(client: Client, address: str, location: str) -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    assert client.get(address).headers["Location"] == location


def test_a_part_of_a_page_is_not_answered_by_the_login_page(client: Client) -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    response = client.get("/", headers=HTMX)
    assert response.status_code == 401
    assert response.headers["Content-Type"].startswith("text/plain")
    refused = enter(Role.VIEWER).post("/traffic", {"rate": "2"}, headers=HTMX)
    assert refused.status_code == 403
    assert "operator" in refused.text


def test_a_token_that_reads_reads_the_api_and_nothing_else(client: Client) -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    token_id, text = token.create("", "a script", token.READ)
    for address in (*LOOK[1:], "/api/sources", "/api/openapi.json"):
        assert client.get(address, headers=bearer(text)).status_code == 200
    assert client.get("/", headers=bearer(text)).status_code == 302
    assert client.get("/settings", headers=bearer(text)).status_code == 302
    assert change_traffic(client, **bearer(text)) == [401, 403]
    token.revoke(token_id)
    response = client.get("/api/series", headers=bearer(text))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_that_writes_does_not_read_nor_the_other_way_round(
    client: Client, settings: Settings
) -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    _, writes = token.create("shop")
    reader_id, reads = token.create("", scope=token.READ)
    wrong = reads[:-1] + ("a" if reads[-1] != "a" else "b")
    for is_public in (False, True):
        settings.IS_PUBLIC = is_public
        for text in (writes, wrong, "", "lw.1", "lw.x.y"):
            assert client.get("/api/series", headers=bearer(text)).status_code == 401
    assert reader_id not in token.grants()


def test_a_proxys_own_login_is_none_of_ours(client: Client, settings: Settings) -> None:
    settings.IS_PUBLIC = True
    assert client.get("/api/series", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_who_is_removed_or_gets_another_password_is_out() -> None:
    client = enter(Role.VIEWER, "ada")
    bob = enter(Role.ADMIN, "bob")
    assert client.get("/api/series").status_code == 200
    user.set_password(user.find("ada"), f"{PASSWORD}-2")
    assert client.get("/api/series").status_code == 401
    user.find("bob").delete()
    assert bob.get("/api/series").status_code == 401


def test_the_stream_is_for_whom_the_page_is(settings: Settings) -> None:
    nobody = Credentials()
    assert guard.who_may_stream([nobody]) == {nobody}
    ada = Credentials(enter(Role.VIEWER, "ada").cookies[settings.SESSION_COOKIE_NAME].value)
    reader = Credentials("", f"Bearer {token.create('', scope=token.READ)[1]}")
    writer = Credentials("", f"Bearer {token.create('shop')[1]}")
    strangers = [nobody, writer, Credentials("x" * 32), Credentials("", "Bearer lw.1.x")]
    assert guard.who_may_stream([ada, reader, *strangers]) == {ada, reader}
    user.set_password(user.find("ada"), f"{PASSWORD}-2")
    assert guard.who_may_stream([ada, reader, *strangers]) == {reader}
    settings.IS_PUBLIC = True
    assert nobody in guard.who_may_stream([nobody])


def test_credentials_are_read_from_the_headers_of_a_stream() -> None:
    headers = {b"cookie": b"a=b; logwatcher_session=key; c=d", b"authorization": b"Bearer x"}
    assert guard.credentials(headers) == Credentials("key", "Bearer x")
    assert guard.credentials({}) == Credentials()
    assert guard.credentials({b"cookie": b"\xff\xfe;;="}).session == ""


def test_figures_about_the_process_take_what_settings_take_or_a_token_that_reads() -> None:
    nobody = Credentials()
    assert guard.may_have_metrics(nobody)
    user.create("ada", PASSWORD, Role.VIEWER)
    session = enter(Role.VIEWER, "bob").cookies["logwatcher_session"].value
    reads, writes = token.create("", "", token.READ)[1], token.create("shop")[1]
    assert not guard.may_have_metrics(nobody)
    assert guard.may_have_metrics(Credentials(session))
    assert guard.may_have_metrics(Credentials("", f"Bearer {reads}"))
    assert not guard.may_have_metrics(Credentials("", f"Bearer {writes}"))


def test_who_may_only_look_has_no_figures_about_the_process(settings: Settings) -> None:
    settings.IS_PUBLIC = True
    assert not guard.may_have_metrics(Credentials())
