"""The page of the users: for admins alone, who can't lock themselves out."""

import pytest
from django.test import Client

from logwatcher.store import user
from logwatcher.store.models import Head
from logwatcher.store.user import Role
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture(autouse=True)
def admin(transactional_db: None, client: Client) -> None:
    Head.objects.get_or_create(pk=1)
    client.force_login(user.create("ada", PASSWORD, Role.ADMIN))


def send(client: Client, do: str, name: str, role: str = "", password: str = "") -> str:
    fields = {"do": do, "name": name, "role": role, "password": password}
    response = client.post("/settings/users", fields)
    assert response.status_code == 200
    return response.text.replace("&#x27;", "'")


def roles() -> dict[str, str]:
    return {row.username: str(user.role(row)) for row in user.rows()}


def test_an_admin_adds_changes_and_removes_users(client: Client) -> None:
    assert "is added" in send(client, "add", "otto", "operator", PASSWORD)
    assert roles() == {"ada": "admin", "otto": "operator"}
    assert Client().post("/login", {"username": "otto", "password": PASSWORD}).status_code == 302
    assert "is viewer now" in send(client, "role", "otto", "viewer")
    assert roles()["otto"] == "viewer"
    assert "is removed" in send(client, "remove", "otto")
    assert roles() == {"ada": "admin"}


def test_nobody_locks_themselves_out(client: Client) -> None:
    for do in ("role", "remove"):
        assert "You can't change your own role" in send(client, do, "ada", "viewer")
    assert roles() == {"ada": "admin"}


@pytest.mark.parametrize(
    ("do", "name", "role", "password", "reason"),
    [
        ("add", "ada", "viewer", PASSWORD, "already exists"),
        ("add", "bob", "viewer", "short", "too short"),
        ("add", "bob", "king", PASSWORD, "king is not one of"),
        ("add", "", "viewer", PASSWORD, "name: This field is required"),
        ("remove", "bob", "", "", "no such user"),
        ("grow", "bob", "", "", "do: "),
    ],
)
def test_what_is_refused_says_why(
    client: Client, do: str, name: str, role: str, password: str, reason: str
) -> None:
    assert reason in send(client, do, name, role, password)
    assert roles() == {"ada": "admin"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_others_have_nothing_to_do_with_users(role: Role) -> None:
    client = Client()
    client.force_login(user.create("bob", PASSWORD, role))
    for method in ("GET", "POST"):
        assert client.generic(method, "/settings/users").status_code == 403
    assert "settings/users" not in client.get("/").text
    assert Client().get("/settings/users").headers["Location"] == ("../login?next=settings%2Fusers")
    assert Client().post("/settings/users", {"do": "remove", "name": "ada"}).status_code == 401


def test_without_users_none_is_made_on_the_page() -> None:
    user.find("ada").delete()
    assert Client().get("/settings/users").status_code in (302, 403)
    fields = {"do": "add", "name": "eve", "role": "admin", "password": PASSWORD}
    assert Client().post("/settings/users", fields).status_code in (401, 403)
    assert roles() == {}


def test_changes_need_the_pages_own_proof() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user.find("ada"))
    fields = {"do": "add", "name": "eve", "role": "admin", "password": PASSWORD}
    assert client.post("/settings/users", fields).status_code == 403
    assert roles() == {"ada": "admin"}
