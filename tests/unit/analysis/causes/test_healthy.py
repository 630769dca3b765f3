"""Healthy is said of callers and connections: almost every caller was served almost always."""

from __future__ import annotations

import pytest

from jmxgen.analysis.verdict import judge
from tests.unit.analysis.simulated import Load, simulate

# Callers that retry at once, hundreds of times a minute: the commonest hand-made plan.
AT_ONCE = Load(callers=100, ramp_s=5, length_s=40, base_s=0.05, cap_s=0.05, attempts=1_000_000, jitter=False)


@pytest.mark.parametrize("limit", [20, 60, 90])
def test_callers_that_retry_at_once_at_a_cap_are_not_healthy(limit: int) -> None:
    analysis = judge(simulate(f"cap:limit={limit}", load=AT_ONCE, seed=limit))

    assert analysis.counts.handshake_rate > 0.4
    assert analysis.verdict.cause != "healthy"
    refused = [hypothesis.cause for hypothesis in analysis.hypotheses if hypothesis.phase == "handshake"]
    assert "healthy" not in refused


def test_a_caller_that_retries_without_success_is_not_noise_among_a_hundred() -> None:
    alone = Load(callers=100, ramp_s=5, length_s=40, attempts=1_000_000, requests=(1000, 1000))
    analysis = judge(simulate("cap:limit=99", load=alone, seed=3))

    assert analysis.counts.opened == 99
    assert analysis.verdict.cause != "healthy"


def test_a_tenth_of_the_attempts_denied_is_not_healthy_however_quickly_the_rest_is_served() -> None:
    analysis = judge(simulate("refuse:share=10%,form=401", load=AT_ONCE, seed=4))

    assert analysis.verdict.cause != "healthy"


def test_a_phase_that_may_be_healthy_beside_an_ill_one_speaks_of_itself_alone() -> None:
    analysis = judge(simulate("cap:limit=60", "random:probability=0.1%", load=AT_ONCE, seed=5))

    said = [h.finding for h in analysis.hypotheses if h.cause == "healthy"]
    lost, opened = analysis.counts.data, analysis.counts.opened
    assert said == [f"{lost:,} of {opened:,} connections lost, no more than chance"]
