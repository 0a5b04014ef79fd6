"""What changed for each watched view, as the stream's frames carry it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from logwatcher.core.kept import ALL
from logwatcher.core.view import View, parse
from logwatcher.core.window import Window, window_of
from logwatcher.store import reader, traffic
from logwatcher.store.database import READER
from logwatcher.store.models import Traffic
from logwatcher.store.reader import ALWAYS, Changes, HeadNow
from logwatcher.stream.feed import Join, News
from logwatcher.stream.frame import encode_json
from logwatcher.web import card, series, source
from logwatcher.web.template import render_text

CARDS_S = 0.15
"""Tiles, endpoints and requests of a view are made anew at most so often: at each tick …"""
CARDS_SHARE = 0.2
"""… and those of all views take at most this share of a processor, however long the range is …"""
BUSY_SHARE = 0.5
"""… and this one of the time, waiting for a database or a busy machine included, …"""
TICK_SHARE_S = 0.1
"""… and of one answer about so long, since all wait for it: the next one makes others …"""
IDLE_S = 5.0
"""… and at least so often, since a log that stops commits nothing."""

Cards = dict[str, str]
Part = dict[str, Any]  # Any: JSON


@dataclass(slots=True)
class Watched:
    """What was last sent for a view.

    Attributes:
        end: of the window last sent, in seconds.
        cards: the HTML of each card.
        is_stale: something has changed since the cards were made.
        due: when they may be made again, by the monotonic clock.
        made: when they were made.
        turn_s: from then on, how long it was until they might be made again by what they took,
            which counts from the second time on: once is a first time, or a moment's stall.
    """

    end: int | None = None
    cards: Cards = field(default_factory=dict)
    is_stale: bool = True
    due: float = 0.0
    made: float = 0.0
    turn_s: float = 0.0


class Watch:
    """Answers the feed's question. Use from one thread; one per process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._watched: dict[str, Watched] = {}
        self._traffic: Part = {"version": 0}
        self._kept = ALL
        self._cards_until = 0.0

    def news(self, since: int | None, views: Sequence[str], joins: Sequence[Join]) -> News:
        """Ask the store once for all views; everything in the answer is of one revision."""
        with reader.snapshot():
            head, wanted = reader.head(), traffic.wanted(READER)
            self._kept = reader.kept()
            now = self._clock()
            changes = None if since is None else reader.changes(since, head)
            if changes is None:
                changes = Changes([ALWAYS], head.last_request)
            self._watched = {name: self._watched.get(name, Watched()) for name in views}
            parts = {}
            self._cards_until = time.monotonic() + TICK_SHARE_S
            for name in sorted(views, key=lambda name: self._watched[name].made):
                if part := self._part(name, now, changes, head):
                    parts[name] = part
            if self._traffic["version"] != wanted.version:
                self._traffic = _traffic(wanted)
            return News(
                id=head.id,
                revision=head.revision,
                now=now,
                parts=parts,
                joins=self._joins(joins, now, head),
                traffic=self._traffic,
                traffic_version=wanted.version,
            )

    def _part(self, name: str, now: float, changes: Changes, head: HeadNow) -> bytes | None:
        view, watched = view_of(name), self._watched[name]
        window = window_of(view, now, self._kept)
        changed = changes.ranges
        if watched.end is not None and window.end != watched.end:
            # What came with a time ahead of the clock is shown when its bucket opens.
            changed = [*changed, (watched.end, window.end)]
        watched.end = window.end
        watched.is_stale |= bool(changed)
        cards = self._due_cards(view, window, watched)
        if not changed and not cards:
            return None
        part = series.part(view, window, changed)
        new = _new(view, window, changes.last_request, head)
        return encode_json({**part, **new, "cards": cards})

    def _due_cards(self, view: View, window: Window, watched: Watched) -> Cards:
        """The cards that look otherwise than when last sent, if it is time."""
        began, worked_s = time.monotonic(), time.thread_time()
        is_stale = watched.is_stale or began - watched.made >= IDLE_S
        if not is_stale or began < watched.due or began >= self._cards_until:
            return {}
        cards = _cards(view, window)
        new = {name: html for name, html in cards.items() if watched.cards.get(name) != html}
        ended, worked_s = time.monotonic(), time.thread_time() - worked_s
        watched.cards, watched.is_stale, watched.made = cards, False, ended
        turn_s = max(worked_s / CARDS_SHARE, (ended - began) / BUSY_SHARE) * len(self._watched)
        watched.due = max(ended + CARDS_S, began + min(turn_s, watched.turn_s))
        watched.turn_s = turn_s
        return new

    def _joins(self, joins: Sequence[Join], now: float, head: HeadNow) -> dict[Join, bytes | None]:
        parts: dict[str, Part] = {}
        result: dict[Join, bytes | None] = {}
        for join in joins:
            last_request = _last_request(join.since, head)
            if last_request is None:
                result[join] = None
                continue
            view = view_of(join.view)
            window = window_of(view, now, self._kept)
            if join.view not in parts:
                cards = _cards(view, window)
                parts[join.view] = {**series.part(view, window), "cards": cards}
            new = _new(view, window, last_request, head)
            result[join] = encode_json({**parts[join.view], **new})
        return result


def view_of(query: str) -> View:
    """A view from its canonical query."""
    return parse(dict(parse_qsl(query)))


def _last_request(since: str, head: HeadNow) -> int | None:
    """The newest request at the revision that a client has; None if it is not known any more."""
    if not since:
        return head.last_request
    store, _, number = since.partition("-")
    if store != head.store or not number.isdecimal() or len(number) > 18:
        return None
    if int(number) > head.revision:
        return None
    changes = reader.changes(int(number), head)
    return None if changes is None else changes.last_request


def _cards(view: View, window: Window) -> Cards:
    by_endpoint = reader.endpoints(view, window)
    contexts = {
        "source": source.menu(view),
        "alerts": source.alerts(view),
        "tiles": card.tiles(view, window, by_endpoint),
        "endpoints": card.endpoints(view, window, by_endpoint),
        "requests": card.requests(view, window),
    }
    return {
        name: render_text(f"logwatcher/cards/{name}.html", context)
        for name, context in contexts.items()
    }


def _new(view: View, window: Window, after: int, head: HeadNow) -> Part:
    """How many of the view's requests came after one, and the time of the latest."""
    new = reader.new_requests(view, window, after, head.last_request)
    return {"new": new.number, "latest": new.latest}


def _traffic(wanted: Traffic) -> Part:
    html = render_text("logwatcher/cards/traffic.html", card.traffic(wanted))
    return {"version": wanted.version, "html": html}
