"""What a server that ran all the time would have made of the store's old data: as by default.

DATABASE_URL=... python -m benchmarks.settle NOW
"""

import sys

import django


def main() -> None:
    """Figures are kept as long as the default limits say, requests for ever."""
    django.setup()
    from logwatcher.core.retention import FIGURES, FOREVER, limits
    from logwatcher.store.condense import condense
    from logwatcher.store.sweep import sweep

    now = int(sys.argv[1])
    for _ in sweep(limits(FOREVER, FIGURES), now):
        pass
    for _ in condense(now):
        pass


if __name__ == "__main__":
    main()
