import pytest

from benchmarks.figure import Figure, Limit


def test_more_per_second_is_better_and_less_of_anything_else() -> None:
    assert Figure("read", "lines/s", [30.0], "other", [10.0]).ratio == 3
    assert Figure("answer", "ms", [30.0], "other", [10.0]).ratio == pytest.approx(1 / 3)


def test_the_ratio_is_the_median_of_the_rounds_not_of_the_medians() -> None:
    of = Figure("answer", "ms", [1.0, 10.0, 2.0], "other", [4.0, 20.0, 20.0])
    assert of.ratios == [4, 2, 10]
    assert of.ratio == 4
    assert (of.median, of.peer_median) == (2, 20)


@pytest.mark.parametrize(
    ("limit", "met"),
    [
        (Limit(times=5), True),
        (Limit(times=5.1), False),
        (Limit(at_most=2), True),
        (Limit(at_most=1.9), False),
        (Limit(times=5, at_most=1.9), False),
        (None, None),
    ],
)
def test_all_that_is_wanted_must_be_met(limit: Limit | None, met: bool | None) -> None:
    assert Figure("answer", "ms", [2.0], "other", [10.0], limit).is_met is met


def test_a_ratio_to_a_peer_that_is_missing_is_neither_met_nor_missed() -> None:
    assert Figure("answer", "ms", [2.0], "other", [], Limit(times=5)).is_met is None
    assert Figure("answer", "ms", [2.0], "other", [], Limit(times=5, at_most=1)).is_met is False


def test_each_round_needs_both_sides() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = Figure("answer", "ms", [2.0, 3.0], "other", [1.0]).ratios
