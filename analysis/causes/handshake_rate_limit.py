"""Handshake rate limit: handshakes fail with the rate of attempts; no more than R a second are admitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.causes import advice
from jmxgen.analysis.causes.base import LEAST, Finding
from jmxgen.analysis.causes.buckets import fit_bucket
from jmxgen.analysis.causes.steps import mantel_haenszel
from jmxgen.analysis.model import Hypothesis

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Facts


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on admissions a second, against one on open connections."""
    attempts = facts.attempts
    at, failed = attempts["at"].to_numpy(), attempts["failed"].to_numpy()
    if failed.sum() < 5:
        return None
    bucket = fit_bucket(at, ~failed)
    if bucket is None:
        return None
    step = facts.step
    by_concurrency = max((found.explained for found in (step, facts.held_step) if found), default=0.0)
    # A cap that is full admits as many as leave, at a steady rate: a bucket with a large burst mimics it. But
    # a bucket refuses at any number of open connections, a full cap at one.
    by_concurrency = max(by_concurrency, facts.standing.strength if facts.standing else 0.0)
    strata = attempts["open"].to_numpy() >= step.threshold if step else np.zeros(len(at), bool)
    # Busy: more attempts in the second before than the median one had.
    odds, low, high = mantel_haenszel(strata, facts.recent > np.median(facts.recent), failed)
    rate_matters = low > 1
    fit = min(1.0, bucket.explained / 0.6) * float(np.clip(1 - (by_concurrency - 0.15) / 0.6, 0, 1))
    fit *= 1.0 if rate_matters else 0.5
    explained = facts.marked(attempts["row"].to_numpy()[failed & bucket.saturated])
    score = facts.score(explained, fit=fit)
    if score < LEAST:
        return None
    return Finding(
        hypothesis=Hypothesis(
            cause="handshake-rate-limit",
            score=score,
            side="server",
            phase="handshake",
            finding=(
                f"No more than {bucket.rate:.3g} handshakes a second are admitted ({facts.how(explained)})"
            ),
            evidence={
                "rate_per_s": round(bucket.rate, 2),
                "interval": [round(bucket.low, 2), round(bucket.high, 2)],
            },
            support=(
                f"a token bucket of that rate tells {bucket.explained:.0%} of the admissions over time, "
                f"which was empty for {bucket.seconds:.0f} s; open connections tell {by_concurrency:.0%} of "
                f"which attempt fails; odds of failing in a busy second, at equal concurrency: {odds:.1f} "
                f"times ({low:.1f} to {high:.1f}, Mantel-Haenszel)"
            ),
            against=""
            if rate_matters
            else "at equal numbers of open connections, busy seconds did not fail more than quiet ones",
            advice=(
                (
                    f"Set load.handshake_rate to {max(1, int(0.9 * bucket.low))}/s and run again: the "
                    "refusals should be gone."
                ),
                (
                    "Keep reconnect.jitter: full and raise reconnect.cap: Retry-After of a 429 can't be "
                    "read by the sampler, so wait long."
                ),
                advice.LIMITS,
                "Platform API calls of the set-up count as well: by default 300 requests a minute and token.",
            ),
            next_run=""
            if rate_matters
            else "two ramps, one half as steep: a limit on the rate disappears, a cap does not",
        ),
        explained=explained,
    )
