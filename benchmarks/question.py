"""A question to our store, asked some times by a process of its own: prints the ms of each.

DATABASE_URL=... python -m benchmarks.question series|endpoints RANGE NOW REPEATS
"""

import json
import sys
import time

import django


def main() -> None:
    """The first answer is not counted; it opens the connection."""
    question, range_name, now, repeats = sys.argv[1:]
    django.setup()
    from logwatcher.core.view import View
    from logwatcher.core.window import window_of
    from logwatcher.store import reader

    view = View(range=range_name)
    window = window_of(view, int(now) - 1)

    def endpoints() -> None:
        found = reader.endpoints(view, window)
        sorted(found.items(), key=lambda item: -item[1].requests)[:20]

    ask = {"series": lambda: reader.points(view, window), "endpoints": endpoints}[question]
    took = []
    for _ in range(int(repeats) + 1):
        began = time.perf_counter()
        with reader.snapshot():
            ask()
        took.append((time.perf_counter() - began) * 1000)
    print(json.dumps(took[1:]))


if __name__ == "__main__":
    main()
