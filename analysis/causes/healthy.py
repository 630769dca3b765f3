"""Healthy: nothing worth a cause. A few closures are the noise of every network."""

from __future__ import annotations

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.causes.base import Facts, Finding, plural
from jmxgen.analysis.model import Hypothesis

NOISE_RATE = 0.01  # closures of attempts
NOISE_COUNT = 5


def is_noise(facts: Facts) -> bool:
    """Return whether almost every caller was served almost always.

    Counted by what callers wanted, never by how often they tried: a caller wanted a connection as often as
    it got one or was refused in a row, and callers that retry at once make thousands of attempts of one
    wish. Noise is at most 5 of these that failed and 5% of them, or a rate whose Wilson interval reaches
    below 1%; stalls on at most 1% of the connections, or 2; and no caller that tried more than once and
    never got in. A run that opened nothing is not healthy.
    """
    counts = facts.counts
    if not counts.opened or _never_served(facts):
        return False
    troubles = round(float(facts.weights[facts.closures].sum()))
    refused = facts.handshake | facts.client
    wanted = counts.opened + round(float(facts.weights[refused].sum()))
    low = float(measures.wilson(troubles, max(wanted, troubles))[0])
    few = troubles <= min(NOISE_COUNT, 0.05 * wanted) or low < NOISE_RATE
    stalled = int((facts.connections["stalls"] > 0).sum())
    return few and stalled <= max(NOISE_RATE * counts.opened, 2)


def _never_served(facts: Facts) -> bool:
    """Return whether a caller tried more than once and got no connection at all."""
    by_caller = (
        facts.connections["opened_at"]
        .notna()
        .groupby([facts.connections["file"], facts.connections["thread"]], observed=True)
    )
    tried = by_caller.agg(["size", "any"])
    return bool(((tried["size"] > 1) & ~tried["any"]).any())


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
