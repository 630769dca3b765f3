"""Estimates: the interval that is given holds the truth, and a bound is not called an estimate."""

from __future__ import annotations

import numpy as np

from jmxgen.analysis.causes.queues import fixed_window
from jmxgen.analysis.causes.timeouts import find_peak


def test_a_window_that_admits_so_many_and_refuses_until_its_end_gives_the_rate_of_its_counter() -> None:
    at = np.arange(0, 120_000, 250, dtype=float)  # 4 attempts per second for 2 min
    within = (at % 10_000) // 250
    window = fixed_window(at, within >= 12)  # 12 of 40 in 10 s get in

    assert window.order > 0.9
    assert window.low <= 1.2 <= window.high
    assert abs(window.rate - 1.2) < 0.05


def test_a_time_limit_is_known_no_better_than_frames_travel() -> None:
    high = np.full(10, 5000.0)
    peak = find_peak(np.arange(10), high - 20, high, np.array([4900.0] * 10), travel=40.0)

    assert peak is not None
    low, top = peak.evidence["interval"]  # type: ignore[misc]
    assert low <= 4.94
    assert top >= 5.04
    assert peak.high == 5000.0  # what was seen stays what was seen


def test_a_limit_that_is_only_bounded_has_an_interval_and_no_number() -> None:
    high = np.full(10, 6000.0)
    peak = find_peak(np.arange(10), np.zeros(10), high, np.zeros(10))

    assert peak is not None
    assert peak.bounded_only
    assert "seconds" not in peak.evidence
    assert "interval" in peak.evidence
