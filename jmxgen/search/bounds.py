"""How far a rate is known from trials: exact one-sided bounds, and the trials that a bound needs."""

from __future__ import annotations

import functools
import math
from typing import Final

LOOKS: Final = 3  # runs of one load at most, each looked at: they share the error
ERROR: Final = 0.05 / LOOKS  # of each one-sided bound (Bonferroni), so that a load's answer is 95% sure


@functools.cache
def lower(failures: int, trials: int, error: float = ERROR) -> float:
    """Return the lower bound of a failure rate (Clopper and Pearson, 1934), 0.0 without trials."""
    from scipy import stats

    return float(stats.beta.ppf(error, failures, trials - failures + 1)) if failures and trials else 0.0


@functools.cache
def upper(failures: int, trials: int, error: float = ERROR) -> float:
    """Return the upper bound of a failure rate (Clopper and Pearson, 1934), 1.0 without trials."""
    from scipy import stats

    if failures >= trials:
        return 1.0
    return float(stats.beta.ppf(1 - error, failures + 1, trials - failures))


def trials_needed(rate: float, error: float = ERROR) -> int:
    """Return how many trials without a failure prove that the failure rate is below `rate`, 0 < rate < 1."""
    return math.floor(math.log(error) / math.log1p(-rate)) + 1
