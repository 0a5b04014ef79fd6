"""How cost grows: curves are found among figures, have a knee or none, and are drawn inside."""

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
        ([10, 20, 40, 80], None),
        ([10, 10.5, 11, 88], 100),
        ([1, 10, 100, 110], 100),
        ([100, 10, 9, 9], 10),
        ([10, 14, 11, 15], None),
        ([1, 10], None),
    ],
)
def test_a_knee_is_where_a_curve_bends_most(values: list[float], at: float | None) -> None:
    assert curve.knee([(10.0**i, y) for i, y in enumerate(values)]) == at


def test_curves_are_put_together_from_their_points() -> None:
    found = curve.curves(
        [figure(10, 2), Figure("else", "ms", [1.0]), figure(1, 3), figure(1, 4, "x")]
    )
    assert found == [
        Curve("a commit", "ms", "endpoints", [(1, 3), (10, 2)]),
        Curve("x", "ms", "endpoints", [(1, 4)]),
    ]


@pytest.mark.parametrize(
    "points", [[(1, 3)], [(1, 3), (1000, 3)], [(7, 0.02), (30, 0.03), (90, 90_000)]]
)
def test_all_is_drawn_inside_of_its_panel(points: list[tuple[float, float]]) -> None:
    text = curve.svg([Curve("a <b>", "ms", "days", points)])
    root = ElementTree.fromstring(text)  # noqa: S314  # our own
    dots = [of for of in root.iter() if of.get("class") == "dot"]
    assert len(dots) == len(points)
    for dot in dots:
        assert curve.LEFT <= float(dot.get("cx", "")) <= curve.WIDTH - curve.RIGHT
        assert curve.TOP <= float(dot.get("cy", "")) <= curve.HEIGHT - curve.BOTTOM
    assert len(re.findall('class="knee"', text)) == (points[-1][1] == 90_000)


def test_the_page_has_a_table_per_axis_and_says_why() -> None:
    figures = [figure(1, 3), figure(1000, 4), figure(1, 5, "x"), figure(1000, 6, "x")]
    text = report.markdown(
        {"growth": Result("Growth", "About.", "now", "here", figures)}, [], scale=1
    )
    lines = text.splitlines()
    at = lines.index("| endpoints | 1 | 1,000 |")
    assert lines[at + 2 : at + 4] == ["| a commit, ms | 3 | 4 |", "| x, ms | 5 | 6 |"]
    assert "![How cost grows](growth.svg)" in lines
    assert "`make bench ONLY=growth`" in lines
    assert "- why" in lines
