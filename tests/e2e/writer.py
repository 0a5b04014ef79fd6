"""Writes events into a database that a server serves, as a second process.

Reads batches from stdin, one JSON list [source, events] per line, and answers each with the number
of the revision that it was committed as.
"""

import json
import sys


def main() -> None:
    import django

    django.setup()
    from logwatcher.core.event import Batch, Event
    from logwatcher.store import writer

    for line in sys.stdin:
        source, events = json.loads(line)
        revision = writer.write([Batch(source, [Event(*fields) for fields in events], None)])
        print(revision, flush=True)


if __name__ == "__main__":
    main()
