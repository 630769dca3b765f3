"""Leaked sessions: connections abandoned without a close frame keep their slot, until none is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, levels
from jmxgen.analysis.causes.base import Figure, Finding, significance
from jmxgen.analysis.causes.steps import WORTH_DRAWING, block_p_value
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, NextRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "leaked-sessions"
PHASES: Final = ("handshake",)
PICTURE: Final = "leak"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "leaked": Figure("abandoned", "connections"),
    "limit": Figure("limit", "connections", limit=True),
}
NEXT_RUN: Final = NextRun(
    instead=(
        "the same load with a disconnect step on every path, as a scenario's plan has it (`jmxgen harden` "
        "adds it to a plan of your own): the refusals should be gone"
    ),
    capacity=Capacity.SOME_CALLERS,
    remedy=(
        "the plan must close its connections first: a disconnect on every path (`jmxgen harden` adds it to a "
        "plan of your own)"
    ),
)


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on live and leaked connections together, against a limit on live connections alone."""
    attempts, held = facts.attempts, facts.once(levels.held)
    failed = attempts["failed"].to_numpy()
    if facts.once(levels.leaked).sum() < 3 or failed.sum() < 3:
        return None
    before = held - attempts["open"].to_numpy()
    step, rival = facts.once(levels.held_step), facts.once(levels.step)
    if step is None:
        return None
    over = failed & (held >= step.near)
    explained = facts.marked(attempts["row"].to_numpy()[over])
    number = int(before[over].max(initial=0))
    better = step.explained - (rival.explained if rival else 0.0)
    fit, part = step.fit * float(np.clip(0.5 + 5 * better, 0, 1)), 1 - step.below / step.above
    if number < 3:
        return None
    p = block_p_value(held, failed, step.ratio) if fit * part > WORTH_DRAWING else 1.0
    fit *= significance(p) * part
    limit, leaked = round(step.threshold), int(facts.once(levels.leaked).sum())
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="client",
            phase="handshake",
            finding=(
                f"Connections are refused once {limit:,} are open or abandoned ({facts.how(explained)}); "
                f"{leaked:,} were abandoned without a close"
            ),
            evidence={"leaked": leaked, "limit": limit},
            support=(
                f"open plus abandoned ones explain {step.explained:.0%} of the failures, open ones alone "
                f"{rival.explained if rival else 0:.0%}; {step.above:.0%} failed at {limit:,} or more, "
                f"{step.below:.1%} below"
            ),
            against="" if better > 0.1 else "open connections alone explain the failures nearly as well",
            advice=(
                advice.DISCONNECT,
                Step.for_all(
                    "Set websocket.thread.stop.policy=wsClose, so that threads that end in the middle of a "
                    "call close their connection."
                ),
                Step.for_all(
                    "Ask how long the server keeps the slot of a client that vanished, and whether it pings "
                    "clients to find out."
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how much better open and abandoned connections together explain the failures."""
    with_leaks, alone = facts.once(levels.held_step), facts.once(levels.step)
    together = with_leaks.explained if with_leaks else 0.0
    better = together - (alone.explained if alone else 0.0)
    opened = max(facts.counts.opened, 1)
    return {
        "failures that open and abandoned connections explain": together,
        "more than open ones alone explain": float(np.clip(2 * better, 0, 1)),
        "connections that were abandoned": min(1.0, facts.counts.leaked / opened),
    }
