"""How many connections were open, or abandoned, when attempts failed, and how many came just before."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.causes.steps import find_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.steps import Jump


def step(facts: Facts) -> Jump | None:
    """Return where the failure rate of attempts jumps, over open connections."""
    return find_step(facts.attempts["open"].to_numpy(), facts.attempts["failed"].to_numpy())


def leaked(facts: Facts) -> NDArray[np.bool_]:
    """Return which connections were abandoned without a close frame."""
    return facts.where("end", "leaked")


def held(facts: Facts) -> NDArray[np.int64]:
    """Return how many connections were open or abandoned just before each of `Facts.attempts`."""
    left = np.sort(measures.ended_at(facts.connections)[leaked(facts)])
    before = np.searchsorted(left, facts.attempts["at"].to_numpy(), "right")
    return np.asarray(facts.attempts["open"].to_numpy() + before, np.int64)


def held_step(facts: Facts) -> Jump | None:
    """Return where the failure rate of attempts jumps, over open and abandoned connections together."""
    return find_step(facts.once(held), facts.attempts["failed"].to_numpy())


def recent(facts: Facts) -> NDArray[np.int64]:
    """Return how many attempts were made in the second before each of `Facts.attempts`."""
    at = facts.attempts["at"].to_numpy()
    return np.arange(len(at)) - np.searchsorted(at, at - 1000.0, "left")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """Open connections at the attempts that failed: what a cap holds at its limit."""

    level: float  # their median
    low: float  # 10% of them lie below
    high: float  # 10% of them lie above
    share: float  # of failed attempts within 5% of it; 0 where some failed far below, or more were open

    @property
    def strength(self) -> float:
        """0 where half or less of the failures stand at the level, 1 where all do."""
        return max(0.0, 2 * self.share - 1)


def standing(facts: Facts) -> Standing | None:
    """Return the level at which open connections stood while attempts failed, None where too few failed."""
    concurrency, failed = facts.attempts["open"].to_numpy(), facts.attempts["failed"].to_numpy()
    level = concurrency[failed]
    if len(level) < 5:
        return None
    middle = float(np.median(level))
    near = np.abs(level - middle) <= 0.05 * middle
    never_above = concurrency.max() <= 1.1 * middle + 2
    below = failed[concurrency < 0.9 * middle]
    quiet_below = len(below) >= 5 and float(below.mean()) <= 0.05
    share = float(near.mean()) if never_above and quiet_below else 0.0
    low, high = np.quantile(level, [0.1, 0.9])
    return Standing(level=middle, low=float(low), high=float(high), share=share)
