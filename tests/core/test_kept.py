"""Which step is kept at a time: before, on and after since when."""

import pytest

from logwatcher.core.kept import ALL, Kept

KEPT = Kept(steps=(30_000, 20_000, 10_000))


@pytest.mark.parametrize(
    ("time_s", "step"),
    [
        (30_001, 5),
        (30_000, 5),
        (29_999, 60),
        (20_000, 60),
        (19_999, 3600),
        (10_000, 3600),
        (9_999, 3600),
    ],
)
def test_the_finest_step_is_the_one_kept_since_then(time_s: int, step: int) -> None:
    assert KEPT.step_at(time_s) == step


def test_where_nothing_was_deleted_all_steps_are_kept() -> None:
    assert ALL.step_at(-(10**9)) == 5
