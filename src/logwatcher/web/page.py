"""The page, its fragment, a request's detail and the controls' form."""

import sys
import time
from typing import Any

from django import forms
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from logwatcher.core.view import View, ViewError, parse
from logwatcher.sources.scenarios import SCENARIOS
from logwatcher.store import reader, traffic
from logwatcher.store.database import READER
from logwatcher.store.traffic import MAX_RATE, MAX_SEED, MIN_RATE, Changes
from logwatcher.web import audit, card, source
from logwatcher.web.place import below_page
from logwatcher.web.series import series
from logwatcher.web.template import render


class TrafficForm(forms.Form):
    """The wanted state of the mock traffic; each field by itself, nothing else changes."""

    running = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], required=False)
    rate = forms.FloatField(min_value=MIN_RATE, max_value=MAX_RATE, required=False)
    scenario = forms.ChoiceField(
        choices=[(key, key) for key in SCENARIOS],
        required=False,
        error_messages={
            "invalid_choice": f"unknown %(value)r; choose one of: {', '.join(SCENARIOS)}"
        },
    )
    seed = forms.IntegerField(min_value=0, max_value=MAX_SEED, required=False)

    def changes(self) -> Changes:
        """What is to be changed. Starting sets the time when it stops by itself."""
        changes = Changes()
        if running := self.cleaned_data["running"]:
            changes["is_running"] = running == "on"
            changes["stop_at_us"] = stop_time_us() if running == "on" else None
        if rate := self.cleaned_data["rate"]:
            changes["rate"] = rate
        if scenario := self.cleaned_data["scenario"]:
            changes["scenario"] = scenario
        if (seed := self.cleaned_data["seed"]) is not None:
            changes["seed"] = seed
        return changes


def stop_time_us() -> int | None:
    """When traffic that is started now stops by itself, µs; None: never."""
    minutes = settings.TRAFFIC_MINUTES
    return int((time.time() + 60 * minutes) * 1e6) if minutes else None


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The whole page, or for HTMX the fragment that goes into ``#view``."""
    try:
        view = parse(request.GET.dict())
    except ViewError as error:
        return problem(request, 400, "This address can't be shown", str(error))
    context = _context(view)
    is_history = request.headers.get("HX-History-Restore-Request") == "true"
    template = "view" if is_htmx(request) and not is_history else "page"
    response = render(request, f"logwatcher/{template}.html", context)
    response.headers["Vary"] = "HX-Request"
    return response


@require_safe
def request_detail(request: HttpRequest, request_id: int) -> HttpResponse:
    """All that one request has: for HTMX the dialog's content, else a page of its own."""
    row = reader.request(request_id)
    if row is None:
        text = (
            f"There is none with the number {request_id}, or it is too old and not kept any more."
        )
        return problem(request, 404, "No such request", text)
    template = "request" if is_htmx(request) else "request_page"
    response = render(request, f"logwatcher/{template}.html", {"row": card.request_row(row)})
    response.headers["Vary"] = "HX-Request"
    return response


@require_POST
def change_traffic(request: HttpRequest) -> HttpResponse:
    """Change the wanted state and answer with the controls as they are then."""
    if not getattr(settings, "HAS_MOCK_TRAFFIC", False):
        return problem(request, 404, "There is no mock traffic here", "This server follows a log.")
    form = TrafficForm(request.POST)
    if not form.is_valid():
        text = "; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items())
        return problem(request, 400, "The traffic was not changed", text)
    context = card.traffic(traffic.change(**form.changes()))
    audit.log(request, f"changed the mock traffic: {', '.join(form.changed_data) or 'nothing'}")
    return render(request, "logwatcher/cards/traffic.html", context)


def problem(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    """An error as a page, for HTMX as one line of text, for the API as JSON."""
    if below_page(request).startswith("api/"):
        return JsonResponse({"error": f"{title}. {message}"}, status=status)
    if is_htmx(request):
        return HttpResponse(f"{title}. {message}", "text/plain; charset=utf-8", status)
    context = {"status": status, "title": title, "message": message}
    return render(request, "logwatcher/error.html", context, status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: above all a host name that is not allowed."""
    message = "If the page is asked for by this name, add it to LOGWATCHER_ALLOWED_HOSTS."
    return problem(request, 400, "The request can't be answered", message)


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What the check against forged requests answers."""
    return problem(request, 403, "That was not allowed", "Reload the page, and try again.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return problem(request, 404, "There is nothing here", "The address may be mistyped.")


def broken(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a database that is away, or a bug; the log says which."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        message = "It is asked again with the next request."
        return problem(request, 503, "The database doesn't answer", message)
    return problem(request, 500, "Something is broken here", "The server's log says what.")


def is_htmx(request: HttpRequest) -> bool:
    """Whether a part of a page is asked for."""
    return request.headers.get("HX-Request") == "true"


def _context(view: View) -> dict[str, Any]:  # Any: what templates read
    with reader.snapshot():
        window = reader.window(view, time.time())
        by_endpoint = reader.endpoints(view, window)
        return {
            "view": view,
            "filters": card.filters(view, window),
            "series": series(view, window, reader.head()),
            **card.tiles(view, window, by_endpoint),
            **source.menu(view),
            **source.alerts(view),
            "kept": card.limits(view, window),
            **card.traffic(traffic.wanted(READER)),
            "endpoints": card.endpoints(view, window, by_endpoint),
            "requests": card.requests(view, window),
        }
