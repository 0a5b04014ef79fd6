"""A mergeable latency sketch: counts in logarithmic bins, relative error at most 1 %.

Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019. Ours has fixed bins, so that a merge is an addition.
"""

from math import ceil, log

import numpy as np
import numpy.typing as npt

RELATIVE_ERROR = 0.01
GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
MAX_DURATION_US = 24 * 3600 * 1_000_000
"""Durations are clamped to a day."""

_PER_LOG = 1 / log(GAMMA)
BINS = ceil(log(MAX_DURATION_US) * _PER_LOG) + 2
"""Bin 0 holds durations of 0 µs; bin i > 0 holds (GAMMA**(i-2), GAMMA**(i-1)] µs."""

_VALUES_US = np.concatenate(([0.0], 2 * GAMMA ** np.arange(BINS - 1) / (GAMMA + 1)))


def bins_of(durations_us: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The bins, 0 to ``BINS - 1``, that count durations of so many µs."""
    logs = np.log(np.clip(durations_us, 1, MAX_DURATION_US)) * _PER_LOG
    return np.where(durations_us > 0, np.ceil(logs).astype(np.int64) + 1, 0)


def quantiles(counts: npt.NDArray[np.int64], ps: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Nearest-rank quantiles in seconds, each within ``RELATIVE_ERROR`` of the exact one.

    Args:
        counts: shape (..., BINS), how many durations fell into each bin.
        ps: quantiles wanted, each in (0, 1].

    Returns:
        Shape (..., len(ps)); NaN where nothing was counted.
    """
    cumulative = np.cumsum(counts, axis=-1)
    total = cumulative[..., -1]
    columns = []
    for p in ps:
        rank = np.maximum(np.ceil(p * total), 1)
        index = (cumulative < rank[..., None]).sum(axis=-1)
        value = _VALUES_US[np.minimum(index, BINS - 1)] / 1e6
        columns.append(np.where(total > 0, value, np.nan))
    return np.stack(columns, axis=-1)
