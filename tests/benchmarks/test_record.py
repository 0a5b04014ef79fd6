from pathlib import Path

from benchmarks import record
from benchmarks.figure import Figure, Limit, Point
from benchmarks.record import Result

POINT = Point("curve", "axis", 3)


def result(*ours: float, theirs: tuple[float, ...] = (100.0, 100.0, 100.0)) -> dict[str, Result]:
    """One row with one figure of three rounds."""
    figure = Figure("answer", "ms", ours, "other", theirs, Limit(2, 60), "a note", POINT)
    return {"row": Result("Row", "About.", "now", "here", [figure], ["a program"])}


def slower(last: dict[str, Result], now: dict[str, Result]) -> list[str]:
    return [change.figure.name for change in record.slower(last, now)]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert record.read(path) == {}
    record.write(path, result(1, 2, 3))
    (found,) = record.read(path).values()
    assert (found.title, found.missing) == ("Row", ["a program"])
    (figure,) = found.figures
    assert (figure.median, figure.ratios, figure.limit) == (2, [100, 50, 100 / 3], Limit(2, 60))
    assert figure.point == POINT


def test_a_ratio_that_fell_is_told() -> None:
    (change,) = record.slower(result(10, 10, 10), result(12, 12, 12))
    assert (change.row, change.before, round(change.figure.ratio or 0, 1)) == ("row", 10, 8.3)


def test_a_machine_on_which_both_are_slower_tells_nothing() -> None:
    assert not slower(result(10, 10, 10), result(20, 20, 20, theirs=(200, 200, 200)))


def test_a_ratio_that_fell_by_less_than_a_tenth_is_noise() -> None:
    assert not slower(result(10, 10, 10), result(10.9, 10.9, 10.9))


def test_rounds_as_good_as_before_are_noise() -> None:
    assert not slower(result(10, 11, 14), result(13, 14, 15))


def test_what_was_not_there_before_is_not_compared() -> None:
    assert not slower({}, result(12, 12, 12))
    assert not slower(result(10, 10, 10, theirs=()), result(12, 12, 12))
