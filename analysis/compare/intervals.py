"""How sure a difference is, and how large it must be to be called a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import measures

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Interval = tuple[float, float]

SURE: Final = 2.576  # 99%, two-sided
LEAST_PART: Final = 0.1
LEAST_RATE: Final = 0.001
LEAST_MS: Final = 5.0
ALIKE: Final = 4  # so many neighbouring samples say as much as one


def newcombe(one: tuple[float, float], other: tuple[float, float], z: float = 1.96) -> Interval:
    """Return the interval of the difference of two proportions, other - one.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), method 10: from the Wilson limits l, u of each proportion p, d - sqrt((p2 - l2)² + (u1
    - p1)²) to d + sqrt((u2 - p2)² + (p1 - l1)²).

    Args:
        one: closures and trials before.
        other: the same after.
        z: the normal quantile: 1.96 gives 95%.
    """
    (k1, n1), (k2, n2) = one, other
    if not n1 or not n2:
        return -1.0, 1.0
    p1, p2 = k1 / n1, k2 / n2
    (l1, l2), (u1, u2) = (bound.tolist() for bound in measures.wilson([k1, k2], [n1, n2], z))
    difference = p2 - p1
    return (
        difference - float(np.hypot(p2 - l2, u1 - p1)),
        difference + float(np.hypot(u2 - p2, p1 - l1)),
    )


def design_effect(hit: pd.Series, cluster: pd.Series) -> float:
    """Return how many trials say as much as one independent one, at least 1.

    The variance of a ratio over clusters, m/(m-1) Σ(k - p n)² / (Σn)², over that of as many independent
    trials (Kish, Survey Sampling, 1965).

    Args:
        hit: whether the trial was a closure.
        cluster: whose it was.
    """
    counts = hit.groupby(cluster.to_numpy(), observed=True).agg(["sum", "size"])
    k, n = counts["sum"].to_numpy(np.float64), counts["size"].to_numpy(np.float64)
    whole, p, m = n.sum(), k.sum() / max(n.sum(), 1), len(n)
    simple = p * (1 - p) / whole if whole else 0.0
    if m < 2 or simple <= 0:
        return 1.0
    clustered = m / (m - 1) * float(((k - p * n) ** 2).sum()) / whole**2
    return float(max(1.0, clustered / simple))


def percentile_interval(row: Mapping[Any, Any], percent: int) -> Interval:
    """Return the 99% interval of a percentile, from the percentiles that are known.

    The rank of the p-quantile of n samples has the standard error sqrt(n p (1-p)), here with a quarter of the
    samples. Values between known percentiles are interpolated; below the 50th, the distance above it is
    taken.

    Args:
        row: a row of LABEL_COLUMNS.
        percent: 50, 90, 95 or 99.
    """
    n = max(float(row["samples"]) / ALIKE, 1.0)
    p = percent / 100
    error = SURE * float(np.sqrt(p * (1 - p) / n))
    # Over -log(1 - level) the tail of most distributions of times is about straight.
    last = max(1 - 0.5 / max(float(row["samples"]), 1.0), 0.995)
    known = -np.log1p(-np.array([0.5, 0.9, 0.95, 0.99, last]))
    values = [float(row[key]) for key in ("p50", "p90", "p95", "p99", "max")]
    middle = float(row[f"p{percent}"])
    high = float(np.interp(-np.log1p(-min(p + error, last)), known, values))
    low = float(np.interp(-np.log1p(-(p - error)), known, values)) if p - error >= 0.5 else 2 * middle - high
    # Times are whole milliseconds: half of one to each side is not known.
    return max(min(low, middle) - 0.5, 0.0), max(high, middle) + 0.5
