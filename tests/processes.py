"""Processes of this machine, by their numbers."""

from pathlib import Path


def children(parent: int) -> list[int]:
    """Those that it has started and that have not ended."""
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    return sorted(pid for pid in pids if is_alive(pid) and _state(pid)[1] == parent)


def arguments(pid: int) -> list[str]:
    """Its command line."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def is_alive(pid: int) -> bool:
    """Whether it has not ended; a zombie has."""
    return _state(pid)[0] not in ("X", "Z")


def _state(pid: int) -> tuple[str, int]:
    """Its state and parent; the name before them may hold anything."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return state, int(parent)
