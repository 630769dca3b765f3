"""Mass disconnect: many connections end within a moment, whatever their age."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, peaks, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural, seconds_text, significance
from jmxgen.analysis.metrics.plateau import around
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "mass-disconnect"
PHASES: Final = ("data",)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "at": Figure("at"),
    "connections": Figure("connections lost"),
}
NEXT_RUN: Final = NextRun(
    changes=(Change(What.SLOWER_RAMP, "ages then differ, a common moment stays one"),),
    capacity=Capacity.EVENT,
)


MOMENT_MS = 500.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moment:
    """The moment that most losses have in common."""

    at: float
    lost: NDArray[np.bool_]  # one per connection: lost then, or in an interval that holds it
    expected: float  # how many would be, were losses spread evenly
    open: int  # connections open just before it
    p: float


def find_moment(facts: Facts) -> Moment | None:
    """Find the time that lies in the intervals of most losses (a scan over time).

    The p-value is Poisson's, of as many intervals by chance at one moment, times the number of moments looked
    at.
    """
    rows = np.flatnonzero(facts.once(peaks.timed_losses))
    if len(rows) < 5:
        return None
    high = facts.number("noticed_at")[rows]
    low = np.fmin(np.nan_to_num(facts.number("end_after")[rows], nan=np.inf), high)
    at = np.unique(high)
    holding = np.searchsorted(np.sort(low), at + MOMENT_MS, "right") - np.searchsorted(
        np.sort(high), at - MOMENT_MS, "left"
    )
    best = int(holding.argmax())
    inside = (low <= at[best] + MOMENT_MS) & (high >= at[best] - MOMENT_MS)
    length = max(facts.run.end_ms - facts.run.start_ms, 2 * MOMENT_MS)
    expected = float(np.minimum((high - low + 2 * MOMENT_MS) / length, 1).sum())
    lost = facts.marked(rows[inside])
    moment = float(min(high[inside].min(), low[inside].max()))
    moments = length / (2 * MOMENT_MS)
    before = float(low[inside].min())
    return Moment(
        at=moment,
        lost=lost,
        expected=expected,
        open=int(facts.open_connections.at([before])[0]),
        p=_by_chance(int(inside.sum()), expected, moments),
    )


def _by_chance(count: int, expected: float, moments: float) -> float:
    """Return the probability of so many or more at one of so many moments, at most 1 (Poisson's tail)."""
    first = moments * math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    if (
        first >= 1
    ):  # the tail's first term alone: scipy, whose import takes as long as 200,000 rows, is not needed
        return 1.0
    from scipy import special

    return min(float(special.pdtrc(count - 1, expected)) * moments, 1.0)


def weigh(facts: Facts) -> Finding | None:
    """Weigh that losses share a moment and not an age."""
    moment = facts.once(find_moment)
    if moment is None:
        return None
    number = int(moment.lost.sum())
    hit = number / max(moment.open, number)
    age = facts.number("noticed_at")[moment.lost] - facts.number("opened_at")[moment.lost]
    spread_age = float(np.subtract(*np.quantile(age, [0.9, 0.1])))
    spread_time = float(np.subtract(*np.quantile(facts.number("noticed_at")[moment.lost], [0.9, 0.1])))
    apart = spread_age > 2 * spread_time + 1000
    fit = significance(moment.p) * min(1.0, hit / 0.2) * (0.97 if apart else 0.6)
    fit *= max(0.0, 1 - moment.expected / number)
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="data",
            finding=(
                f"{plural(number, 'connection')} dropped simultaneously, "
                f"{facts.since_start(moment.at):.1f} s into the run"
            ),
            evidence={"at": iso(moment.at), "connections": number},
            support=(
                f"{hit:.0%} of the open connections ended then, {moment.expected:.0f} would have by chance; "
                f"their ages spread over {seconds_text(spread_age)}{_outside(facts, moment)}"
            ),
            against=""
            if apart
            else (
                "these connections were also opened within a moment: a limit on their age would look the same"
            ),
            advice=(
                Step.for_all(
                    "Look for what happened at that moment: a deployment, restart or scaling of the server, "
                    "a failover of the load balancer, a cut network. One event ends all connections of one "
                    "node."
                ),
                Step(
                    "Keep reconnect.jitter: full, so that callers do not all come back at once.",
                    "Wait a random time before each new Open, so that callers do not all come back at once.",
                ),
                advice.SERVER_LOG,
                advice.DISCONNECT_TYPE,
            ),
            next_run=None if apart else NEXT_RUN,
        ),
        explained=moment.lost,
        fit=fit,
    )


def _outside(facts: Facts, moment: Moment) -> str:
    """Say what Active Conversations did at that moment, where they are known."""
    levels = around(facts.run.metrics, moment.at) if facts.run.metrics is not None else None
    if levels is None:
        return ""
    before, after = levels
    if after < 0.7 * before:
        return f"; Active Conversations fell from {before:,.0f} to {after:,.0f} with them"
    return (
        f"; Active Conversations stayed at {after:,.0f}: the network lost the connections, not the platform"
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how many losses share a moment, and what part of the open connections that was."""
    moment = facts.once(find_moment)
    lost = facts.once(peaks.timed_losses)
    names = (
        "losses at one moment",
        "open connections lost at that moment",
        "how unlikely that moment is by chance",
        "ages at that moment differ",
        "losses in the two busiest seconds",
    )
    if moment is None or not lost.any():
        return dict.fromkeys(names, 0.0)
    hit = int(moment.lost.sum())
    age = (facts.number("noticed_at") - facts.number("opened_at"))[moment.lost]
    second = facts.number("noticed_at")[lost] // 1000
    busiest = np.sort(np.unique(second, return_counts=True)[1])[::-1]
    values = (
        hit / int(lost.sum()),
        min(1.0, hit / max(moment.open, hit)),
        significance(moment.p),
        1 - shapes.narrow(age),
        int(busiest[:2].sum()) / int(lost.sum()),
    )
    return dict(zip(names, values, strict=True))
