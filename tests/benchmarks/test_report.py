from xml.etree import ElementTree

import pytest

from benchmarks import chart, record, report
from benchmarks.figure import Figure, Limit
from benchmarks.record import Result

FIGURE = Figure(
    "answer", "ms", [2.0, 3.0, 4.0], "other", [30.0, 30.0, 30.0], Limit(12, 5), "a note"
)


def result(*figures: Figure) -> dict[str, Result]:
    return {"row": Result("A row", "About it.", "now", "2 cores", figures, ["goaccess; install"])}


def test_a_line_has_both_sides_the_ratio_with_its_spread_and_whether_it_is_enough() -> None:
    text = report.markdown(result(FIGURE), [], scale=1)
    line = (
        "| answer | 3 ms | other | 30 ms | 10 (7.5 to 15) | 12 times, at most 5 ms | **missed** |"
    )
    assert line in text.splitlines()
    assert "- a note" in text
    assert "- Not there to compare with: goaccess; install" in text
    assert "trial" not in text


def test_a_peer_that_is_missing_leaves_no_ratio() -> None:
    text = report.markdown(result(Figure("answer", "ms", [2.0], "other")), [], scale=1)
    assert "| answer | 2 ms | other | - |  |  |  |" in text.splitlines()


def test_a_trial_says_so() -> None:
    assert "**Scale 0.01: a trial" in report.markdown(result(FIGURE), [], scale=0.01)


def test_what_became_slower_stands_first() -> None:
    now = result(Figure("answer", "ms", [10.0] * 3, "other", [30.0] * 3))
    text = report.markdown(now, list(record.slower(result(FIGURE), now)), scale=1)
    assert "- row: answer, beside other: 10 times before, 3 now" in text
    assert text.index("Slower") < text.index("## A row")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        (0.00012, "0.0001"),
        (1.234, "1.23"),
        (99.96, "100"),
        (1e6, "1,000,000"),
    ],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert report.number(value) == text


def test_the_chart_has_a_bar_for_each_ratio_and_is_well_formed() -> None:
    figures = [FIGURE, Figure("a < b", "ms", [1.0], "other", [2.0]), Figure("alone", "ms", [1.0])]
    root = ElementTree.fromstring(chart.svg(result(*figures)))  # noqa: S314  # it is ours
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["missed", "told"]


def test_a_bar_never_leaves_the_axis() -> None:
    assert chart.x_of(1e9) == chart.x_of(chart.MOST)
    assert chart.x_of(0.0001) == chart.x_of(chart.LEAST)
    assert chart.x_of(1) < chart.x_of(10)
