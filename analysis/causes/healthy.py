"""Healthy: nothing worth a cause. A few closures are the noise of every network."""

from __future__ import annotations

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.causes.base import Facts, Finding, plural
from jmxgen.analysis.model import Hypothesis

NOISE_RATE = 0.01  # closures of attempts
NOISE_COUNT = 5


def is_noise(facts: Facts) -> bool:
    """Return whether closures and stalls are too few for any cause.

    That is: at most 5 closures and 5% of the attempts, or a rate whose Wilson interval reaches below 1%;
    and stalls on at most 1% of the connections, or 2. A run that opened nothing is not healthy.
    """
    counts = facts.counts
    if not counts.opened:
        return False
    closures = round(float(facts.weights.sum()))
    low = float(measures.wilson(closures, max(counts.attempted, closures))[0])
    few = closures <= min(NOISE_COUNT, 0.05 * counts.attempted) or low < NOISE_RATE
    stalled = int((facts.connections["stalls"] > 0).sum())
    return few and stalled <= max(NOISE_RATE * counts.opened, 2)


def weigh(facts: Facts) -> Finding | None:
    """Weigh that nothing is wrong."""
    if not is_noise(facts):
        return None
    counts = facts.counts
    closures = counts.handshake + counts.data
    some = f"{closures:,} {'was' if closures == 1 else 'were'}" if closures else "none was"
    return Finding(
        hypothesis=Hypothesis(
            cause="healthy",
            score=round(counts.opened / (counts.opened + 3), 4),
            side="none",
            phase="none",
            finding=f"Of {plural(counts.attempted, 'connection')} {some} lost or refused",
            evidence={},
            advice=(
                (
                    f"Raise load.callers from {counts.peak_open:,} in steps, each with a hold, until "
                    "closures begin."
                ),
            ),
        ),
        explained=np.zeros(len(facts.connections), bool),
    )
