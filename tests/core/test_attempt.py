"""Attempts are bounded: in number, in time and in memory."""

from logwatcher.core.attempt import Attempts


def test_some_at_once_then_one_in_a_while() -> None:
    attempts = Attempts(burst=3, every_s=10)
    for _ in range(3):
        assert attempts.wait_s("a", 100) == 0
        attempts.count("a", 100)
    assert attempts.wait_s("a", 100) == 10
    assert attempts.wait_s("a", 109) == 1
    assert attempts.wait_s("a", 110) == 0
    attempts.count("a", 110)
    assert attempts.wait_s("a", 110) == 10


def test_keys_do_not_touch_each_other_and_can_be_forgotten() -> None:
    attempts = Attempts(burst=1, every_s=10)
    attempts.count("a", 0)
    assert attempts.wait_s("a", 0) == 10
    assert attempts.wait_s("b", 0) == 0
    attempts.forget("a")
    assert attempts.wait_s("a", 0) == 0


def test_after_a_long_time_all_are_there_again() -> None:
    attempts = Attempts(burst=2, every_s=10)
    for now in (0, 0, 1000, 1000):
        assert attempts.wait_s("a", now) == 0
        attempts.count("a", now)
    assert attempts.wait_s("a", 1000) == 10


def test_memory_is_bounded_and_what_counted_longest_ago_goes_first() -> None:
    attempts = Attempts(burst=1, every_s=10, most=2)
    for key in "abc":
        attempts.count(key, 0)
    assert [attempts.wait_s(key, 0) for key in "abc"] == [0, 10, 10]
    attempts.count("d", 11)  # the others count no more
    attempts.count("e", 11)
    assert [attempts.wait_s(key, 11) for key in "de"] == [10, 10]
