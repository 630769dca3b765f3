"""The likelihood-ratio step, its null, and the odds ratio."""

from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.causes.steps import block_p_value, find_step, mantel_haenszel


def drawn(seed: int, n: int = 2000, low: float = 0.01, high: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.integers(1, 801, n)
    return values, random.random(n) < np.where(values >= 500, high, low)


def test_a_hard_limit_is_found_exactly() -> None:
    values = np.arange(1, 201)

    step = find_step(values, values >= 120)

    assert step is not None
    assert (step.threshold, step.low, step.high) == (120, 120, 120)
    assert (step.below, step.above) == (0.0, 1.0)
    assert step.explained == pytest.approx(1)


def test_a_soft_threshold_is_found_within_a_few_sessions() -> None:
    errors = []
    for seed in range(20):
        step = find_step(*drawn(seed))
        assert step is not None
        errors.append(abs(step.threshold - 500))

    assert np.median(errors) <= 5
    assert max(errors) <= 40


def test_failures_that_fall_with_the_value_are_no_step() -> None:
    values = np.arange(100)

    assert find_step(values, values < 50) is None
    assert find_step(values, np.zeros(100, bool)) is None
    assert find_step(values[:0], np.zeros(0, bool)) is None


def test_the_p_value_is_small_for_a_threshold() -> None:
    values, failed = drawn(1)
    step = find_step(values, failed)
    assert step is not None

    assert block_p_value(values, failed, step.ratio) <= 0.01


def test_bursts_do_not_pass_for_a_threshold_more_often_than_chance() -> None:
    alarms = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        values = np.minimum(np.arange(2000) // 2 + random.integers(-20, 20, 2000), 800).clip(0)
        values = random.permutation(values.reshape(20, 100)).ravel()
        failed = random.random(2000) < 0.01
        for start in random.integers(0, 1960, 2):
            failed[start : start + 40] |= random.random(40) < 0.8
        step = find_step(values, failed, least=30)
        alarms += step is not None and block_p_value(values, failed, step.ratio, least=30) <= 0.01

    assert alarms <= 3


def test_the_same_data_give_the_same_p_value() -> None:
    values, failed = drawn(3, high=0.03)
    step = find_step(values, failed)
    assert step is not None

    assert block_p_value(values, failed, step.ratio) == block_p_value(values, failed, step.ratio)


def test_the_common_odds_ratio_is_that_of_its_strata() -> None:
    # In both strata the odds of failing are three times as high when exposed; the strata differ in their
    # level.
    random = np.random.default_rng(4)
    strata, exposed = random.random(40_000) < 0.5, random.random(40_000) < 0.5
    odds = np.where(strata, 0.5, 0.05) * np.where(exposed, 3, 1)
    failed = random.random(40_000) < odds / (1 + odds)

    ratio, low, high = mantel_haenszel(strata, exposed, failed)

    assert low < 3 < high
    assert ratio == pytest.approx(3, rel=0.1)


def test_an_exposure_without_an_effect_has_odds_of_one_within_the_strata() -> None:
    random = np.random.default_rng(6)
    strata = random.random(20_000) < 0.5
    exposed = random.random(20_000) < np.where(strata, 0.9, 0.1)  # goes with the stratum
    failed = random.random(20_000) < np.where(strata, 0.5, 0.02)  # so does the failure

    ratio, low, high = mantel_haenszel(strata, exposed, failed)

    assert low < 1 < high
    assert ratio == pytest.approx(1, abs=0.2)


def test_strata_that_say_nothing_leave_the_odds_open() -> None:
    everything = np.ones(20, bool)

    assert mantel_haenszel(everything, everything, everything) == (1.0, 0.0, float("inf"))
