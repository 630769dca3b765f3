from __future__ import annotations

import pytest

from jmxgen.search import bounds


def test_the_bounds_are_those_of_clopper_and_pearson() -> None:
    # 0 of 299 prove less than 1% at 95%; 5 of 100: R's binom.test(5, 100, alternative=…)$conf.int
    assert bounds.upper(0, 299, 0.05) == pytest.approx(0.01, abs=1e-4)
    assert bounds.upper(5, 100, 0.05) == pytest.approx(0.1022, abs=1e-4)
    assert bounds.lower(5, 100, 0.05) == pytest.approx(0.0199, abs=1e-4)


def test_without_trials_nothing_is_known() -> None:
    assert (bounds.lower(0, 0), bounds.upper(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.2])
def test_the_trials_needed_are_the_fewest_that_prove_a_rate(rate: float) -> None:
    need = bounds.trials_needed(rate)

    assert bounds.upper(0, need) < rate <= bounds.upper(0, need - 1)
