"""How cost grows: curves are found among figures, bend where they do, and are drawn inside."""

import re
from xml.etree import ElementTree

import pytest

from benchmarks import curve, report
from benchmarks.curve import Curve
from benchmarks.figure import Figure, Point
from benchmarks.record import Result


def figure(x: float, y: float, name: str = "a commit") -> Figure:
    return Figure(f"{name}, {x}", "ms", [y], note="why", point=Point(name, "endpoints", x))


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ([10, 10, 10], None),
        ([10, 5, 6], None),
        ([10, 5, 7, 20], 3),
        ([10, 12, 12.6], 3),
        ([5], None),
    ],
)
def test_a_curve_bends_where_it_is_a_quarter_above_its_lowest(
    values: list[float], at: float | None
) -> None:
    assert curve.bend([(i + 1, y) for i, y in enumerate(values)]) == at


def test_curves_are_put_together_from_their_points() -> None:
    found = curve.curves(
        [figure(10, 2), Figure("else", "ms", [1.0]), figure(1, 3), figure(1, 4, "x")]
    )
    assert found == [
        Curve("a commit", "ms", "endpoints", [(1, 3), (10, 2)]),
        Curve("x", "ms", "endpoints", [(1, 4)]),
    ]


@pytest.mark.parametrize("points", [[(1, 3)], [(1, 3), (1000, 3)], [(7, 0.02), (30, 90_000)]])
def test_all_is_drawn_inside_of_its_panel(points: list[tuple[float, float]]) -> None:
    text = curve.svg([Curve("a <b>", "ms", "days", points)])
    root = ElementTree.fromstring(text)  # noqa: S314  # our own
    dots = [of for of in root.iter() if of.get("class") == "dot"]
    assert len(dots) == len(points)
    for dot in dots:
        assert curve.LEFT <= float(dot.get("cx", "")) <= curve.WIDTH - curve.RIGHT
        assert curve.TOP <= float(dot.get("cy", "")) <= curve.HEIGHT - curve.BOTTOM
    assert len(re.findall('class="bend"', text)) == (points[-1][1] == 90_000)


def test_the_page_has_a_table_per_axis_and_says_why() -> None:
    figures = [figure(1, 3), figure(1000, 4), figure(1, 5, "x"), figure(1000, 6, "x")]
    text = report.markdown(
        {"growth": Result("Growth", "About.", "now", "here", figures)}, [], scale=1
    )
    lines = text.splitlines()
    at = lines.index("| endpoints | 1 | 1,000 |")
    assert lines[at + 2 : at + 4] == ["| a commit, ms | 3 | 4 |", "| x, ms | 5 | 6 |"]
    assert "![How cost grows](growth.svg)" in lines
    assert "- why" in lines
