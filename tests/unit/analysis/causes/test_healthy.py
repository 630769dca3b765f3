"""Healthy is said of callers and connections: almost every caller was served almost always."""

from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.verdict import judge
from tests.unit.analysis.synthetic import Cap, Load, Rejection, Server, generator, simulate

# Callers that retry at once, hundreds of times a minute: the commonest hand-made plan.
AT_ONCE = Load(callers=100, ramp_s=5, length_s=40, base_s=0.05, cap_s=0.05, attempts=1_000_000, jitter=False)


class Deny(Server):
    """Refuses some callers whatever they do: every tenth that comes first, and its retries."""

    def __init__(self, random: np.random.Generator, among: int) -> None:
        super().__init__(random)
        self.among = among
        self.asked = 0

    def admit(self, at: float) -> Rejection | None:
        self.asked += 1
        return ("rejected", 401) if self.asked % self.among == 0 else None


@pytest.mark.parametrize("limit", [20, 60, 90])
def test_callers_that_retry_at_once_at_a_cap_are_not_healthy(limit: int) -> None:
    analysis = judge(simulate(Cap(generator(limit), limit), AT_ONCE, limit))

    assert analysis.counts.handshake_rate > 0.4
    assert analysis.verdict.cause != "healthy"
    assert "healthy" not in [hypothesis.cause for hypothesis in analysis.hypotheses]


def test_a_caller_that_retries_without_success_is_not_noise_among_a_hundred() -> None:
    alone = Load(callers=100, ramp_s=5, length_s=40, attempts=1_000_000, requests=(1000, 1000))
    analysis = judge(simulate(Cap(generator(3), 99), alone, 3))

    assert analysis.counts.opened == 99
    assert analysis.verdict.cause != "healthy"


def test_a_tenth_of_the_attempts_denied_is_not_healthy_however_quickly_the_rest_is_served() -> None:
    analysis = judge(simulate(Deny(generator(4), 10), AT_ONCE, 4))

    assert analysis.verdict.cause != "healthy"
