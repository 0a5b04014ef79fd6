"""The shop's pages, and logwatcher's below them."""

from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@login_not_required
def book(request: HttpRequest, id: int) -> HttpResponse:  # noqa: A002
    """A page of the shop."""
    return HttpResponse(f"book {id}", status=200 if id < 1000 else 404)


@login_not_required
def boom(request: HttpRequest) -> HttpResponse:
    """Fails."""
    raise ZeroDivisionError("a secret")


@csrf_exempt
@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """By name and password."""
    user = authenticate(request, username=request.GET["name"], password=request.GET["name"])
    if user is None:
        return HttpResponse("who?", status=403)
    login(request, user)
    return HttpResponse("in")


def with_a_key(request: HttpRequest) -> bool:
    """A predicate of the project's own."""
    return request.COOKIES.get("key") == "book"


async def never_awaited(request: HttpRequest) -> bool:
    """What must not let anybody in."""
    return True


urlpatterns = [
    path("shop/<int:id>/", book),
    path("boom", boom),
    path("sign-in", sign_in),
    path("inside/logwatcher/", include("logwatcher.urls")),
]
