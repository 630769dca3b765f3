"""Shapes of data as numbers from 0 to 1: how well a value parts failures, how narrow times lie, how many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def parts(values: NDArray[Any], failed: NDArray[np.bool_]) -> float:
    """Return how well a larger value parts failures from successes: 0 not at all or the other way, 1 fully.

    Twice the area under the ROC curve less one (Gini's coefficient), by ranks; ties count half.
    """
    n, k = len(values), int(failed.sum())
    if not k or k == n:
        return 0.0
    order = np.sort(values)
    rank = (np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right") + 1) / 2
    area = (float(rank[failed].sum()) - k * (k + 1) / 2) / (k * (n - k))
    return max(0.0, 2 * area - 1)


def narrow(values: NDArray[np.float64]) -> float:
    """Return how narrow durations lie: 1 where all are equal, 0 where the quartiles lie the median apart."""
    known = values[np.isfinite(values)]
    if len(known) < 3:
        return 0.0
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    return float(np.clip(1 - (high - low) / max(middle, 1.0), 0, 1))


def many(number: float) -> float:
    """Return a number on a logarithmic scale: 0 for none, 1 for 10,000 and more."""
    return min(1.0, math.log1p(max(number, 0.0)) / math.log(10_001))


def times_more(value: float, base: float) -> float:
    """Return how many times more one value is than another: 0 for none, 1 for 30 times and more."""
    if not (value > 0 and base > 0):
        return 0.0
    return float(np.clip(math.log(value / base) / math.log(30), 0, 1))


def share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    """Return the part of `whole` that is in `part` as well, 0 of nothing."""
    n = int(whole.sum())
    return int((part & whole).sum()) / n if n else 0.0


def runs(failed: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each row of failures begins, and where it ends (one after its last)."""
    edges = np.diff(np.concatenate([[0], failed.astype(np.int8), [0]]))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
