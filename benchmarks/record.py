"""What was measured, kept as JSON, so that the next run can be compared with it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figure import Figure, Limit, Point

SLOWER = 0.9
"""A ratio to the peer below this share of the last one is worth a word."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table: a benchmark, when and where it ran, and its figures.

    Attributes:
        at: when it ended, UTC.
        place: cores, memory, Python and load of the machine before.
        missing: peers that were not there.
    """

    title: str
    about: str
    at: str
    place: str
    figures: Sequence[Figure]
    missing: Sequence[str] = ()


class Change(NamedTuple):
    """A figure that is worse beside its peer than in the last run."""

    row: str
    figure: Figure
    before: float


Results = Mapping[str, Result]


def slower(last: Results, now: Results) -> Iterator[Change]:
    """Figures whose ratio to the peer fell: by a tenth, and in no round as good as ever before.

    Absolute times aren't compared: they are the machine's, whatever else it does meanwhile.
    """
    before = {
        (row, figure.name, figure.peer): figure
        for row, result in last.items()
        for figure in result.figures
    }
    for row, result in now.items():
        for figure in result.figures:
            old = before.get((row, figure.name, figure.peer))
            if old is None or old.ratio is None or figure.ratio is None:
                continue
            is_apart = max(figure.ratios) < min(old.ratios)
            if figure.ratio < SLOWER * old.ratio and is_apart:
                yield Change(row, figure, old.ratio)


def read(path: Path) -> dict[str, Result]:
    """The results in a file; none if there is no file."""
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text())  # Any: JSON
    return {row: _result(fields) for row, fields in found.items()}


def write(path: Path, results: Results) -> None:
    """Replace the file."""
    rows = {row: asdict(result) for row, result in results.items()}
    path.write_text(json.dumps(rows, indent=1) + "\n")


def _result(fields: dict[str, Any]) -> Result:  # Any: JSON
    figures = [
        Figure(
            **{
                **of,
                "limit": Limit(*of["limit"]) if of["limit"] else None,
                "point": Point(*of["point"]) if of.get("point") else None,
            }
        )
        for of in fields["figures"]
    ]
    return Result(**{**fields, "figures": figures})
