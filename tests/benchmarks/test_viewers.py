import numpy as np
import pytest

from benchmarks.viewers import late_ms

MS = 1_000_000


def test_a_batch_is_known_once_as_many_requests_were_new() -> None:
    found = np.array([[0, 50 * MS, 10], [0, 90 * MS, 30], [1, 60 * MS, 20], [1, 70 * MS, 20]])
    sent = np.array([10, 20, 30, 40]) * MS
    assert late_ms(found, sent, batch=10).tolist() == [40, 70, 60, 50, 50, 40, 40, 30]


def test_events_that_did_not_reach_a_viewer_are_an_error() -> None:
    with pytest.raises(RuntimeError, match="10 of 20 events reached viewer 3"):
        late_ms(np.array([[3, 50 * MS, 10]]), np.array([10, 20]) * MS, batch=10)
