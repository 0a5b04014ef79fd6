"""What the cards of the page show: one build function per template in ``cards/``.

Call them inside one ``reader.snapshot`` and their figures agree.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from logwatcher.core.query import Figures
from logwatcher.core.view import (
    RANGES,
    SORTS,
    STATUS_CLASSES,
    STEPS,
    View,
    automatic_step,
    steps_for,
)
from logwatcher.core.window import Window
from logwatcher.sources.scenarios import SCENARIOS
from logwatcher.store import reader
from logwatcher.store.models import Traffic
from logwatcher.store.reader import EndpointName, RequestRow
from logwatcher.web import number
from logwatcher.web.source import iso
from logwatcher.web.templatetags.view_url import view_url

ENDPOINTS_SHOWN = 20
REQUESTS_PER_PAGE = 15
ENDPOINTS_OFFERED = 50
ALARMING_SHARE = 0.02
"""From this share of 5xx on an endpoint stands out."""
MANY_TIMES = 10
"""From so many times the throughput before on, a percentage says less than a factor."""
TREND_WIDTH, TREND_HEIGHT, TREND_POINTS = 96, 20, 48

Context = dict[str, Any]  # Any: what a template reads
ByEndpoint = Mapping[EndpointName, Figures]


def tiles(view: View, window: Window, by_endpoint: ByEndpoint) -> Context:
    """Five figures of the window, each against the window before; the share of each method."""
    now, before = reader.figures(view, window), reader.figures(view, window.previous)
    span = f"previous {_span(window.previous.end - window.previous.start)}"
    previous_seconds = window.previous.seconds
    is_first = not before.requests
    return {
        "tiles": [
            _tile(
                "throughput",
                "Throughput",
                number.parts("rate", now.requests / window.seconds),
                _ratio(now.requests / window.seconds, before.requests / previous_seconds),
                f"{number.text('count', now.requests)} requests" if is_first else f"vs {span}",
            ),
            _tile(
                "4xx",
                "Client errors 4xx",
                number.parts("percent", now.share(4)),
                _points(now.share(4), before.share(4)),
                _of(now.by_class[3], now.requests),
            ),
            _tile(
                "5xx",
                "Server errors 5xx",
                number.parts("percent", now.share(5)),
                _points(now.share(5), before.share(5)),
                _of(now.by_class[4], now.requests),
            ),
            _tile(
                "p50",
                "Latency p50",
                number.parts("seconds", now.p50),
                _seconds(now.p50, before.p50),
                f"p95 {number.text('seconds', now.p95)}" if now.timed else _timed(now),
            ),
            _tile(
                "p99",
                "Latency p99",
                number.parts("seconds", now.p99),
                _seconds(now.p99, before.p99),
                f"vs {span}" if before.timed and now.timed else _timed(now),
            ),
        ],
        "methods": _methods(by_endpoint),
    }


def endpoints(view: View, window: Window, by_endpoint: ByEndpoint) -> Context:
    """The endpoints in the wanted order; the first ``ENDPOINTS_SHOWN``, or all if wanted."""
    key, largest_first = view.sort.removeprefix("-"), view.sort.startswith("-")
    ordered = sorted(by_endpoint.items())
    ordered.sort(key=lambda item: _sort_value(key, *item), reverse=largest_first)
    shown = ordered if view.show == "all" else ordered[:ENDPOINTS_SHOWN]
    trends = reader.trends(view, window, [name for name, _ in shown], TREND_POINTS)
    return {
        "view": view,
        "rows": [_endpoint(view, name, of, trends[name]) for name, of in shown],
        "columns": [_column(view, column) for column in SORTS],
        "total": len(ordered),
        "more_url": view_url(view, show="all") if len(shown) < len(ordered) else None,
        "fewer_url": view_url(view, show="") if view.show else None,
    }


def requests(view: View, window: Window) -> Context:
    """One page of requests, newest first, and the addresses of the pages beside it."""
    rows = reader.requests(view, window, REQUESTS_PER_PAGE + 1)
    older = rows[REQUESTS_PER_PAGE - 1] if len(rows) > REQUESTS_PER_PAGE else None
    newer_url = None
    if view.before:
        newer = reader.requests_after(view, window, REQUESTS_PER_PAGE + 1)
        is_first_next = len(newer) <= REQUESTS_PER_PAGE
        cursor = "" if is_first_next else f"{newer[0].time_us}.{newer[0].id}"
        newer_url = view_url(view, before=cursor)
    return {
        "view": view,
        "rows": [request_row(row) for row in rows[:REQUESTS_PER_PAGE]],
        "newer_url": newer_url,
        "older_url": view_url(view, before=f"{older.time_us}.{older.id}") if older else None,
        "is_first": not view.before,
        "kept_from": None if older else _requests_from(window),
    }


def _requests_from(window: Window) -> str | None:
    """Since when requests are kept, if the window begins before."""
    since = window.kept.requests
    return iso(since * 1_000_000) if since > window.start else None


def request_row(row: RequestRow) -> Context:
    """A request as the table and the detail show it."""
    time = datetime.fromtimestamp(row.time_us / 1e6, UTC)
    iso = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": row.id,
        "time": iso,
        "time_text": iso[11:23],
        "source": row.source,
        "method": row.method,
        "path": row.path,
        "route": row.route,
        "status": f"{row.status:03}",
        "status_class": _status_class(row.status),
        "latency": number.text("seconds", _in_seconds(row.duration_us)),
        "size": number.NOTHING if row.size is None else f"{row.size:,}".replace(",", " "),
        "is_error": row.status >= 400,
        "error": ": ".join(filter(None, (row.error_type, row.error_message))),
        "error_type": row.error_type,
        "error_message": row.error_message,
        "client": row.client,
        "agent": row.agent,
    }


def filters(view: View, window: Window) -> Context:
    """What the viewer can choose from; of the status codes those of the window's errors."""
    codes = [f"{code:03}" for code in reader.statuses(view.change(status=""), window)]
    errors = [code for code in codes if code >= "400"]
    names = reader.endpoints_in_use()
    range_s = view.range_s
    finest = window.kept.step_at(window.start)
    automatic = max(automatic_step(range_s), finest)
    steps = [name for name in steps_for(range_s) if STEPS[name] >= finest]
    return {
        "ranges": [{"name": name, "is_current": name == view.range} for name in RANGES],
        "steps": [{"name": name, "is_current": name == view.step} for name in steps],
        "step": next(name for name, step in STEPS.items() if step == window.step),
        "auto_step": next(name for name, step in STEPS.items() if step == automatic),
        "statuses": list(
            dict.fromkeys([*STATUS_CLASSES[1:], *errors, *filter(None, [view.status])])
        ),
        "methods": sorted({name.method for name in names} | set(filter(None, [view.method]))),
        "endpoints": [name._asdict() for name in names[:ENDPOINTS_OFFERED]],
    }


def limits(view: View, window: Window) -> Context:
    """What the window lacks of what was asked for, since it is not kept any more."""
    return {
        "coarse": _COARSE[window.step] if window.step > view.step_s else "",
        "shown": {"from": window.start, "to": window.end},
        "kept_from": iso(window.kept_from * 1_000_000) if window.kept_from > window.start else "",
        "is_gone": window.kept_from == window.end,
    }


def traffic(wanted: Traffic) -> Context:
    """The controls of the mock traffic."""
    return {
        "traffic": {
            "is_running": wanted.is_running,
            "rate": f"{wanted.rate:g}",
            "scenario": wanted.scenario,
            "scenarios": list(SCENARIOS.values()),
            "stop_at": iso(wanted.stop_at_us),
            "version": wanted.version,
        },
        "can_control": getattr(settings, "HAS_MOCK_TRAFFIC", False),
    }


_COARSE = {60: "minute", 3600: "hour"}


def _tile(
    key: str, name: str, figure: tuple[str, str], change: tuple[str, str] | None, note: str
) -> Context:
    direction, amount = change or ("", "")
    joined = f"{amount} {note}" if note.startswith("vs ") else f"{amount} · {note}"
    return {
        "key": key,
        "name": name,
        "value": figure[0],
        "unit": figure[1],
        "direction": direction,
        "note": joined if amount else note.removeprefix("vs "),
    }


def _of(part: int, whole: int) -> str:
    if not whole:
        return "no requests"
    return f"{number.text('count', part)} of {number.text('count', whole)}"


def _timed(now: Figures) -> str:
    if not now.requests:
        return "no requests"
    if not now.timed:
        return "no request has a duration"
    return f"of {number.text('count', now.timed)} requests"


def _ratio(now: float, before: float) -> tuple[str, str] | None:
    if not before:
        return None
    change = now / before - 1
    if change >= MANY_TIMES - 1:
        return "up", f"{number.digits(change + 1)}×"
    return _direction(change, 0.0005), number.text("percent", abs(change))


def _points(now: float | None, before: float | None) -> tuple[str, str] | None:
    """The difference of two shares, in percentage points."""
    if now is None or before is None:
        return None
    change = (now - before) * 100
    return _direction(change, 0.005), f"{number.digits(abs(change))}{number.THIN_SPACE}pt"


def _seconds(now: float | None, before: float | None) -> tuple[str, str] | None:
    if now is None or before is None:
        return None
    return _direction(now - before, 5e-6), number.text("seconds", abs(now - before))


def _direction(change: float, least: float) -> str:
    if abs(change) < least:
        return ""
    return "up" if change > 0 else "down"


def _methods(by_endpoint: ByEndpoint) -> list[Context]:
    count: Counter[str] = Counter()
    for name, of in by_endpoint.items():
        count[name.method] += of.requests
    total = count.total()
    return [
        {
            "method": method,
            "share": number.text("percent", requests / total),
            "percent": round(100 * requests / total, 2),
        }
        for method, requests in count.most_common()
    ]


def _sort_value(key: str, name: EndpointName, of: Figures) -> tuple[Any, ...]:
    """Endpoints without a latency come last when the largest is first."""
    if key == "endpoint":
        return name.route, name.method
    if key in ("4xx", "5xx"):
        return (of.share(int(key[0])) or 0.0, of.requests)
    if key in ("p50", "p95", "p99"):
        value = getattr(of, key)
        return (-1.0 if value is None else value, of.requests)
    return (of.requests,)


def _endpoint(view: View, name: EndpointName, of: Figures, trend: list[int]) -> Context:
    is_selected = (view.method, view.endpoint) == name
    other = ("", "") if is_selected else name
    return {
        "method": name.method,
        "route": name.route,
        "requests": number.text("count", of.requests),
        "client_error_rate": number.text("percent", of.share(4)),
        "server_error_rate": number.text("percent", of.share(5)),
        "has_server_errors": (of.share(5) or 0.0) >= ALARMING_SHARE,
        "p50": number.text("seconds", of.p50),
        "p95": number.text("seconds", of.p95),
        "p99": number.text("seconds", of.p99),
        "trend": _polyline(trend),
        "is_selected": is_selected,
        "url": view_url(view, method=other[0], endpoint=other[1]),
    }


def _polyline(trend: list[int]) -> str:
    """Points of a line that fills the box; 0 is its bottom."""
    highest = max(trend, default=0) or 1
    width = TREND_WIDTH / max(len(trend) - 1, 1)
    margin = 1.5
    height = TREND_HEIGHT - 2 * margin
    return " ".join(
        f"{i * width:.1f},{TREND_HEIGHT - margin - value / highest * height:.1f}"
        for i, value in enumerate(trend)
    )


def _column(view: View, key: str) -> Context:
    is_current = view.sort.removeprefix("-") == key
    largest_first = view.sort.startswith("-")
    if is_current:
        wanted = key if largest_first else f"-{key}"
    else:
        wanted = key if key == "endpoint" else f"-{key}"
    direction = "descending" if largest_first else "ascending"
    return {
        "key": key,
        "name": {"endpoint": "Endpoint", "requests": "Requests"}.get(key, key),
        "url": view_url(view, sort=wanted),
        "sorted": direction if is_current else "none",
    }


def _status_class(status: int) -> str:
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


def _in_seconds(duration_us: int | None) -> float | None:
    return None if duration_us is None else duration_us / 1e6


def _span(seconds: int) -> str:
    """5 s, 1 min, 6 h, 7 d: the largest unit that divides it."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds % length == 0 and (unit != "d" or seconds > 86400):
            return f"{seconds // length}{number.THIN_SPACE}{unit}"
    return f"{seconds}{number.THIN_SPACE}s"
