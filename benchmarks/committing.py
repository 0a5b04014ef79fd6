"""Commits of 1,000 events of so many endpoints, then questions: prints the medians as JSON.

DATABASE_URL=... python -m benchmarks.committing ENDPOINTS COMMITS
"""

import json
import random
import statistics
import sys
import time

import django

EVENTS = 1000
QUESTIONS = 10
START = 1_700_000_000 // 3600 * 3600


def main() -> None:
    """As a site whose endpoints are asked for equally often would, one commit a second."""
    django.setup()
    from logwatcher.cli import database
    from logwatcher.core.event import Batch, Event
    from logwatcher.core.view import View
    from logwatcher.core.window import window_of
    from logwatcher.store import reader, writer
    from logwatcher.store.condense import condense

    endpoints, commits = map(int, sys.argv[1:])
    database.migrate()
    rng = random.Random(1)

    def events(second: int) -> list[Event]:
        found = []
        for _ in range(EVENTS):
            route = f"/page/{rng.randrange(endpoints)}"
            us = int(rng.lognormvariate(10, 1))
            time_us = int((START + second + rng.random()) * 1e6)
            found.append(Event(time_us, "GET", route, route, 200, us, 1000, "", "", "", ""))
        return found

    took = []
    for second in range(commits):
        batch = Batch("site", events(second))
        began = time.perf_counter()
        writer.write([batch])
        took.append(time.perf_counter() - began)
    for _ in condense(START + commits + 3600):
        pass
    view = View(range="24h")
    window = window_of(view, START + commits)
    asked = []
    for _ in range(QUESTIONS):
        began = time.perf_counter()
        with reader.snapshot():
            reader.endpoints(view, window)
        asked.append(time.perf_counter() - began)
    result = {
        "commit_ms": statistics.median(took) * 1000,
        "endpoints_ms": statistics.median(asked) * 1000,
        "events": EVENTS * commits,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
