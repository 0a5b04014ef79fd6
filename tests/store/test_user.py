"""Users: added with a good password only, each with a role."""

import pytest
from django.core.exceptions import ValidationError

from logwatcher.store import user
from logwatcher.store.user import Role
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_a_user_has_the_role_given(role: Role) -> None:
    assert not user.exists()
    created = user.create("ada", PASSWORD, role)
    assert user.exists()
    assert user.role(created) is role
    assert user.role(user.find("ada")) is role
    assert user.find("ada").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("ada", PASSWORD, "already exists"),
        ("", PASSWORD, "cannot be blank"),
        ("a b", PASSWORD, "valid username"),
        ("x" * 151, PASSWORD, "150"),
        ("bob", "x7", "too short"),
        ("bob", "password123", "too common"),
        ("bob", "28374659203847", "numeric"),
        ("robert-the-first", "robert-the-first1", "similar"),
    ],
)
def test_what_is_refused_says_why(name: str, password: str, reason: str) -> None:
    user.create("ada", PASSWORD, Role.VIEWER)
    with pytest.raises(ValidationError) as error:
        user.create(name, password, Role.ADMIN)
    assert reason in user.reasons(error.value)
    assert [row.username for row in user.rows()] == ["ada"]


def test_role_and_password_can_be_changed() -> None:
    ada = user.create("ada", PASSWORD, Role.ADMIN)
    user.set_role(ada, Role.VIEWER)
    user.set_password(ada, f"{PASSWORD}-2")
    assert user.role(user.find("ada")) is Role.VIEWER
    assert user.find("ada").check_password(f"{PASSWORD}-2")


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(user.NoSuchUser):
        user.find("nobody")
