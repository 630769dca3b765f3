"""Handshake rate limit: handshakes fail with the rate of attempts; no more than R a second are admitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, levels, shapes
from jmxgen.analysis.causes.base import Figure, Finding
from jmxgen.analysis.causes.buckets import FORM, fit_bucket
from jmxgen.analysis.causes.queues import Queue, Window, find_queue, fixed_window
from jmxgen.analysis.causes.steps import find_step, mantel_haenszel
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What, under_rate
from jmxgen.units import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.buckets import Bucket

IN_WINDOWS: Final = 0.8  # admissions so far before the refusals of their window are those of a counter
EVEN: Final = 0.5  # admissions so even are those of a queue
NAME: Final = "handshake-rate-limit"
PHASES: Final = ("handshake",)
PICTURE: Final = "rate"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "rate_per_s": Figure("admitted at most", "handshakes per second", limit=True),
    "interval": Figure("interval"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(What.UNDER_RATE, "with as many callers, a limit on the rate disappears, a cap does not"),
        Change(What.JITTER, "callers that were refused together no longer come back together"),
    ),
    capacity=Capacity.OPENINGS,
)


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on admissions per second, against a limit on open connections."""
    attempts = facts.attempts
    at, failed = attempts["at"].to_numpy(), attempts["failed"].to_numpy()
    if failed.sum() < 5:
        return None
    bucket = facts.once(_bucket)
    queue = facts.once(find_queue)
    if bucket is None or (facts.unanswered.sum() > failed.sum() / 2 and queue.evenness > EVEN):
        return _queued(facts, queue)
    step = facts.once(levels.step)
    by_concurrency = max(
        (found.explained for found in (step, facts.once(levels.held_step)) if found), default=0.0
    )
    # A cap that is full admits as many as leave, at a steady rate: a bucket with a large burst mimics it. But
    # a bucket refuses at any number of open connections, a full cap at one.
    standing = facts.once(levels.standing)
    by_concurrency = max(by_concurrency, standing.strength if standing else 0.0)
    strata = attempts["open"].to_numpy() >= step.threshold if step else np.zeros(len(at), bool)
    # Busy: more attempts in the second before than the median one had.
    recent = facts.once(levels.recent)
    odds, low, high = mantel_haenszel(strata, recent > np.median(recent), failed)
    rate_matters = low > 1
    fit = min(1.0, bucket.explained / 0.6) * float(np.clip(1 - (by_concurrency - 0.15) / 0.6, 0, 1))
    fit *= 1.0 if rate_matters else 0.5
    explained = facts.marked(attempts["row"].to_numpy()[failed & bucket.saturated])
    rate, low_rate, high_rate = _rate(bucket, facts.once(_window))
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="handshake",
            finding=(
                f"No more than {rounded(rate)} handshakes per second are admitted ({facts.how(explained)})"
            ),
            evidence={
                "rate_per_s": round(rate, 2),
                "interval": [round(low_rate, 2), round(high_rate, 2)],
            },
            support=(
                f"a token bucket of that rate explains {bucket.explained:.0%} of the admissions over time, "
                f"which was empty for {bucket.seconds:.0f} s; open connections explain {by_concurrency:.0%} "
                f"of the failures; odds of failing in a busy second, at equal concurrency: {odds:.1f} "
                f"times ({low:.1f} to {high:.1f}, Mantel-Haenszel)"
            ),
            against=""
            if rate_matters
            else "at equal numbers of open connections, busy seconds did not fail more than quiet ones",
            advice=(
                Step(
                    f"Set load.handshake_rate to {under_rate(low_rate):g}/s and run again: no "
                    "refusals are expected there.",
                    f"Open no more than {under_rate(low_rate):g} connections per second (a longer "
                    "ramp-up; a Constant Throughput Timer under the Open sampler): no refusals are expected "
                    "there.",
                ),
                Step(
                    "Keep reconnect.jitter: full and raise reconnect.cap: the sampler can't read the "
                    "Retry-After of a 429, so wait long.",
                    "Wait a random, growing time before each new Open: the sampler can't read the "
                    "Retry-After of a 429.",
                ),
                advice.FIND_LIMIT,
                advice.LIMITS,
            ),
            next_run=None if rate_matters else NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _queued(facts: Facts, queue: Queue) -> Finding | None:
    """Weigh a queue that is served at one pace: what waits longer than the client does, fails."""
    if not queue.rate > 0:
        return None
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="handshake",
            finding=(
                f"Handshakes wait in a queue that lets in {rounded(queue.rate)} per second; "
                f"{int(facts.unanswered.sum()):,} gave up waiting"
            ),
            evidence={
                "rate_per_s": round(queue.rate, 2),
                "interval": [round(queue.low, 2), round(queue.high, 2)],
            },
            support=(
                f"{queue.waiting:.0%} of the admitted handshakes waited, and the 101s came at one pace "
                f"(evenness {queue.evenness:.0%})"
            ),
            advice=(
                Step(
                    f"Set load.handshake_rate to {under_rate(queue.low):g}/s and run again: nothing "
                    "should wait.",
                    f"Open no more than {under_rate(queue.low):g} connections per second: nothing "
                    "should wait.",
                ),
                advice.FIND_LIMIT,
                advice.LIMITS,
            ),
            next_run=NEXT_RUN,
        ),
        explained=facts.unanswered,
        fit=queue.evenness,
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how far failures follow the rate of attempts, in each form that limits have."""
    attempts = facts.attempts
    failed = attempts["failed"].to_numpy()
    bucket = facts.once(_bucket)
    recent = facts.once(levels.recent)
    by_recent = find_step(recent, failed)
    queue = facts.once(find_queue)
    return {
        "admissions that a token bucket explains": bucket.explained if bucket else 0.0,
        "failures in the time that the bucket was empty": (
            float(bucket.saturated[failed].mean()) if bucket and failed.any() else 0.0
        ),
        "failures that the last second's attempts explain": by_recent.explained if by_recent else 0.0,
        "failures with more recent attempts than at successes": shapes.parts(recent, failed),
        "admissions that come evenly": queue.evenness,
        "handshakes that waited in a queue": queue.waiting,
        "admissions that come first in a fixed window": facts.once(_window).order,
    }


def _rate(bucket: Bucket, window: Window) -> tuple[float, float, float]:
    """Return the rate and its interval: of the windows where they are plain, else of the bucket."""
    if window.order >= IN_WINDOWS and window.rate > 0:
        form = FORM * window.rate
        return window.rate, min(window.low, window.rate - form), max(window.high, window.rate + form)
    return bucket.rate, bucket.low, bucket.high


def _window(facts: Facts) -> Window:
    attempts = facts.attempts
    return fixed_window(attempts["at"].to_numpy(), attempts["failed"].to_numpy())


def _bucket(facts: Facts) -> Bucket | None:
    attempts = facts.attempts
    if int(attempts["failed"].sum()) < 5:
        return None
    return fit_bucket(attempts["at"].to_numpy(), ~attempts["failed"].to_numpy())
