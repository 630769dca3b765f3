"""Healthy: nothing worth a cause. A few closures are the noise of every network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import shapes, unseen
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.causes.callers import by_caller
from jmxgen.analysis.measures import callers
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import NextRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "healthy"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {}
NEXT_RUN: Final = NextRun(
    instead="nothing failed: raise the load, or let `jmxgen search` do it",
)


NOISE_RATE = 0.01  # closures of attempts
NOISE_COUNT = 5


def is_noise(facts: Facts, phase: str) -> bool:
    """Return whether almost every caller was served almost always, as far as a phase is concerned.

    Counted by what callers wanted, never by how often they tried: a caller wanted a connection as often as
    it got one or was refused in a row, and callers that retry at once make thousands of attempts of one
    wish. Noise is at most 5 of these that failed and 5% of them, or a rate whose Wilson interval reaches
    below 1%; stalls on at most 1% of the connections, or 2; and no caller that tried more than once and
    never got in. A run that opened nothing is not healthy.
    """
    counts = facts.counts
    if not counts.opened or unseen.why(facts.run) or (phase == "handshake" and _never_served(facts)):
        return False
    troubles = round(float(facts.weights[facts.trouble(phase) & facts.closures].sum()))
    wanted = counts.opened + (troubles if phase == "handshake" else 0)
    low = float(measures.wilson(troubles, max(wanted, troubles))[0])
    few = troubles <= min(NOISE_COUNT, 0.05 * wanted) or low < NOISE_RATE
    stalled = int(facts.stalled.sum()) if phase == "data" else 0
    return few and stalled <= max(NOISE_RATE * counts.opened, 2)


def _never_served(facts: Facts) -> bool:
    """Return whether a caller tried more than once and got no connection at all."""
    each = facts.once(by_caller)
    return bool((each.never_admitted & (each.tried > 1)).any())


def weigh(facts: Facts) -> Finding | None:
    """Weigh that nothing is wrong."""
    return say(facts) if all(is_noise(facts, phase) for phase in PHASES) else None


def say(facts: Facts, phase: str = "") -> Finding:
    """Say that nothing is wrong, with what little was; of one phase alone where the other is not healthy."""
    counts = facts.counts
    load = max(counts.peak_open, callers.count(facts.run).reached)
    closures, whole = counts.handshake + counts.data, counts.attempted
    if phase and not all(is_noise(facts, each) for each in PHASES):
        closures, whole = (counts.data, counts.opened) if phase == "data" else (counts.handshake, whole)
        what = "lost" if phase == "data" else "refused"
        finding = f"{closures:,} of {plural(whole, 'connection')} {what}, no more than chance"
        return _finding(facts, finding, load)
    some = f"{closures:,} of {plural(whole, 'connection')} {'was' if closures == 1 else 'were'}"
    opened = "The one connection" if counts.attempted == 1 else f"All {counts.attempted:,} connections"
    opened += " opened, and none was lost" if counts.leaked else " opened and stayed up"
    return _finding(facts, f"{some} lost or refused, no more than chance" if closures else opened, load)


def _finding(facts: Facts, words: str, load: int) -> Finding:
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="none",
            phase="none",
            finding=words,
            evidence={},
            advice=(
                Step(
                    f"Raise load.callers from {load:,} in steps, each with a hold, until closures begin.",
                    f"Raise the number of threads from {load:,} in steps, each with a hold, "
                    "until closures begin.",
                ),
            ),
        ),
        explained=np.zeros(len(facts.connections), bool),
        fit=1.0,
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how much of what callers wanted went wrong."""
    counts = facts.counts
    found = {}
    for phase in ("handshake", "data"):
        trouble = facts.trouble(phase)
        number = float(facts.weights[trouble].sum())
        wanted = counts.opened + (number if phase == "handshake" else 0.0)
        found[f"trouble of the {phase} phase, of what was wanted"] = min(1.0, number / max(wanted, 1.0))
        found[f"trouble of the {phase} phase, in number"] = shapes.many(number)
    return found
