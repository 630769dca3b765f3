"""Peaks of ages and idle times that are known as intervals."""

from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.causes.timeouts import Peak, find_peak


def peak(low: np.ndarray, high: np.ndarray, survived: np.ndarray) -> Peak:
    found = find_peak(np.arange(len(high)), low.astype(float), high.astype(float), survived.astype(float))
    assert found is not None
    return found


RANDOM = np.random.default_rng(1)


def test_losses_noticed_at_once_give_the_time_itself() -> None:
    high = 60_000 + RANDOM.normal(0, 20, 50)

    found = peak(high - 1, high, RANDOM.uniform(1000, 59_000, 200))

    assert found.ms == pytest.approx(60_000, rel=0.001)
    assert found.fit > 0.9
    assert not found.bounded_only


def test_random_pauses_close_in_on_the_time_from_both_sides() -> None:
    pauses = RANDOM.uniform(1000, 5000, 400)
    fatal, survived = pauses[pauses > 3000], pauses[pauses <= 3000]

    found = peak(np.zeros(len(fatal)), fatal, survived)

    assert found.low == survived.max()
    assert found.high == fatal.min()
    assert found.ms == pytest.approx(3000, rel=0.02)
    assert found.fit > 0.9


def test_one_fixed_pause_only_bounds_the_time() -> None:
    found = peak(np.full(60, 20.0), np.full(60, 10_000.0), np.full(60, 20.0))

    assert found.bounded_only
    assert (found.low, found.high) == (20, 10_000)
    assert found.fit <= 0.35


def test_connections_that_lived_longer_speak_against_it() -> None:
    high = np.full(50, 5000.0)

    alone, outlived = (peak(high - 1, high, np.full(n, 8000.0)) for n in (0, 50))

    assert outlived.contradicting == 50
    assert outlived.fit < 0.6 < alone.fit


def test_ages_spread_by_chance_are_no_peak() -> None:
    high = RANDOM.exponential(20_000, 200)

    found = peak(np.maximum(high - 1, 0), high, RANDOM.exponential(20_000, 200))

    assert found.fit * found.explained.mean() < 0.15


def test_two_losses_are_an_anecdote() -> None:
    assert find_peak(np.arange(2), np.zeros(2), np.full(2, 9000.0), np.zeros(0)) is None
