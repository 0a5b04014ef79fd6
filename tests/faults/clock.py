"""``logwatcher`` whose clock a test sets: ``python clock.py FILE COMMAND …``.

FILE holds by how many seconds the clock is wrong, and may change at any time. What measures how
long something takes has a clock of its own, which nobody can set.
"""

import sys
import time
from pathlib import Path

from logwatcher.cli import main


def set_by(file: Path) -> None:
    """Let this process have the time of its machine and what the file says."""
    time_s, time_ns = time.time, time.time_ns
    time.time = lambda: time_s() + int(file.read_text())
    time.time_ns = lambda: time_ns() + int(file.read_text()) * 10**9


if __name__ == "__main__":
    set_by(Path(sys.argv.pop(1)))
    sys.exit(main())
