"""Token buckets fitted to attempts and admissions."""

from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.causes.buckets import Bucket, fit_bucket


def limited(
    seed: int, rate: float, burst: float, asked: float, seconds: float = 30
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    at = np.sort(random.uniform(0, seconds * 1000, int(asked * seconds)))
    tokens, then, admitted = burst, 0.0, []
    for time in at:
        tokens, then = min(burst, tokens + (time - then) / 1000 * rate), time
        admitted.append(tokens >= 1)
        tokens -= tokens >= 1
    return at, np.array(admitted)


def fitted(at: np.ndarray, admitted: np.ndarray) -> Bucket:
    bucket = fit_bucket(at, admitted)
    assert bucket is not None
    return bucket


@pytest.mark.parametrize(("rate", "burst"), [(2.0, 1), (10.0, 10), (10.0, 60), (40.0, 5)])
def test_the_rate_is_found_whatever_the_burst(rate: float, burst: float) -> None:
    bucket = fitted(*limited(1, rate, burst, asked=3 * rate))

    assert bucket.rate == pytest.approx(rate, rel=0.1)
    assert bucket.low <= 1.05 * rate
    assert bucket.high >= 0.95 * rate
    assert bucket.explained > 0.4


def test_failures_by_chance_are_no_bucket() -> None:
    random = np.random.default_rng(2)
    at = np.sort(random.uniform(0, 60_000, 1200)) + np.repeat(np.arange(12), 100) * 5000.0

    bucket = fit_bucket(at, random.random(1200) < 0.6)

    assert bucket is None or bucket.explained < 0.2


def test_without_refusals_in_a_row_there_is_nothing_to_fit() -> None:
    at = np.arange(100.0) * 1000

    assert fit_bucket(at, np.ones(100, bool)) is None
    assert fit_bucket(at, np.zeros(100, bool)) is None
    assert fit_bucket(at[:5], np.array([True, False] * 2 + [True])) is None
