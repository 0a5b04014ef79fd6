"""A sender may take as much per second as it is allowed, and waits out what it took beyond."""

from logwatcher.core.limit import Allowance


def test_what_was_not_taken_is_saved_for_a_second_only() -> None:
    allowance = Allowance(rate=10, left=10, at=0)
    assert allowance.wait_s(100) == 0
    allowance.take(10)
    assert allowance.wait_s(100) == 0
    allowance.take(5)
    assert allowance.wait_s(100) == 0.5


def test_a_debt_is_waited_out() -> None:
    allowance = Allowance(rate=10, left=10, at=0)
    allowance.take(40)
    assert allowance.wait_s(0) == 3
    assert allowance.wait_s(1) == 2
    assert allowance.wait_s(3) == 0


def test_a_clock_that_goes_back_gives_and_takes_nothing() -> None:
    allowance = Allowance(rate=10, left=0, at=5)
    assert allowance.wait_s(1) == 0
    allowance.take(10)
    assert allowance.wait_s(1) == 1
