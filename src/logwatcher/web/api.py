"""The JSON API; ``openapi.json`` beside this file describes it, and tests hold it to that."""

import json
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from logwatcher.core.query import Figures
from logwatcher.core.view import View, ViewError, parse
from logwatcher.core.window import Window, window_of
from logwatcher.sources.scenarios import SCENARIOS
from logwatcher.store import reader
from logwatcher.store import traffic as store_traffic
from logwatcher.store.models import Traffic
from logwatcher.store.reader import RequestRow
from logwatcher.store.traffic import StaleVersion
from logwatcher.web import series as view_series
from logwatcher.web.page import TrafficForm

OPENAPI = Path(__file__).parent / "openapi.json"
MAX_BODY = 10_000
MAX_REQUESTS = 200

JSON = dict[str, Any]  # Any: whatever JSON can hold


def _error(status: int, text: str, **more: Any) -> JsonResponse:  # Any: JSON
    return JsonResponse({"error": text, **more}, status=status)


def _of_view(build: Callable[[View, Window], JSON]) -> Callable[[HttpRequest], HttpResponse]:
    """A view function that answers 400 to a wrong parameter, else what ``build`` makes of it."""

    @require_GET
    @wraps(build)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            view = parse(request.GET.dict())
            with reader.snapshot():
                return JsonResponse(build(view, window_of(view, time.time())))
        except ViewError as error:
            return _error(400, str(error), parameter=error.parameter, allowed=error.allowed)

    return answer


@_of_view
def series(view: View, window: Window) -> JSON:
    """The points of the view's charts."""
    return view_series.series(view, window, reader.head())


@_of_view
def summary(view: View, window: Window) -> JSON:
    """The view's figures over the whole window, and over the one before."""
    previous = window.previous
    return {
        "from": window.start,
        "to": window.end,
        "seconds": window.seconds,
        **_figures(reader.figures(view, window)),
        "previous": {
            "from": previous.start,
            "to": previous.end,
            **_figures(reader.figures(view, previous)),
        },
    }


@_of_view
def endpoints(view: View, window: Window) -> JSON:
    """The figures of every endpoint in the window, most requests first."""
    found = reader.endpoints(view, window)
    ordered = sorted(found.items(), key=lambda item: (-item[1].requests, item[0]))
    return {
        "from": window.start,
        "to": window.end,
        "endpoints": [{**name._asdict(), **_figures(of)} for name, of in ordered],
    }


@_of_view
def requests(view: View, window: Window) -> JSON:
    """Requests, newest first; ``next`` is the ``before`` of the page that follows."""
    rows = reader.requests(view, window, MAX_REQUESTS + 1)
    page = rows[:MAX_REQUESTS]
    is_more = len(rows) > MAX_REQUESTS
    return {
        "requests": [_request(row) for row in page],
        "next": f"{page[-1].time_us}.{page[-1].id}" if is_more else None,
    }


@require_GET
def request(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request."""
    row = reader.request(request_id)
    return _error(404, "no such request") if row is None else JsonResponse(_request(row))


@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Where requests come from."""
    names, _ = reader.names_in_use()
    return JsonResponse({"sources": [{"name": name} for name in names]})


@csrf_exempt  # takes JSON only: another site's page can't send that without being allowed to
@require_http_methods(["GET", "HEAD", "PUT"])
def traffic(request: HttpRequest) -> HttpResponse:
    """The wanted state of the mock traffic; PUT changes what it is given."""
    if request.method != "PUT":
        return JsonResponse(_traffic(store_traffic.wanted("reader")))
    if not settings.HAS_MOCK_TRAFFIC:
        return _error(404, "this server makes no mock traffic; start it by: logwatcher serve")
    if request.content_type != "application/json":
        return _error(415, "send application/json")
    try:
        body = _body(request)
    except ValueError as error:
        return _error(400, str(error))
    running = {None: "", True: "on", False: "off"}[body.get("running")]
    form = TrafficForm({**body, "running": running})
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        allowed = {
            "scenario": list(SCENARIOS),
            "rate": f"{store_traffic.MIN_RATE:g} to {store_traffic.MAX_RATE:g}",
        }
        return _error(400, f"{name}: {errors[0]}", parameter=name, allowed=allowed.get(name, ""))
    changes = form.changes()
    if "seed" in body:
        changes["seed"] = body["seed"]
    try:
        changed = store_traffic.change(body.get("version"), **changes)
    except StaleVersion as stale:
        return _error(409, str(stale), traffic=_traffic(stale.traffic))
    return JsonResponse(_traffic(changed))


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of this API."""
    return HttpResponse(OPENAPI.read_bytes(), content_type="application/json")


def _body(request: HttpRequest) -> JSON:
    """The fields of a PUT, each of its type.

    Raises:
        ValueError: saying which is wrong.
    """
    if len(request.body) > MAX_BODY:
        raise ValueError(f"the body is larger than {MAX_BODY} bytes")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ValueError("the body is not an object")
    types: dict[str, tuple[type, ...]] = {
        "running": (bool,),
        "rate": (int, float),
        "scenario": (str,),
        "seed": (int,),
        "version": (int,),
    }
    for name, value in body.items():
        if name not in types:
            raise ValueError(f"{name[:40]!r}: unknown; allowed: {', '.join(types)}")
        is_bool = isinstance(value, bool)
        if not isinstance(value, types[name]) or (is_bool and name != "running"):
            raise ValueError(f"{name}: {value!r:.40} has the wrong type")
        if isinstance(value, int) and not -(1 << 62) < value < 1 << 62:
            raise ValueError(f"{name}: the number is too large")
    return body


def _figures(of: Figures) -> JSON:
    return {
        "requests": of.requests,
        "statuses": {f"{i}xx": count for i, count in enumerate(of.by_class, 1)},
        "bytes": of.bytes,
        "timed": of.timed,
        "duration": of.duration,
        "p50": of.p50,
        "p95": of.p95,
        "p99": of.p99,
    }


def _request(row: RequestRow) -> JSON:
    return {
        "id": row.id,
        "time": row.time_us / 1e6,
        "source": row.source,
        "method": row.method,
        "path": row.path,
        "route": row.route,
        "status": row.status,
        "duration": None if row.duration_us is None else row.duration_us / 1e6,
        "size": row.size,
        "error_type": row.error_type,
        "error_message": row.error_message,
    }


def _traffic(wanted: Traffic) -> JSON:
    return {
        "running": wanted.is_running,
        "rate": wanted.rate,
        "scenario": wanted.scenario,
        "scenarios": list(SCENARIOS),
        "seed": wanted.seed,
        "stop_at": None if wanted.stop_at_us is None else wanted.stop_at_us / 1e6,
        "version": wanted.version,
    }
