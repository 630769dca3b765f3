"""Concurrency cap: attempts fail where N connections are open, whatever the rate, and succeed below."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, levels, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural, significance
from jmxgen.analysis.causes.eviction import find_eviction
from jmxgen.analysis.causes.steps import WORTH_DRAWING, Jump, block_p_value
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "concurrency-cap"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "threshold"
MOST_MOMENTS: Final = 1_000_000  # looked at: a damaged time makes a run of a thousand years
NEAR_THE_TOP: Final = 0.9  # of the most that were ever open
EVIDENCE: Final[Mapping[str, Figure]] = {
    "limit": Figure("limit", "connections", limit=True),
    "interval": Figure("interval"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(
            What.AROUND_LIMIT,
            "a cap shows at the same number each time, trouble of one moment doesn't come back",
        ),
    ),
    capacity=Capacity.CONNECTIONS,
)
OWN_CHANNELS: Final = NextRun(
    instead="the same callers, each with a token or channel of its own: the evictions should be gone",
    capacity=Capacity.CONNECTIONS,
)


def weigh(facts: Facts) -> Finding | None:
    """Weigh the cap by refusals where it is reached, and by evictions; the better of the two speaks."""
    found = [finding for finding in (_refusing(facts), _evicting(facts)) if finding is not None]
    return max(found, key=lambda finding: finding.fit * facts.share(finding.explained), default=None)


def _refusing(facts: Facts) -> Finding | None:
    """Weigh the step in the failure rate of attempts over the number of open connections."""
    attempts = facts.attempts
    failed, concurrency = attempts["failed"].to_numpy(), attempts["open"].to_numpy()
    step = facts.once(levels.step)
    if step is None or failed.sum() < 3:
        return None
    explained = facts.marked(attempts["row"].to_numpy()[failed & (concurrency >= step.near)])
    apart = separation(facts, step)
    standing = facts.once(levels.standing)
    strength = standing.strength if standing else 0.0
    fit, part = max(step.fit, strength) * apart.factor, 1 - step.below / step.above
    p = block_p_value(concurrency, failed, step.ratio) if fit * part > WORTH_DRAWING else 1.0
    fit *= significance(p) * part
    late = (explained & facts.early).sum() > explained.sum() / 2
    verb = "dropped right after the open" if late else "refused"
    limit, interval = _limit(step, concurrency, concurrency[failed] if not late else concurrency[:0])
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="data" if late else "handshake",
            finding=f"Connections are {verb} once {limit:,} are open ({facts.how(explained)})",
            evidence={"limit": limit, "interval": interval},
            support=(
                f"{step.above:.0%} of {plural(step.n_above, 'attempt')} with {step.threshold:,.0f} or more "
                f"open failed, {step.below:.1%} of {step.n_below:,} below (block permutation p = {p:.3f}); "
                f"{plural(apart.admitted, 'attempt')} got in below it after the first failure; open "
                f"connections stood at it for {apart.plateau_seconds:.0f} s while attempts failed"
            ),
            against=apart.against,
            advice=_advice(int(step.low)),
            next_run=NEXT_RUN if apart.against else None,
        ),
        explained=explained,
        fit=fit,
    )


def _evicting(facts: Facts) -> Finding | None:
    """Weigh the step in how often an open ends another connection."""
    eviction = facts.once(find_eviction)
    if eviction is None:
        return None
    fit = eviction.fit
    step = eviction.step
    level = facts.attempts["open"].to_numpy()
    limit, interval = _limit(step, level, level[level >= step.near])
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="data",
            finding=(
                f"Once {limit:,} connections are open, each new one ends another ({facts.how(eviction.lost)})"
            ),
            evidence={"limit": limit, "interval": interval},
            support=(
                f"{step.above:.0%} of {plural(step.n_above, 'open')} with {limit:,} or more open was "
                f"followed by the loss of another connection, {step.below:.1%} of {step.n_below:,} below "
                f"(block permutation p = {eviction.p:.3f})"
            ),
            advice=(advice.CHANNELS, *_advice(int(step.low))[:2], advice.PACE),
            next_run=OWN_CHANNELS,
        ),
        explained=eviction.lost,
        fit=fit,
    )


def _limit(step: Jump, level: NDArray[np.int64], at_trouble: NDArray[np.int64]) -> tuple[int, list[int]]:
    """Return the limit, and the interval that it lies in.

    The client counts a slot free before or after the server does, and attempts that are on their way not at
    all, so that refusals begin below the limit. But a server that keeps to a limit never lets more in: the
    most that were ever open bound it from above, and are it where most of the trouble stands close to them.

    Args:
        step: where the failure rate jumps.
        level: how many were open at each attempt.
        at_trouble: how many were open when the server refused, or ended another one; none where it lets
            in what it ends at once, and more than the limit are open for a moment.
    """
    most = int(level.max(initial=0))
    stands = bool((at_trouble >= NEAR_THE_TOP * most).mean() > 0.5) if len(at_trouble) else False
    limit = most if stands else round(step.threshold)
    return limit, [min(int(step.low), limit), max(int(step.high), most)]


def _advice(low: int) -> tuple[Step, ...]:
    return (
        Step(
            f"Keep load.callers a little under {low:,}: no refusals are expected there.",
            f"Keep the number of threads a little under {low:,}: no refusals are expected there.",
        ),
        advice.FIND_LIMIT,
        advice.LIMITS,
        advice.CHANNELS,
        advice.DISCONNECT,
        advice.PACE,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Separation:
    """Whether this run separates concurrency from time, and how."""

    factor: float
    admitted: int  # attempts admitted below the threshold, after the first failure above it
    plateau_seconds: float
    against: str = ""


def separation(facts: Facts, step: Jump) -> Separation:
    """Look for what only a threshold in concurrency does: admissions again once slots free, or a plateau.

    In a single ramp, concurrency and time rise together, and a server that refuses everybody from some minute
    on looks like a cap.
    """
    attempts = facts.attempts
    concurrency, failed = attempts["open"].to_numpy(), attempts["failed"].to_numpy()
    first = int(np.flatnonzero(failed & (concurrency >= step.threshold))[0])
    below = concurrency[first + 1 :] < step.threshold  # after it
    tried, bad = int(below.sum()), int((failed[first + 1 :] & below).sum())
    admitted = tried - bad
    seconds = _plateau(facts, attempts["at"].to_numpy()[failed], step.threshold)
    if admitted >= 5 and float(measures.wilson(bad, tried)[1]) < step.above:
        return Separation(factor=1.0, admitted=admitted, plateau_seconds=seconds)
    trend = _trend(concurrency)
    return Separation(
        factor=0.85 if seconds >= 3 else 0.6,
        admitted=admitted,
        plateau_seconds=seconds,
        against=(
            f"open connections rose with time (correlation {trend:.2f}), and after the first failure only "
            f"{plural(admitted, 'attempt')} got in below {step.threshold:,.0f}: this run can't distinguish a "
            "limit in connections from trouble that began at that moment"
        ),
    )


def _trend(values: NDArray[np.int64]) -> float:
    """Return the correlation of values with their order."""
    if len(values) < 2 or values.std() == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(values)), values)[0, 1])


def _plateau(facts: Facts, failures: NDArray[np.float64], limit: float) -> float:
    """Return how many seconds, from the first failure to the last, open connections stood at the limit."""
    step = max(250.0, float(np.ptp(failures)) / MOST_MOMENTS)
    times = np.arange(failures.min(), failures.max(), step)
    level = facts.open_connections.at(times)
    return float(((level >= 0.9 * limit) & (level <= 1.05 * limit + 1)).sum()) * step / 1000


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how far open connections alone part refused attempts from admitted ones."""
    attempts = facts.attempts
    failed, level = attempts["failed"].to_numpy(), attempts["open"].to_numpy()
    step, standing = facts.once(levels.step), facts.once(levels.standing)
    peak = max(int(level.max(initial=0)), 1)
    high = level >= 0.9 * peak
    eviction = facts.once(find_eviction)
    status = facts.number("status")
    return {
        "failures that open connections explain": step.explained if step else 0.0,
        "failures with more open than at successes": shapes.parts(level, failed),
        "failure rate below the step": step.below if step else 1.0,
        "failure rate above the step": step.above if step else 0.0,
        "failures while open connections stood at one level": standing.strength if standing else 0.0,
        "failures near the peak of open connections": shapes.share(high, failed),
        "attempts near the peak that failed": shapes.share(failed, high),
        "opens that ended another connection": eviction.fit if eviction else 0.0,
        "losses just after the open": shapes.share(facts.early, facts.data),
        "refusals that say 429": shapes.share(status == 429, facts.handshake),
        "refusals that say 503": shapes.share(status == 503, facts.handshake),
        "attempts that got no answer": shapes.share(facts.unanswered, facts.handshake),
        "attempts that were cut (reset, eof)": shapes.share(
            facts.where("kind", "reset") | facts.where("kind", "eof"), facts.handshake
        ),
    }
