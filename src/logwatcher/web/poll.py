"""The stream where Django itself answers: each answer ends at once, and the browser asks again.

So no thread is held, whichever server runs the project. Under Uvicorn ``pusher`` can take it over.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from logwatcher.core.view import ViewError
from logwatcher.core.window import window_of
from logwatcher.store import reader
from logwatcher.stream import frame
from logwatcher.stream.feed import Join
from logwatcher.stream.live import subscriptions
from logwatcher.web.live import Watch, view_of

PAUSE_S = 1.0
"""The browser asks again after this …"""
SHARE = 0.1
"""… or later, so that its answers take at most this share of the time."""


OFFER = "logwatcher.offer"
"""In an ASGI scope: ``pusher`` offers to stream what this view only lets through."""
TAKEN = 204


@dataclass(slots=True)
class Offer:
    """Taken by the view once it knows that the request may have the stream."""

    is_taken: bool = False


@csrf_exempt
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """``GET /api/live``: what was missed, then when to ask again."""
    try:
        since = subscriptions(
            request.META.get("QUERY_STRING", "").encode("latin-1", "replace"),
            request.headers.get("Last-Event-ID", ""),
        )
    except ViewError as error:
        body = {"error": str(error), "parameter": error.parameter, "allowed": error.allowed}
        return JsonResponse(body, status=400)
    if offer := getattr(request, "scope", {}).get(OFFER):
        offer.is_taken = True
        return HttpResponse(status=TAKEN)
    began, now = time.monotonic(), time.time()
    news = missed(since, _seconds(request.GET.get("at", "")), now)
    pause = max(PAUSE_S, (time.monotonic() - began) / SHARE)
    again = frame.encode_json({"pause": round(pause, 1), "at": now})
    return HttpResponse(
        news + frame.event("again", again),
        content_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},
    )


def missed(since: Mapping[str, str], at: float | None, now: float) -> bytes:
    """The event that brings a browser up to date: a frame, a heartbeat or a reset.

    Args:
        since: its views, each with the revision id it has (empty: none, only news).
        at: when it asked last, seconds: by then a view's window may have been an earlier one.
        now: seconds.
    """
    with reader.snapshot():
        head = reader.head()
    is_current = all(known == head.id for known in since.values())
    if is_current and not (at and any(_has_moved(view, at, now) for view in since)):
        return frame.event("heartbeat", frame.encode_json({"now": now}))
    news = Watch(lambda: now).news(None, [], [Join(*item) for item in since.items()])
    parts = [(join.view, part) for join, part in news.joins.items() if part is not None]
    if len(parts) < len(since):
        reason = frame.encode_json({"reason": "the revision is too old, or of another store"})
        return frame.event("reset", reason, news.id)
    return frame.frame({"now": news.now, "revision": news.id}, parts, news.id)


def _has_moved(view: str, at: float, now: float) -> bool:
    return window_of(view_of(view), at).end != window_of(view_of(view), now).end


def _seconds(text: str) -> float | None:
    """None if it is no time of this century."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1 << 32 else None
