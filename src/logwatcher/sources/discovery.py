"""Which files are meant by names and globs, and what each one's requests are called by."""

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

MAX_FILES = 200
"""So many are followed at once at the most."""

# What a rotation appends or puts in: .1, -20261124, .2026-11-24, with the ending of a compression.
_COMPRESSED = re.compile(r"\.(?:gz|bz2|xz|zst|lz4|Z)$")
_ROTATION = re.compile(r"[.-]\d[\d_-]*(?=\.|$)")


def is_glob(name: str) -> bool:
    """Whether the name stands for whatever files match it."""
    return glob.has_magic(name) and not Path(name).exists()


def find(names: Sequence[str]) -> list[Path]:
    """The files of these names and globs, each once and absolute; old, rotated ones are left out.

    A file that is named but not there is listed all the same; one that matches a glob and
    can't be looked at is not.
    """
    found: dict[Path, None] = {}
    for name in names:
        if is_glob(name):
            matching = sorted(map(Path, glob.glob(name, recursive=True)))  # noqa: PTH207
            found |= {path.absolute(): None for path in matching if path.is_file()}
        else:
            found[Path(name).absolute()] = None
    return _each_once(path for path in found if not is_old(path, found))


def is_old(path: Path, others: Iterable[Path]) -> bool:
    """Whether the file is what a rotation has made of one of the others, or is compressed."""
    name = _COMPRESSED.sub("", path.name)
    if name != path.name:
        return True
    current = path.with_name(_ROTATION.sub("", name))
    return current != path and current in others


def source_names(paths: Sequence[Path], known: Mapping[Path, str]) -> dict[Path, str]:
    """A name for each file: its own, with as many folders before it as tell it from others.

    Args:
        paths: files that need a name.
        known: files that have one.
    """
    names = dict(known)
    for path in paths:
        if path in names:
            continue
        others = {name for other, name in names.items() if other != path}
        same = [other for other in paths if other != path and other not in known]
        names[path] = _shortest(path, others, same)
    return {path: names[path] for path in paths}


def _shortest(path: Path, taken: set[str], others: Sequence[Path]) -> str:
    for depth in range(1, len(path.parts)):
        name = "/".join(path.parts[-depth:])
        alike = any("/".join(other.parts[-depth:]) == name for other in others)
        if name not in taken and not alike:
            return name
    return str(path)


def _each_once(paths: Iterable[Path]) -> list[Path]:
    """Without second names of the same file."""
    result: dict[object, Path] = {}
    for path in paths:
        try:
            status = path.stat()
            result.setdefault((status.st_dev, status.st_ino), path)
        except OSError:  # not there, or not for us: whoever follows it says so
            result.setdefault(path, path)
    return list(result.values())
