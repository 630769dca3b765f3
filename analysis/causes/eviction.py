"""A cap that evicts: over the limit each open ends another connection, as Genesys' channels do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.causes.base import significance
from jmxgen.analysis.causes.steps import Step, block_p_value, find_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

AFTER_MS = 300.0  # an eviction shows so soon after the open that caused it
BEFORE_MS = 20.0  # or this much before: the server evicts first, the 101 comes second
AT_ONCE_MS = 500.0  # only losses known so exactly can be laid beside an open


@dataclasses.dataclass(frozen=True, kw_only=True)
class Eviction:
    """The number of open connections from which on an open ends another connection."""

    step: Step
    lost: NDArray[np.bool_]  # one a connection: lost as another opened, with the limit reached
    fit: float
    p: float


def find_eviction(facts: Facts) -> Eviction | None:
    """Find the step in how often an open is followed by the loss of another, over open connections.

    The same likelihood-ratio step as for refusals, with "another connection was lost within 300 ms" in the
    place of "the attempt failed".
    """
    noticed, after = facts.number("noticed_at"), facts.number("end_after")
    lost = np.flatnonzero(facts.timed_losses & (noticed - after <= AT_ONCE_MS))
    opened = facts.number("opened_at")
    opens = np.flatnonzero(~np.isnan(opened))
    if len(lost) < 5 or len(opens) < 10:
        return None
    opens = opens[np.argsort(opened[opens], kind="stable")]
    lost = lost[np.argsort(noticed[lost], kind="stable")]
    from_at, until = opened[opens] - BEFORE_MS, opened[opens] + AFTER_MS
    followed = np.searchsorted(noticed[lost], until, "right") > np.searchsorted(
        noticed[lost], from_at, "left"
    )
    level = measures.open_at(facts.connections, from_at)
    step = find_step(level, followed)
    if step is None:
        return None
    p = block_p_value(level, followed, step.ratio)
    over = opened[opens[level >= step.threshold]]
    place = np.searchsorted(over, noticed[lost] + BEFORE_MS, "right") - 1
    close = (place >= 0) & (noticed[lost] - over[np.maximum(place, 0)] <= AFTER_MS)
    explained = np.zeros(len(facts.connections), bool)
    explained[lost[close]] = True
    one_each = 1 - min(1.0, abs(int(close.sum()) / max(int(followed[level >= step.threshold].sum()), 1) - 1))
    fit = (0.4 + 0.6 * step.explained**0.5) * significance(p) * one_each
    return Eviction(step=step, lost=explained, fit=fit, p=p)
