"""One chart of all ratios: a bar per figure and peer, on a logarithmic axis, with the target."""

import math
from html import escape

from benchmarks.figure import Figure
from benchmarks.record import Results
from benchmarks.report import number

WIDTH, LINE, TOP = 960, 22, 40
LEFT, RIGHT = 470, 70
LEAST, MOST = 0.1, 10_000.0
"""What the axis covers; a longer bar ends at its edge, its number tells."""
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.tick { fill: #57606a } .grid { stroke: #d0d7de } .one { stroke: #57606a }
.met { fill: #1a7f37 } .missed { fill: #cf222e } .told { fill: #6e7781 }
.target { stroke: #24292f; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .tick { fill: #8d96a0 } .grid { stroke: #30363d }
  .met { fill: #3fb950 } .missed { fill: #f85149 } .told { fill: #8d96a0 }
  .target { stroke: #e6edf3 }
}
"""
KINDS = {True: "met", False: "missed", None: "told"}


def svg(results: Results) -> str:
    """All figures that have a ratio, in the order of the table."""
    bars = [
        _bar(i, result.title, figure, ratio)
        for i, (result, figure, ratio) in enumerate(
            (result, figure, figure.ratio)
            for result in results.values()
            for figure in result.figures
            if figure.ratio is not None
        )
    ]
    height = TOP + LINE * len(bars) + 10
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>How many times better ours is than each peer; a line: what is wanted</title>",
            f"<style>{STYLE}</style>",
            *_axis(height),
            *bars,
            "</svg>\n",
        ]
    )


def x_of(ratio: float) -> float:
    """Where a ratio lies, between the axis' ends."""
    within = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + within * (WIDTH - LEFT - RIGHT)


def _axis(height: int) -> list[str]:
    parts = []
    for power in range(round(math.log10(LEAST)), round(math.log10(MOST)) + 1):
        x, kind = x_of(10.0**power), "one" if power == 0 else "grid"
        parts.append(f'<line class="{kind}" x1="{x:.0f}" x2="{x:.0f}" y1="{TOP}" y2="{height}"/>')
        label = f"{10.0**power:,g}\N{MULTIPLICATION SIGN}"
        parts.append(f'<text class="tick" x="{x:.0f}" y="24" text-anchor="middle">{label}</text>')
    return parts


def _bar(i: int, title: str, of: Figure, ratio: float) -> str:
    y = TOP + LINE * i + 4
    start, end = sorted((x_of(1), x_of(ratio)))
    name = escape(_short(f"{title}: {of.name}, {of.peer}"))
    parts = [
        f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{name}</text>',
        f'<rect class="{KINDS[of.is_met]}" x="{start:.0f}" y="{y}"'
        f' width="{max(end - start, 1):.0f}" height="{LINE - 6}"/>',
        f'<text x="{end + 6:.0f}" y="{y + 13}">{number(ratio)}</text>',
    ]
    if of.limit and of.limit.times is not None:
        x = x_of(of.limit.times)
        parts.append(
            f'<line class="target" x1="{x:.0f}" x2="{x:.0f}" y1="{y - 2}" y2="{y + LINE - 4}"/>'
        )
    return "".join(parts)


def _short(text: str, most: int = 74) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
