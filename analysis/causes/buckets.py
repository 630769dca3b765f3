"""A limit on the rate of handshakes as a token bucket, fitted to what was asked and what was admitted."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 6000  # at most so many time steps a run
LEAST_STEP_MS = 100.0
FORM = 0.05  # limiters round: a token each 10 ms, a window's last part: no rate is known better than that
MOST_ATTEMPTS = 3000  # enough to estimate rate and burst


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bucket:
    """The token bucket that a run's admissions agree with best."""

    rate: float  # a second
    low: float
    high: float
    explained: float  # 0 to 1: how much better it explains admissions than a constant part of the attempts
    saturated: NDArray[np.bool_]  # one per attempt: made in a window in which the bucket was empty
    seconds: float  # how long it was


def fit_bucket(at: NDArray[np.float64], admitted: NDArray[np.bool_]) -> Bucket | None:
    """Fit the rate and burst of a token bucket to attempts and admissions.

    The rate: where refusals follow each other within a window, the bucket stays empty from the first to the
    last, so that what was admitted between them, over the time, is the rate (each such chain is off by one
    admission at most). A bucket that agrees with every attempt but 5% corrects it (small bursts run over
    unseen). The interval is 1.96 standard errors of the admissions per window inside the chains, at least
    that one admission a chain. How well a bucket explains the admissions: rates within 20% of that one, with
    bursts of 0.1 to 10 s worth, predict admissions a window; `explained` is 1 - sum |admitted - predicted| /
    sum |admitted - p × attempts| for the best of them, p being the part admitted in the whole run.

    Args:
        at: ms of each attempt, in order.
        admitted: whether it got through.

    Returns:
        The bucket, or None where refusals form no chain.
    """
    if len(at) < 10 or admitted.all() or not admitted.any():
        return None
    window = _window_ms(at, admitted)
    chains = _chains(at, admitted, window)
    if chains is None:
        return None
    length, passed = chains
    seconds = float(length.sum()) / 1000
    rate = float(passed.sum()) / seconds
    if not rate or seconds < window / 1000:
        return None
    per_second = passed / (length / 1000)
    noise = float(np.sqrt(np.average((per_second - rate) ** 2, weights=length) / len(length)))
    half = max(1.96 * noise, len(length) ** 0.5 / seconds, FORM * rate)
    low, high = max(0.0, rate - half), rate + half
    agreed = _agreeing_rates(at, admitted, rate)
    if len(agreed):
        rate, low, high = (
            float(np.median(agreed)),
            min(low, (1 - FORM) * float(agreed.min())),
            max(high, (1 + FORM) * float(agreed.max())),
        )
    explained, saturated = _explained(at, admitted, window, rate)
    return Bucket(rate=rate, low=low, high=high, explained=explained, saturated=saturated, seconds=seconds)


def _agreeing_rates(at: NDArray[np.float64], admitted: NDArray[np.bool_], rate: float) -> NDArray[np.float64]:
    """Return the rates of the buckets that contradict fewest attempts, none where all contradict over 5%.

    A bucket of rate R and burst B is filled by time and emptied by what was really admitted; it contradicts
    an attempt that got through with less than a token in it, or was refused with one. Needed for
    small bursts, which run over between attempts: what is admitted then stays below the rate.
    """
    at, admitted = at[:MOST_ATTEMPTS], admitted[:MOST_ATTEMPTS]
    seconds = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0]
    pairs = [
        (r, b) for r in rate * np.geomspace(0.9, 2.0, 41) for b in (1.0, 2.0, 5.0, *(r * s for s in seconds))
    ]
    rates, bursts = np.array(pairs).T
    tokens, wrong = bursts.copy(), np.zeros(len(rates))
    full = np.minimum(1.1, 0.98 * bursts)  # some slack: attempts are timed by the client
    for gap, passed in zip(np.diff(at, prepend=at[0]), admitted, strict=True):
        tokens = np.minimum(bursts, tokens + rates * (gap / 1000))
        wrong += tokens < 0.9 if passed else tokens >= full
        if passed:
            tokens = np.maximum(tokens - 1, 0.0)
    if wrong.min() > 0.05 * len(at):
        return np.zeros(0)
    return np.unique(rates[wrong <= wrong.min() + max(1.0, 0.002 * len(at))])


def _chains(
    at: NDArray[np.float64], admitted: NDArray[np.bool_], window: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return length (ms) and admissions of each chain of refusals no further apart than a window."""
    refused = np.flatnonzero(~admitted)
    linked = np.diff(at[refused]) <= window
    if not linked.any():
        return None
    length = np.diff(at[refused])
    passed = np.diff(refused) - 1.0
    chain = np.cumsum(np.concatenate([[False], ~linked]))[1:]
    lengths = np.bincount(chain[linked], weights=length[linked]).astype(np.float64)
    admissions = np.bincount(chain[linked], weights=passed[linked]).astype(np.float64)
    long = lengths >= 0.5 * window
    return (lengths[long], admissions[long]) if long.any() else None


def _explained(
    at: NDArray[np.float64], admitted: NDArray[np.bool_], window: float, rate: float
) -> tuple[float, NDArray[np.bool_]]:
    """Return how well a bucket of that rate explains admissions, and which attempts a short window held."""
    step = max(LEAST_STEP_MS, (at[-1] - at[0]) / STEPS)
    per_window = max(round(window / step), 1)
    bins = ((at - at[0]) // step).astype(np.int64)
    size = (int(bins[-1]) // per_window + 1) * per_window
    asked = np.bincount(bins, minlength=size).astype(np.float64)
    passed = np.bincount(bins, weights=admitted, minlength=size)
    asked_w, passed_w = asked.reshape(-1, per_window).sum(1), passed.reshape(-1, per_window).sum(1)
    baseline = float(np.abs(passed_w - passed.sum() / asked.sum() * asked_w).sum())
    errors = _errors(asked, passed_w, per_window, rate * step / 1000)
    short = asked_w - passed_w >= np.maximum(1, 0.1 * asked_w)
    return (max(0.0, 1 - errors / baseline) if baseline > 0 else 0.0), short[bins // per_window]


def _window_ms(at: NDArray[np.float64], admitted: NDArray[np.bool_]) -> float:
    """Return the least of 1, 2, 5, 10, 30 s in which at least four admissions fall, on average."""
    mean = admitted.sum() / max(at[-1] - at[0], 1000.0)
    return next((ms for ms in (1000.0, 2000.0, 5000.0, 10_000.0) if mean * ms >= 4), 30_000.0)


def _errors(asked: NDArray[np.float64], passed: NDArray[np.float64], per_window: int, mean: float) -> float:
    """Return the least sum of |admitted - predicted| over rates and bursts; `mean` is a step's admissions."""
    grid = np.meshgrid(mean * np.linspace(0.8, 1.2, 9), [0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0])
    rates, bursts = grid[0].ravel(), grid[1].ravel() * per_window
    bursts = np.maximum(rates * bursts, 1.0)
    tokens = bursts.copy()
    predicted = np.zeros((len(passed), len(rates)))
    for step, wanted in enumerate(asked):
        tokens = np.minimum(bursts, tokens + rates)
        if wanted:
            through = np.minimum(wanted, tokens)
            tokens = tokens - through
            predicted[step // per_window] += through
    return float(np.abs(predicted - passed[:, None]).sum(0).min())
