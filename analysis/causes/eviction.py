"""A cap that evicts: over the limit each open ends another connection, as Genesys' channels do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.causes import peaks
from jmxgen.analysis.causes.base import significance
from jmxgen.analysis.causes.steps import WORTH_DRAWING, Jump, block_p_value, find_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

AFTER_MS = 150.0  # an eviction shows so soon after the open that caused it
ELSEWHERE_MS = (-1000.0, -700.0, 700.0, 1000.0)  # how often a loss falls into as long a time near by
BEFORE_MS = 20.0  # or this much before: the server evicts first, the 101 comes second
AT_ONCE_MS = 500.0  # only losses known so exactly can be laid beside an open


@dataclasses.dataclass(frozen=True, kw_only=True)
class Eviction:
    """The number of open connections from which on an open ends another connection."""

    step: Jump
    lost: NDArray[np.bool_]  # one per connection: lost as another opened, with the limit reached
    fit: float
    p: float


def find_eviction(facts: Facts) -> Eviction | None:
    """Find the step in how often an open is followed by the loss of another, over open connections.

    The same likelihood-ratio step as for refusals, with "another connection was lost within 150 ms" in the
    place of "the attempt failed".
    """
    noticed, after = facts.number("noticed_at"), facts.number("end_after")
    lost = np.flatnonzero(facts.once(peaks.timed_losses) & (noticed - after <= AT_ONCE_MS))
    opens = facts.open_connections.opened
    if len(lost) < 5 or len(opens) < 10:
        return None
    lost = lost[np.argsort(noticed[lost], kind="stable")]
    at = noticed[lost]

    def holds(shift: float) -> NDArray[np.bool_]:
        # Few were lost: each marks the opens near it, which are in order.
        within = np.zeros(len(opens) + 1, np.int32)
        np.add.at(within, np.searchsorted(opens, at - AFTER_MS - shift, "left"), 1)
        np.subtract.at(within, np.searchsorted(opens, at + BEFORE_MS - shift, "right"), 1)
        return np.asarray(np.cumsum(within[:-1], out=within[:-1]) > 0)

    followed = holds(0.0)
    level = facts.open_connections.at(opens - BEFORE_MS)
    step = find_step(level, followed)
    if step is None:
        return None
    over = opens[level >= step.threshold]
    place = np.searchsorted(over, at + BEFORE_MS, "right") - 1
    close = (place >= 0) & (at - over[np.maximum(place, 0)] <= AFTER_MS)
    explained = facts.marked(lost[close])
    elsewhere = float(np.mean([holds(shift)[level >= step.threshold].mean() for shift in ELSEWHERE_MS]))
    together = max(0.0, (step.above - elsewhere) / (1 - elsewhere)) if elsewhere < 1 else 0.0
    fit = step.fit * min(1.0, 1.5 * together)
    p = block_p_value(level, followed, step.ratio) if fit > WORTH_DRAWING else 1.0
    return Eviction(step=step, lost=explained, fit=fit * significance(p), p=p)
