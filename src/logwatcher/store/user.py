"""The users of a server of its own: Django's, with a role each. In a project nothing uses this."""

from enum import StrEnum

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

MAX_NAME = 150
"""Characters; Django's own bound."""


class Role(StrEnum):
    """What a user may do; each may also do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class NoSuchUser(Exception):
    """There is none of this name."""


def exists() -> bool:
    """Whether there is any, whatever its role: from then on a login is needed."""
    return User.objects.exists()


def rows() -> list[User]:
    """All of them, by name."""
    return list(User.objects.order_by("username"))


def role(user: User) -> Role:
    """By Django's own flags, so that it needs no table: staff control, superusers manage."""
    if user.is_superuser:
        return Role.ADMIN
    return Role.OPERATOR if user.is_staff else Role.VIEWER


def forwarded_role(name: str) -> Role | None:
    """The role of whom a proxy has signed in: a viewer unless added as more; None: locked out."""
    found = User.objects.filter(username=name).first()
    if found is None:
        return Role.VIEWER
    return role(found) if found.is_active else None


def check_name(name: str) -> User:
    """A user of this name, not saved yet. Raises ValidationError: it is taken, or can't be used."""
    user = User(username=User.normalize_username(name))
    user.full_clean(exclude=["password"])
    return user


def create(name: str, password: str, of: Role) -> User:
    """Add one.

    Raises:
        ValidationError: the name is taken or can't be used, or the password is too weak.
    """
    user = check_name(name)
    _set_role(user, of)
    set_password(user, password)
    return user


def find(name: str) -> User:
    """The one of this name. Raises NoSuchUser."""
    try:
        return User.objects.get(username=User.normalize_username(name))
    except User.DoesNotExist:
        raise NoSuchUser(name) from None


def set_password(user: User, password: str) -> None:
    """Save it, which ends the user's sessions. Raises ValidationError if it is too weak."""
    validate_password(password, user)
    user.set_password(password)
    user.save()


def set_role(user: User, of: Role) -> None:
    """Save it; it holds from the user's next request on."""
    _set_role(user, of)
    user.save()


def reasons(error: ValidationError) -> str:
    """Why it was refused, on one line."""
    return " ".join(error.messages)


def _set_role(user: User, of: Role) -> None:
    user.is_staff = of is not Role.VIEWER
    user.is_superuser = of is Role.ADMIN
