"""The JSON API; ``openapi.json`` beside this file describes it, and tests hold it to that."""

import json
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from logwatcher.core.query import Figures
from logwatcher.core.view import View, ViewError, parse
from logwatcher.core.window import Window
from logwatcher.sources.scenarios import SCENARIOS
from logwatcher.store import reader
from logwatcher.store import traffic as store_traffic
from logwatcher.store.database import READER
from logwatcher.store.models import Traffic
from logwatcher.store.reader import RequestRow
from logwatcher.store.traffic import MAX_RATE, MAX_SEED, MIN_RATE, Changes, StaleVersion
from logwatcher.web import audit, source
from logwatcher.web import data as stored
from logwatcher.web import series as view_series
from logwatcher.web.page import TrafficForm
from logwatcher.web.place import PAGE

OPENAPI = Path(__file__).parent / "openapi.json"
MAX_BODY = 10_000
MAX_REQUESTS = 200
MAX_NAME = 40
JSON = dict[str, Any]  # Any: whatever JSON can hold
ViewFunction = Callable[..., HttpResponse]


class Field(NamedTuple):
    """What can be PUT: JSON's types, and in words."""

    types: tuple[type, ...]
    allowed: str | list[str]


FIELDS = {
    "running": Field((bool,), "true or false"),
    "rate": Field((int, float), f"a number from {MIN_RATE:g} to {MAX_RATE:g}"),
    "scenario": Field((str,), list(SCENARIOS)),
    "seed": Field((int,), f"a whole number from 0 to {MAX_SEED}"),
    "version": Field((int,), "the version of an earlier answer"),
}


def _error(status: int, text: str, **more: Any) -> JsonResponse:  # Any: JSON
    return JsonResponse({"error": text, **more}, status=status)


def _reads(view: ViewFunction) -> ViewFunction:
    """GET and HEAD; any other method is answered 405 before it is asked for a CSRF token."""
    return csrf_exempt(require_safe(view))


def _bad_parameter(error: ViewError) -> JsonResponse:
    return _error(400, str(error), parameter=error.parameter, allowed=error.allowed)


def _of_view(build: Callable[[View, Window], JSON]) -> Callable[[HttpRequest], HttpResponse]:
    """A view function that answers 400 to a wrong parameter, else what ``build`` makes of it."""

    @_reads
    @wraps(build)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            view = parse(request.GET.dict())
            with reader.snapshot():
                return JsonResponse(build(view, reader.window(view, time.time())))
        except ViewError as error:
            return _bad_parameter(error)

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
        "kept_from": window.kept_from,
        "seconds": window.seconds,
        **_figures(reader.figures(view, window)),
        "previous": {
            "from": previous.start,
            "to": previous.end,
            "kept_from": previous.kept_from,
            "seconds": previous.seconds,
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
        "kept_from": window.kept_from,
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


@_reads
def request(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request."""
    row = reader.request(request_id)
    return _error(404, "no such request") if row is None else JsonResponse(_request(row))


@_reads
def sources(request: HttpRequest) -> HttpResponse:
    """Where requests come from, and how well their lines are read."""
    return JsonResponse({"sources": source.as_json()})


@_reads
def data(request: HttpRequest) -> HttpResponse:
    """What is stored of each kind, for how long, and what it will come to."""
    return JsonResponse(stored.as_json())


@csrf_exempt  # takes JSON only: another site's page can't send that without being allowed to
@require_http_methods(["GET", "HEAD", "PUT"])
def traffic(request: HttpRequest) -> HttpResponse:
    """The wanted state of the mock traffic; PUT changes what it is given."""
    if request.method != "PUT":
        return JsonResponse(_traffic(store_traffic.wanted(READER)))
    if not getattr(settings, "HAS_MOCK_TRAFFIC", False):
        return _error(404, "this server makes no mock traffic; start it by: logwatcher serve")
    if request.content_type != "application/json":
        return _error(415, "send application/json")
    try:
        body = _body(request)
        changes = _changes(body)
    except ViewError as error:
        return _bad_parameter(error)
    except ValueError as error:
        return _error(400, str(error))
    try:
        changed = store_traffic.change(body.get("version"), **changes)
    except StaleVersion as stale:
        return _error(409, str(stale), traffic=_traffic(stale.traffic))
    audit.log(request, f"changed the mock traffic: {', '.join(body) or 'nothing'}")
    return JsonResponse(_traffic(changed))


@_reads
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of this API, which stands beside the page, wherever that is."""
    server = {"url": reverse(PAGE).removesuffix("/") or "/"}
    return JsonResponse({**json.loads(OPENAPI.read_bytes()), "servers": [server]})


def _body(request: HttpRequest) -> JSON:
    """The fields of a PUT.

    Raises:
        ValueError: it is no JSON object, or too large.
        ViewError: a field that there is not.
    """
    try:
        if len(request.body) > MAX_BODY:
            raise RequestDataTooBig
        body = json.loads(request.body)
    except RequestDataTooBig:
        raise ValueError(f"the body is larger than {MAX_BODY} bytes") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ValueError("the body is not an object")
    for name, value in body.items():
        if name not in FIELDS:
            raise ViewError(name[:MAX_NAME], name, list(FIELDS))
        if name in ("seed", "version") and isinstance(value, float) and value.is_integer():
            body[name] = value = int(value)  # as in JSON Schema, 1.0 is an integer
        if not _is_of_type(name, value) or value == "":
            raise ViewError(name, json.dumps(value), FIELDS[name].allowed)
    return body


def _is_of_type(name: str, value: object) -> bool:
    is_too_large = isinstance(value, int) and abs(value) >= 1 << 62
    is_bool = isinstance(value, bool)
    return (
        isinstance(value, FIELDS[name].types)
        and is_bool == (name == "running")
        and not is_too_large
    )


def _changes(body: JSON) -> Changes:
    """What a PUT changes.

    Raises:
        ViewError: a value that can't be used.
    """
    running = {None: "", True: "on", False: "off"}[body.get("running")]
    form = TrafficForm({**body, "running": running})
    for name in form.errors:
        raise ViewError(name, json.dumps(body[name]), FIELDS[name].allowed)
    return form.changes()


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
        "client": row.client,
        "agent": row.agent,
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
