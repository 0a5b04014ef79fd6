"""A process that writes: ``python -m tests.store.writing SEED COMMITS`` begins at a line of input.

The events of a seed are ``tests.factories.events``', and all seeds' fall into the same buckets.
"""

import sys

import django

from tests.factories import events

EVENTS = 40


def main() -> None:
    """Write the events of each seed from ``SEED`` on, one commit per seed."""
    django.setup()
    from logwatcher.core.event import Batch
    from logwatcher.store import writer

    first, commits = map(int, sys.argv[1:])
    print("ready", flush=True)
    sys.stdin.readline()
    for seed in range(first, first + commits):
        writer.write([Batch("web", events(EVENTS, seed=seed, seconds=20))])


if __name__ == "__main__":
    main()
