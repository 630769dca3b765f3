"""What the kinds of trouble have in common: how a draft is changed, and numbers that fit its plan."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from jmxgen.simulator.runs.play import Fault, Script

    Kind = Callable[[Script, random.Random], Script]

LOSSES: Final = ("reset", "reset", "eof", "eof", "cut")
REFUSALS: Final = (503, 503, 503, 429, 502, 403, "reset", "eof", "refused")


def with_faults(script: Script, *faults: Fault, **changes: Any) -> Script:
    """Return the script with more faults, and other changes."""
    return dataclasses.replace(script, faults=(*script.faults, *faults), **changes)


def duration(script: Script) -> float:
    """Return how long the plan runs, in seconds."""
    return script.plan.duration or 60.0


def fewer_than_callers(script: Script, chance: random.Random, low: float = 0.2, high: float = 0.95) -> int:
    """Return a number of connections that the plan's callers will want to exceed."""
    return max(2, round(script.plan.callers * chance.uniform(low, high)))


def openings_per_s(script: Script) -> float:
    """Return the most openings a second that the plan makes while nothing fails, roughly."""
    plan = script.plan
    waits = sum(step in ("think", "listen", "optional read") for step in plan.call)
    mean = max(plan.think.low, plan.listen.low) * waits + plan.between.low + 0.05 * len(plan.call)
    return max(plan.callers / max(plan.ramp, 1.0), plan.callers / max(mean, 0.1))


def moment(script: Script, chance: random.Random, low: float = 0.25, high: float = 0.85) -> float:
    """Return a moment of the run, between two parts of it; seconds."""
    return duration(script) * chance.uniform(low, high)


def think_longer(script: Script, chance: random.Random, seconds: float) -> Script:
    """Return the script with waits that now and then exceed so many seconds."""
    plan = script.plan
    wait = plan.think if "think" in plan.call else plan.listen
    longest = {"uniform": wait.high, "exponential": wait.low * 3, "fixed": wait.low}.get(wait.kind, 0.0)
    factor = seconds / max(longest, 0.01) * chance.uniform(1.02, 2)
    if factor > 1:
        plan = dataclasses.replace(
            plan,
            think=dataclasses.replace(plan.think, low=plan.think.low * factor, high=plan.think.high * factor),
            listen=dataclasses.replace(
                plan.listen, low=plan.listen.low * factor, high=plan.listen.high * factor
            ),
        )
    return dataclasses.replace(script, plan=plan)
