"""Where the failure rate jumps: the likelihood-ratio step, and a null that keeps bursts together."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENOUGH = 0.15  # of chance's own steps as strong: the observed one means nothing
WORTH_DRAWING = 0.05  # fit below which no permutation could make a step matter
PROFILE = 3.84  # chi-squared, 95%, one degree of freedom


@dataclasses.dataclass(frozen=True, kw_only=True)
class Jump:
    """Attempts at `threshold` and above fail more often than those below.

    The client's count and the server's differ by what is on its way, so what fails between `near` and the
    threshold belongs to it, and the rate below is that below `near`.
    """

    threshold: float
    near: float  # 2%, at least one, less: from here on the server may have seen the threshold reached
    low: float  # profile-likelihood range of the threshold
    high: float
    below: float  # failure rate below
    above: float
    n_below: int
    n_above: int
    ratio: float  # the likelihood-ratio statistic
    explained: float  # 0 to 1: the part of the deviance that the step takes away (McFadden's R²)

    @property
    def fit(self) -> float:
        """R² to the power of 0.35: near 1 for a hard limit, a half from 1% to 20%, where R² is small."""
        return float(self.explained**0.35)


def _log_likelihood(k: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        part = np.where(k > 0, k * np.log(p), 0.0) + np.where(n > k, (n - k) * np.log(1 - p), 0.0)
    return np.where(n > 0, part, 0.0)


def _ratios(failed: NDArray[np.float64], tried: NDArray[np.float64], least: int) -> NDArray[np.float64]:
    """Return the LR statistic of a split before each value; -inf where a side is too small or it falls."""
    k, n = failed.sum(), tried.sum()
    k1, n1 = np.cumsum(failed)[:-1], np.cumsum(tried)[:-1]
    k2, n2 = k - k1, n - n1
    whole = _log_likelihood(np.array([k]), np.array([n]))[0]
    ratio = 2 * (_log_likelihood(k1, n1) + _log_likelihood(k2, n2) - whole)
    usable = (n1 >= least) & (n2 >= least) & (k2 * n1 > k1 * n2)
    return np.where(usable, ratio, -np.inf)


def find_step(values: NDArray[np.int64], failed: NDArray[np.bool_], *, least: int = 5) -> Jump | None:
    """Find the value from which on failures are more frequent, by maximum likelihood.

    The likelihood-ratio change-point test for binomial data (Hinkley & Hinkley 1970; Worsley 1983), over the
    attempts sorted by `values`: LR(c) = 2 [ll(k1, n1) + ll(k2, n2) - ll(k, n)] with ll(k, n) =
    k ln(k/n) + (n-k) ln(1-k/n). The range is {c: LR(c) >= LR(c*) - 3.84}.

    Args:
        values: what may have a threshold, whole numbers >= 0, one per attempt.
        failed: whether the attempt failed.
        least: attempts there must be on each side.

    Returns:
        The step, or None where none raises the failure rate.
    """
    if len(values) == 0:
        return None
    tried = np.bincount(values).astype(np.float64)
    bad = np.bincount(values[failed], minlength=len(tried)).astype(np.float64)
    level = np.flatnonzero(tried)
    tried, bad = tried[level], bad[level]
    ratio = _ratios(bad, tried, least)
    if not len(ratio) or not np.isfinite(ratio.max()):
        return None
    best = int(ratio.argmax())
    inside = level[1:][ratio >= ratio[best] - PROFILE]
    threshold = float(level[best + 1])
    near = threshold - max(1.0, 0.02 * threshold)
    k1, n1 = _below(level, bad, tried, near, least)
    k2, n2 = bad[best + 1 :].sum(), tried[best + 1 :].sum()
    whole = float(_log_likelihood(np.array([bad.sum()]), np.array([tried.sum()]))[0])
    return Jump(
        threshold=threshold,
        near=near,
        low=float(min(inside.min(), level[best] + 1)),
        high=float(inside.max()),
        below=k1 / n1,
        above=float(k2 / n2),
        n_below=int(n1),
        n_above=int(n2),
        ratio=float(ratio[best]),
        explained=float(ratio[best] / (-2 * whole)) if whole < 0 else 0.0,
    )


def _below(
    level: NDArray[np.int64], bad: NDArray[np.float64], tried: NDArray[np.float64], near: float, least: int
) -> tuple[float, float]:
    """Return failures and attempts below `near`, or of the lowest levels where that is too few."""
    side = level < near
    if tried[side].sum() < least:
        side = level < level[int(np.searchsorted(np.cumsum(tried), least)) + 1]
    return float(bad[side].sum()), float(tried[side].sum())


def block_p_value(
    values: NDArray[np.int64],
    failed: NDArray[np.bool_],
    observed: float,
    *,
    least: int = 5,
    draws: int = 199,
    seed: int = 1,
) -> float:
    """Return how often chance alone gives a step as strong as the observed one; exact up to `ENOUGH`.

    The outcomes, in order of time, are shifted around a circle by a random number and their blocks shuffled,
    so that a burst of failures stays a burst: with outcomes shuffled one by one, two incidents pass for a
    threshold in nine runs of ten. Drawing ends as soon as the value is sure to be above `ENOUGH`, where no
    cause is weighed by it (Besag & Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991).

    Args:
        values: as for `find_step`, in order of time.
        failed: as for `find_step`.
        observed: the statistic of the real order.
        least: as for `find_step`.
        draws: permutations.
        seed: of the random numbers, so that the same file gives the same verdict.
    """
    n = len(values)
    block = int(max(np.clip(n / 20, 5, 100), n / 1000))
    blocks = -(-n // block)
    if blocks < 4:
        return 1.0
    random = np.random.default_rng(seed)
    often = np.bincount(values)
    level = np.cumsum(often > 0) - 1
    tried = often[often > 0].astype(np.float64)
    failures = np.flatnonzero(failed)  # they alone are moved: the rest is many times as much
    missing = blocks * block - n  # of the last block
    rank = np.empty(blocks, np.int64)
    reached = 0
    for drawn in range(1, draws + 1):
        turned = (failures + int(random.integers(n))) % n
        rank[random.permutation(blocks)] = np.arange(blocks)
        spot = rank[turned // block]
        place = spot * block + turned % block - missing * (spot > rank[-1])
        bad = np.bincount(level[values[place]], minlength=len(tried)).astype(np.float64)
        reached += bool(_ratios(bad, tried, least).max(initial=-np.inf) >= observed - 1e-9)
        if reached >= ENOUGH * draws:
            return reached / drawn
    return (reached + 1) / (draws + 1)


def mantel_haenszel(
    strata: NDArray[np.bool_], exposed: NDArray[np.bool_], failed: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return the common odds ratio of failing when exposed, over two strata, with its 95% interval.

    Mantel & Haenszel 1959, OR = sum(ad/n) / sum(bc/n); the interval is that of Robins, Breslow & Greenland
    1986. Cells get 0.5 more (Haldane-Anscombe) in strata that have failures and successes both; others say
    nothing. Strata cut at the threshold take away what concurrency does: a rate without an effect then shows
    odds near 1.

    Returns:
        (odds, low, high); (1, 0, inf) where no stratum says anything.
    """
    pr = ps = qr = qs = r_sum = s_sum = 0.0
    for stratum in (strata, ~strata):
        e, f = exposed[stratum], failed[stratum]
        if len(f) < 5 or f.all() or not f.any() or e.all() or not e.any():
            continue
        a, b = (e & f).sum() + 0.5, (e & ~f).sum() + 0.5
        c, d = (~e & f).sum() + 0.5, (~e & ~f).sum() + 0.5
        n = a + b + c + d
        p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
        pr, ps, qr, qs = pr + p * r, ps + p * s, qr + q * r, qs + q * s
        r_sum, s_sum = r_sum + r, s_sum + s
    if not r_sum or not s_sum:
        return 1.0, 0.0, float("inf")
    odds = r_sum / s_sum
    variance = pr / (2 * r_sum**2) + (ps + qr) / (2 * r_sum * s_sum) + qs / (2 * s_sum**2)
    half = 1.96 * variance**0.5
    return float(odds), float(odds * np.exp(-half)), float(odds * np.exp(half))
