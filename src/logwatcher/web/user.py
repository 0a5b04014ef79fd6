"""The page of the users, for admins: who may log in, and what each may do."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from logwatcher.store import user as store_user
from logwatcher.store.user import MAX_NAME, NoSuchUser, Role
from logwatcher.web import audit
from logwatcher.web.template import render
from logwatcher.web.visitor import visitor_of

MAX_PASSWORD = 1000


class UserForm(forms.Form):
    """What is to be done with the user of this name."""

    do = forms.ChoiceField(choices=[(name, name) for name in ("add", "role", "remove")])
    name = forms.CharField(max_length=MAX_NAME)
    role = forms.ChoiceField(choices=[(role, role) for role in Role], required=False)
    password = forms.CharField(max_length=MAX_PASSWORD, required=False, strip=False)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; a POST changes one user."""
    if request.method != "POST":
        return _page(request)
    form = UserForm(request.POST)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        return _page(request, problem=f"{name}: {errors[0]}")
    try:
        told = _change(request, **form.cleaned_data)
    except ValidationError as error:
        return _page(request, problem=store_user.reasons(error), name=form.cleaned_data["name"])
    except NoSuchUser:
        return _page(request, problem="There is no such user any more.")
    return _page(request, told=told)


def _change(request: HttpRequest, do: str, name: str, role: str, password: str) -> str:
    """Do it and say so. Raises ValidationError and NoSuchUser."""
    if do == "add":
        of = Role(role or Role.VIEWER)
        store_user.create(name, password, of)
        audit.log(request, f"added the {of} %s", name)
        return f"{name} is added, as {of}."
    found = store_user.find(name)
    if found.get_username() == visitor_of(request).name:
        raise ValidationError("You can't change your own role, nor remove yourself.")
    if do == "remove":
        found.delete()
        audit.log(request, "removed the user %s", name)
        return f"{name} is removed."
    of = Role(role or Role.VIEWER)
    store_user.set_role(found, of)
    audit.log(request, f"made a {of} of %s", name)
    return f"{name} is {of} now."


def _page(request: HttpRequest, **more: str) -> HttpResponse:
    own = visitor_of(request).name
    rows: list[dict[str, Any]] = [  # Any: what templates read
        {
            "name": row.get_username(),
            "role": str(store_user.role(row)),
            "seen": f"{row.last_login:%Y-%m-%dT%H:%M:%SZ}" if row.last_login else "",
            "is_self": row.get_username() == own,
        }
        for row in store_user.rows()
    ]
    values = {"users": rows, "roles": [str(role) for role in Role], **more}
    return render(request, "logwatcher/users.html", values)
