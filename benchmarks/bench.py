"""What every benchmark is given: how large, where to, and which peers there are."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks import process

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / "peers"
PEER_PYTHON = ROOT / ".bench-venv" / "bin" / "python"
SYSTEM_PATH = "/usr/sbin:/usr/local/sbin"
"""Where Debian puts servers; an ordinary user's path doesn't have it."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """One run.

    Attributes:
        scale: 1: the inputs that the targets are meant for; 0.01: a hundredth of them.
        folder: for files, gone afterwards.
        resources: closed after the last row.
        rounds: how often each side is measured.
        missing: what could not be compared with, and how to get it.
    """

    scale: float
    folder: Path
    resources: ExitStack
    rounds: int = 3
    missing: list[str] = field(default_factory=list)

    def size(self, full: int, least: int = 1) -> int:
        """A number of things at this run's scale."""
        return max(round(full * self.scale), least)

    def alternate(self, *sides: Callable[[], T] | None) -> list[list[T]]:
        """Measure ours, a peer's, ours, a peer's …; a list per side, empty for None."""
        found: list[list[T]] = [[] for _ in sides]
        for _ in range(self.rounds):
            for values, side in zip(found, sides, strict=True):
                if side:
                    values.append(side())
        return found

    def program(self, name: str, package: str) -> str | None:
        """A program's path; None, and a line that says so, if it isn't installed."""
        found = shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)
        if found is None:
            self.lack(f"{name}; apt-get install {package}")
        return found

    def peer(self, script: str, module: str) -> list[str] | None:
        """The command of a script in ``peers``; None, and a line, if its library isn't there."""
        probe = [
            str(PEER_PYTHON),
            "-c",
            f"import importlib.util as i; assert i.find_spec('{module}')",
        ]
        if not PEER_PYTHON.exists() or process.fails(probe):
            self.lack(f"{module}; make bench installs it from PyPI")
            return None
        return [str(PEER_PYTHON), str(PEERS / script)]

    def lack(self, what: str) -> None:
        """Say once that something is missing."""
        if what not in self.missing:
            self.missing.append(what)
            print(f"  missing: {what}", flush=True)
