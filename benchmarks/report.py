"""Results as Markdown: a table per benchmark, a chart, and what is slower than last time."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from benchmarks import curve
from benchmarks.curve import Curve
from benchmarks.figure import Figure
from benchmarks.record import Change, Result, Results

HEAD = """# Benchmarks

Made by `make bench`. Each figure is the median of rounds in which ours and the peer's were
measured in turn, by the same work, on the same machine. "Times better" is the median of the
rounds' ratios, with the lowest and the highest: above 1 ours is faster or smaller. Where a round
takes minutes, and has thousands of samples, there is one. Read the ratios; the absolute figures
are those of one small machine.
"""
COLUMNS = "| | ours | peer | its figure | times better | wanted | |\n|---|--:|---|--:|--:|---|---|"
MARKS = {True: "met", False: "**missed**", None: ""}


def markdown(
    results: Results, changes: Sequence[Change], *, scale: float, programs: str = ""
) -> str:
    """The whole page; a scale other than 1 is told, since the targets are for 1."""
    parts = [HEAD]
    if programs:
        parts.append(f"With {programs}.\n")
    if scale != 1:
        parts.append(f"**Scale {scale:g}: a trial, whose figures say little about the targets.**\n")
    parts.append("![How many times better than each peer](results.svg)\n")
    parts.append(_changes(changes))
    parts += [_section(row, result) for row, result in results.items()]
    if any(curve.curves(result.figures) for result in results.values()):
        parts.append("![How cost grows](growth.svg)\n")
    return "\n".join(parts)


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or not value else f"{value:.1g}"


def _changes(changes: Sequence[Change]) -> str:
    if not changes:
        return "Nothing is slower beside its peer than in the last run.\n"
    lines = [
        f"- {one.row}: {one.figure.name}, beside {one.figure.peer}:"
        f" {number(one.before)} times before, {number(one.figure.ratio)} now"
        for one in changes
    ]
    return "\n".join(["**Slower beside the peer than in the last run:**\n", *lines, ""])


def _section(row: str, result: Result) -> str:
    command = f"`make bench ONLY={row}`"
    lines = [f"## {result.title}\n", f"{result.about}\n", f"{command}\n"]
    if curves := curve.curves(result.figures):
        lines += _curve_tables(curves)
    else:
        lines += [COLUMNS, *map(_line, result.figures)]
    notes = dict.fromkeys(one.note for one in result.figures if one.note)
    words = [*notes, *(f"Not there to compare with: {what}" for what in result.missing)]
    lines += ["", *(f"- {word}" for word in [*words, f"{result.at}; {result.place}"]), ""]
    return "\n".join(lines)


def _curve_tables(curves: Sequence[Curve]) -> Iterator[str]:
    """A table for the curves that have the same points."""
    for (axis, xs), group in groupby(curves, key=lambda of: (of.axis, [x for x, _ in of.points])):
        yield f"\n| {axis} | {' | '.join(number(x) for x in xs)} |"
        yield f"|---|{'--:|' * len(xs)}"
        for of in group:
            yield f"| {of.name}, {of.unit} | {' | '.join(number(y) for _, y in of.points)} |"


def _line(of: Figure) -> str:
    cells = [
        of.name,
        f"{number(of.median)} {of.unit}" if of.ours else "-",
        of.peer,
        f"{number(of.peer_median)} {of.unit}" if of.theirs else "-",
        _ratio(of),
        _limit(of),
        MARKS[of.is_met],
    ]
    return f"| {' | '.join(cells)} |"


def _ratio(of: Figure) -> str:
    if of.ratio is None:
        return ""
    low, high = min(of.ratios), max(of.ratios)
    return f"{number(of.ratio)} ({number(low)} to {number(high)})"


def _limit(of: Figure) -> str:
    if of.limit is None:
        return ""
    times = [] if of.limit.times is None else [f"{number(of.limit.times)} times"]
    most = [] if of.limit.at_most is None else [f"at most {number(of.limit.at_most)} {of.unit}"]
    return ", ".join(times + most)
