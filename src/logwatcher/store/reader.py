"""Questions to the store. Ask several inside one ``snapshot`` and they fit together."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from django.db import connections
from django.db.backends.utils import CursorWrapper

from logwatcher.core import query
from logwatcher.core.aggregate import Groups
from logwatcher.core.buckets import STEPS, align
from logwatcher.core.chunk import Buckets, concatenate
from logwatcher.core.event import Position
from logwatcher.core.kept import Kept
from logwatcher.core.pack import FIELDS, KEYS
from logwatcher.core.query import NOTHING, Figures
from logwatcher.core.view import View
from logwatcher.core.window import Window, window_of
from logwatcher.store import bucket, database, packed, stock
from logwatcher.store.database import READER
from logwatcher.store.models import Head
from logwatcher.store.packed import Place, Wanted

MANY_REVISIONS = 1000
"""A reader that is further behind gets all points of its view instead of the changed ones."""
ALWAYS = (0, 1 << 40)
MIN_TREND_BUCKETS = 20
MAX_ID = (1 << 63) - 1
"""No request ever gets this one."""

_MINUTE = 60
_NAMES = ("source", "method", "route")

Params = list[Any]  # Any: what SQL takes


class HeadNow(NamedTuple):
    """The store's identity, newest revision and newest request."""

    store: str
    revision: int
    last_request: int

    @property
    def id(self) -> str:
        """As the stream writes it: ``store-revision``."""
        return f"{self.store}-{self.revision}"


class Changes(NamedTuple):
    """What came after a revision: the times it fell into, and the newest request before it."""

    ranges: list[tuple[int, int]]
    last_request: int


class EndpointName(NamedTuple):
    """A method and route."""

    method: str
    route: str


class RequestRow(NamedTuple):
    """One stored request."""

    id: int
    time_us: int
    source: str
    method: str
    route: str
    path: str
    status: int
    duration_us: int | None
    size: int | None
    error_type: str
    error_message: str
    client: str
    agent: str


class NewRequests(NamedTuple):
    """Requests of a view that are new: how many, and the time of the latest in seconds."""

    number: int
    latest: float | None


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one revision, whoever writes meanwhile."""
    with database.snapshot():
        yield


def head() -> HeadNow:
    """Where the store stands."""
    row = Head.objects.using(READER).get()
    return HeadNow(row.store, row.revision, row.last_request)


def kept() -> Kept:
    """Since when everything is there."""
    return stock.kept(READER)


def window(view: View, now: float) -> Window:
    """What the view shows at ``now``, as fine as it is kept."""
    return window_of(view, now, kept())


def changes(since: int, now: HeadNow) -> Changes | None:
    """What changed after the revision ``since``; None if it is too old, or not of this store."""
    if since == now.revision:
        return Changes([], now.last_request)
    with _cursor() as cursor:
        cursor.execute("SELECT last_request FROM logwatcher_revision WHERE number = %s", [since])
        row = cursor.fetchone()
        if row is None and since != 0:
            return None
        last_request = row[0] if row else 0
        if now.revision - since > MANY_REVISIONS:
            return Changes([ALWAYS], last_request)
        cursor.execute(
            "SELECT changed FROM logwatcher_revision WHERE number > %s ORDER BY number", [since]
        )
        found = {(start, end) for (text,) in cursor.fetchall() for start, end in json.loads(text)}
    return Changes(sorted(found), last_request)


def points(
    view: View, window: Window, changed: Sequence[tuple[int, int]] = (ALWAYS,)
) -> list[list[int | float | None]]:
    """The points of the view's series (``query.COLUMNS``) whose buckets touch ``changed``.

    History and live are this one function: the page asks for all, a frame for what changed.
    """
    found = _buckets(_buckets_of(view), window.stored_step, _spans(window, changed))
    return query.points(found, window.step, view.statuses)


def figures(view: View, window: Window) -> Figures:
    """The view's figures over the whole window."""
    found = _window_buckets(_buckets_of(view), window)
    return query.figures(found, np.zeros_like(found.start), view.statuses).get(0, NOTHING)


def endpoints(view: View, window: Window) -> dict[EndpointName, Figures]:
    """The figures of each method and route with requests in the window, sources together."""
    found = _window_buckets(_buckets_of(view, by_endpoint=True), window)
    names = _endpoint_names(view)
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names.values()))}
    rows = {row: numbers[name] for row, name in names.items()}
    figures = query.figures(found, _numbered(found.endpoint, rows), view.statuses)
    return {name: figures[i] for name, i in numbers.items() if i in figures}


def trends(
    view: View, window: Window, wanted: Sequence[EndpointName], most: int
) -> dict[EndpointName, list[int]]:
    """Requests per endpoint in ``most`` parts of the window or fewer, in order of time.

    Each part has equally many stored buckets: else even traffic would go up and down. So the
    first one begins with a bucket, which may be up to an hour before the window, and one that is
    still open is left out, unless it is the only one.
    """
    numbers = {name: i for i, name in enumerate(wanted)}
    rows = {row: numbers[name] for row, name in _endpoint_names(view).items() if name in numbers}
    step = max(_trend_step(window.end - window.start), window.kept.step_at(window.start))
    first = align(window.start, step)
    span = window.end - first
    width = step * -(-span // (step * most))
    length = -(-span // width)
    spans = [(max(first, window.kept.since), window.end)]
    found = _buckets(_in(rows), step, spans, with_cells=False)
    group = _numbered(found.endpoint, rows) * length + (found.start - first) // width
    counts = query.requests_by_group(found, group, view.statuses, len(wanted) * length)
    closed = max(min(int(window.now) - first, span) // width, 1)
    whole = closed if window.now < window.end else length
    return {name: counts[i * length :][:whole].tolist() for name, i in numbers.items()}


def statuses(view: View, window: Window) -> list[int]:
    """The status codes that the view's requests in the window have, ascending."""
    return query.statuses(_window_buckets(_buckets_of(view), window), view.statuses)


def sources() -> list[str]:
    """All sources, by name."""
    with _cursor() as cursor:
        cursor.execute("SELECT name FROM logwatcher_source ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def endpoints_in_use() -> list[EndpointName]:
    """All endpoints, by route."""
    with _cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT method, route FROM logwatcher_endpoint WHERE route <> ''"
            " ORDER BY route, method"
        )
        return [EndpointName(*row) for row in cursor.fetchall()]


def requests(view: View, window: Window, limit: int) -> list[RequestRow]:
    """The newest requests of the view in the window, from ``view.before`` on backwards."""
    where, params = _requests_of(view, window)
    before = _cursor_of(view.before) if view.before else []
    if before:
        where += " AND (r.time_us, r.id) < (%s, %s)"
    order = "ORDER BY r.time_us DESC, r.id DESC LIMIT %s"
    rows = _request_rows(f"{where} {order}", [*params, *before, limit])
    with _cursor() as cursor:
        places = packed.newest(cursor, _wanted(view, window), before, limit)
    return sorted([*rows, *_unpack(places)], key=_order, reverse=True)[:limit]


def requests_after(view: View, window: Window, limit: int) -> list[RequestRow]:
    """The ``limit`` requests just newer than ``view.before``, newest first."""
    where, params = _requests_of(view, window)
    start = _cursor_of(view.before)
    rows = _request_rows(
        f"{where} AND (r.time_us, r.id) >= (%s, %s) ORDER BY r.time_us, r.id LIMIT %s",
        [*params, *start, limit],
    )
    with _cursor() as cursor:
        places = packed.oldest(cursor, _wanted(view, window), start, limit)
    return sorted([*rows, *_unpack(places)], key=_order)[:limit][::-1]


def request(request_id: int) -> RequestRow | None:
    """One request by its id, which may be any number; None, too, if it is not kept any more."""
    known = min(request_id, MAX_ID)
    rows = _request_rows("r.id = %s", [known])
    if not rows:
        with _cursor() as cursor:
            rows = _unpack(packed.by_id(cursor, known))
    since_us = kept().requests * 1_000_000
    return next((row for row in rows if row.time_us >= since_us), None)


def new_requests(view: View, window: Window, after: int, last: int) -> NewRequests:
    """The view's requests stored after the request ``after``, up to ``last``."""
    where, params = _requests_of(view, window)
    with _cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*), MAX(r.time_us) FROM logwatcher_request r"
            " JOIN logwatcher_endpoint e ON e.id = r.endpoint_id"
            f" WHERE r.id > %s AND r.id <= %s AND {where}",
            [after, last, *params],
        )
        count, latest_us = cursor.fetchone()
        more, later_us = packed.count(cursor, _wanted(view, window), after, last)
    latest_us = max((us for us in (latest_us, later_us) if us is not None), default=None)
    return NewRequests(count + more, None if latest_us is None else latest_us / 1e6)


def position(path: str) -> Position | None:
    """How far the file of this name has been read."""
    with _cursor() as cursor:
        cursor.execute(
            'SELECT path, device, inode, "offset", fingerprint FROM logwatcher_fileposition'
            " WHERE path = %s",
            [path],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    path, device, inode, offset, fingerprint = row
    return Position(path, device, inode, offset, bytes(fingerprint))


def usual_rate(source: str, until: float) -> float:
    """Requests per second of the source in the hour up to then, or since its first one in it."""
    last = align(int(until), _MINUTE) + _MINUTE
    found = _buckets(_buckets_of(View(source=source)), _MINUTE, [(last - 3600, last)])
    if not len(found.start):
        return 0.0
    requests = query.figures(found, np.zeros_like(found.start), View().statuses)[0].requests
    return requests / (last - int(found.start.min()))


def _cursor() -> CursorWrapper:
    return connections[READER].cursor()


def _buckets(
    condition: tuple[str, Params],
    step: int,
    spans: Sequence[tuple[int, int]],
    *,
    with_cells: bool = True,
) -> Buckets:
    with _cursor() as cursor:
        return bucket.read(cursor, *condition, step, spans, with_cells=with_cells)


def _trend_step(span: int) -> int:
    """The coarsest stored step that still draws a line over so many seconds."""
    return max((step for step in STEPS if span // step >= MIN_TREND_BUCKETS), default=STEPS[0])


def _window_buckets(condition: tuple[str, Params], window: Window) -> Buckets:
    """The fewest buckets that hold what happened in the window; of no use for a chart."""
    with _cursor() as cursor:
        return concatenate([bucket.read_sums(cursor, *condition, *part) for part in window.parts()])


def _in(rows: Collection[int]) -> tuple[str, Params]:
    """A condition on buckets: they are of these endpoints."""
    return f"endpoint_id IN ({', '.join(['%s'] * len(rows)) or 'NULL'})", list(rows)


def _numbered(endpoint: Groups, numbers: Mapping[int, int]) -> Groups:
    """The numbers of these rows; shape of ``endpoint``."""
    rows = np.array(sorted(numbers), np.int64)
    values = np.array([numbers[row] for row in sorted(numbers)], np.int64)
    return values[np.searchsorted(rows, endpoint)]


def _cursor_of(before: str) -> list[int]:
    return [int(part) for part in before.split(".")]


def _spans(window: Window, changed: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of the window, in whole steps and apart, that touch what changed."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(changed):
        first = max(align(start, window.step), window.kept_from)
        last = min(align(end - 1, window.step) + window.step, window.end)
        if first >= last:
            continue
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return spans


def _endpoint_filter(view: View) -> tuple[str, Params]:
    """A condition on ``logwatcher_endpoint e`` for the view's source, method and route."""
    where, params = ["1 = 1"], []
    if view.source:
        where.append("e.source_id IN (SELECT id FROM logwatcher_source WHERE name = %s)")
        params.append(view.source)
    if view.method:
        where.append("e.method = %s")
        params.append(view.method)
    if view.endpoint:
        where.append("e.route = %s")
        params.append(view.endpoint)
    return " AND ".join(where), params


def _buckets_of(view: View, *, by_endpoint: bool = False) -> tuple[str, Params]:
    """A condition on buckets that counts each of the view's requests once."""
    where, params = _endpoint_filter(view)
    kind = "<>" if by_endpoint or view.method or view.endpoint else "="
    return (
        f"endpoint_id IN (SELECT e.id FROM logwatcher_endpoint e WHERE e.route {kind} ''"
        f" AND {where})",
        params,
    )


def _endpoint_names(view: View) -> dict[int, EndpointName]:
    where, params = _endpoint_filter(view)
    with _cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.method, e.route FROM logwatcher_endpoint e"
            f" WHERE e.route <> '' AND {where}",
            params,
        )
        return {row: EndpointName(method, route) for row, method, route in cursor.fetchall()}


def _requests_of(view: View, window: Window) -> tuple[str, Params]:
    """A condition on requests ``r`` and endpoints ``e``."""
    where, params = _endpoint_filter(view)
    where += " AND r.time_us >= %s AND r.time_us < %s"
    params += _times_us(window)
    if view.status:
        where += " AND r.status >= %s AND r.status <= %s"
        params += view.statuses
    return where, params


def _wanted(view: View, window: Window) -> Wanted:
    """The same for packed requests."""
    endpoints = None
    if view.source or view.method or view.endpoint:
        endpoints = np.array(list(_endpoint_names(view)), np.int64)
    return Wanted(*_times_us(window), view.statuses, endpoints)


def _times_us(window: Window) -> tuple[int, int]:
    """The part of the window whose requests are kept."""
    return max(window.start, window.kept.requests) * 1_000_000, window.end * 1_000_000


def _order(row: RequestRow) -> tuple[int, int]:
    return row.time_us, row.id


def _request_rows(where: str, params: Params) -> list[RequestRow]:
    with _cursor() as cursor:
        cursor.execute(
            "SELECT r.id, r.time_us, s.name, e.method, e.route, r.path, r.status, r.duration_us,"
            " r.size, r.error_type, r.error_message, r.client, r.agent FROM logwatcher_request r"
            " JOIN logwatcher_endpoint e ON e.id = r.endpoint_id"
            f" JOIN logwatcher_source s ON s.id = e.source_id WHERE {where}",
            params,
        )
        return [RequestRow(*row) for row in cursor.fetchall()]


def _unpack(places: list[Place]) -> list[RequestRow]:
    """The requests at these places, in no order."""
    rows = sorted({place.endpoint for place in places})
    with _cursor() as cursor:
        cursor.execute(
            "SELECT e.id, s.name, e.method, e.route FROM logwatcher_endpoint e"
            " JOIN logwatcher_source s ON s.id = e.source_id"
            f" WHERE e.id IN ({', '.join(['%s'] * len(rows)) or 'NULL'})",
            rows,
        )
        names = {row: dict(zip(_NAMES, of, strict=True)) for row, *of in cursor.fetchall()}
        return [
            RequestRow(
                id=place.id,
                time_us=place.time_us,
                status=place.status,
                **names[place.endpoint],
                **dict(zip(FIELDS[len(KEYS) :], rest, strict=True)),
            )
            for place, rest in packed.rests(cursor, places)
        ]
