"""The load of a run, as far as its results show it: how many callers, and how fast they came."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.measures import callers
from jmxgen.units import rounded

if TYPE_CHECKING:
    from jmxgen.analysis.model import Analysis

CALLERS_PART: Final = 0.1  # a difference up to this part of the larger is the same number of callers,
RAMP_PART: Final = 0.25  # and up to this one the same ramp: JMeter starts threads with some delay
_FEWEST: Final = 5  # callers that make a ramp


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReachedLoad:
    """Callers, and how many of them came per second; None where too few came to say."""

    callers: int
    ramp_per_s: float | None

    def __str__(self) -> str:
        ramp = "" if self.ramp_per_s is None else f", {rounded(self.ramp_per_s)} per second"
        return f"{self.callers:,} {'caller' if self.callers == 1 else 'callers'}{ramp}"


def of(analysis: Analysis) -> ReachedLoad:
    """Return the load of a run.

    The ramp is the slope between the tenth and the ninetieth of a hundred callers by their first attempts, so
    that stragglers don't count.
    """
    connections = analysis.run.connections
    keys = [connections[name].cat.codes.to_numpy() for name in ("file", "thread")]
    first = np.sort(connections["attempted_at"].groupby(keys).min().dropna().to_numpy(np.float64))
    ramp = None
    if len(first) >= _FEWEST:
        low, high = np.quantile(first, [0.1, 0.9])
        ramp = 0.8 * (len(first) - 1) / max((high - low) / 1000, 0.001)
    return ReachedLoad(callers=callers.count(analysis.run).reached, ramp_per_s=ramp)


def apart(one: float, other: float, part: float) -> bool:
    """Say whether two figures differ by more than a part of the larger."""
    return abs(one - other) > part * max(one, other)


def less(before: ReachedLoad, after: ReachedLoad) -> bool:
    """Say whether the second load is the smaller one: fewer callers, or a slower ramp."""
    if apart(before.callers, after.callers, CALLERS_PART):
        return after.callers < before.callers
    if before.ramp_per_s is None or after.ramp_per_s is None:
        return False
    return after.ramp_per_s < before.ramp_per_s and apart(before.ramp_per_s, after.ramp_per_s, RAMP_PART)
