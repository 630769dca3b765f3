"""The number of connections and the rate of handshakes: more than the server takes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jmxgen.simulator.runs.kinds.draft import (
    REFUSALS,
    duration,
    fewer_than_callers,
    openings_per_s,
    with_faults,
)
from jmxgen.simulator.runs.play import Fault, Script
from jmxgen.simulator.runs.styles import log_uniform

if TYPE_CHECKING:
    import random


def cap(script: Script, chance: random.Random) -> Script:
    """More connections than allowed are refused."""
    limit = fewer_than_callers(script, chance)
    values: dict[str, Any] = {"limit": limit, "form": chance.choice(REFUSALS)}
    return with_faults(script, Fault(name="cap", values=values, estimates={"limit": limit}))


def cap_drops_the_newest(script: Script, chance: random.Random) -> Script:
    """More connections than allowed are accepted and ended at once."""
    limit = fewer_than_callers(script, chance)
    form = chance.choice(("reset-after", "reset-after", "eof-after", "1013-after", "1008-after"))
    values: dict[str, Any] = {"limit": limit, "form": form}
    if chance.random() < 0.35:
        values["after"] = log_uniform(chance, 0.2, duration(script) / 4)
    return with_faults(script, Fault(name="cap", values=values, estimates={"limit": limit}))


def two_caps(script: Script, chance: random.Random) -> Script:
    """Workers with a cap each: one is full while another has room."""
    limit = fewer_than_callers(script, chance)
    workers = chance.choice((2, 2, 3, 4))
    values: dict[str, Any] = {
        "limit": limit,
        "workers": workers,
        "form": chance.choice(("reset", "eof", 503, 503)),
    }
    return with_faults(script, Fault(name="cap", values=values))


def cap_drops_the_oldest(script: Script, chance: random.Random) -> Script:
    """One connection more ends the one that was used the longest time ago."""
    limit = fewer_than_callers(script, chance, 0.5, 0.97)
    plan = script.plan
    values: dict[str, Any] = {
        "limit": limit,
        "form": chance.choice(("eof", "reset", 1000, 1008)),
        "shared": True,
    }
    plan = dataclasses.replace(plan, ramp=max(plan.ramp, duration(script) * 0.3))
    return with_faults(script, Fault(name="channels", values=values, estimates={"limit": limit}), plan=plan)


def cap_queues(script: Script, chance: random.Random) -> Script:
    """Connections beyond the limit wait for a place, unanswered, or until they are refused."""
    limit = fewer_than_callers(script, chance)
    values: dict[str, Any] = {"limit": limit}
    if chance.random() < 0.4:
        values |= {"patience": log_uniform(chance, 0.3, script.plan.read_timeout * 0.95)}
        values |= {"form": chance.choice((503, 503, 504, 429))}
    return with_faults(script, Fault(name="queue", values=values, estimates={"limit": limit}))


def leaks(script: Script, chance: random.Random) -> Script:
    """Sessions that were left without a close frame hold their slots."""
    plan = script.plan
    call = tuple(step for step in plan.call if step != "close" or chance.random() < 0.1)
    call = call[: chance.randint(3, 12)]
    plan = dataclasses.replace(plan, call=call, generated=False)
    limit = round(plan.callers * log_uniform(chance, 1.02, 2.5))
    hold = log_uniform(chance, 10, 600)
    values: dict[str, Any] = {
        "limit": limit,
        "hold": hold,
        "form": chance.choice((503, 503, 429, "reset", "eof")),
    }
    fault = Fault(name="slots", values=values, estimates={"limit": limit})
    return with_faults(script, fault, plan=plan)


def rate_bucket(script: Script, chance: random.Random) -> Script:
    """A token bucket refuses what comes too fast."""
    rate = max(8 / duration(script), openings_per_s(script) * log_uniform(chance, 0.05, 0.8))
    burst = 1 if chance.random() < 0.3 else max(1, round(rate * log_uniform(chance, 0.2, 5)))
    values: dict[str, Any] = {
        "limit": rate,
        "burst": burst,
        "form": chance.choice((429, 429, 503, 503, "reset", "eof")),
    }
    return with_faults(
        script, Fault(name="rate", values=values, estimates={"rate_per_s": rate, "burst": burst})
    )


def rate_queue(script: Script, chance: random.Random) -> Script:
    """A limit that lets handshakes wait: even 101s are late."""
    rate = max(8 / duration(script), openings_per_s(script) * log_uniform(chance, 0.03, 0.6))
    estimates = {"rate_per_s": rate}
    if chance.random() < 0.7:
        values: dict[str, Any] = {"limit": rate, "burst": 1, "form": "stall"}
        if chance.random() < 0.6:
            values["queue"] = max(1, round(rate * script.plan.read_timeout * log_uniform(chance, 0.3, 4)))
        return with_faults(script, Fault(name="rate", values=values, estimates=estimates))
    return with_faults(
        script,
        Fault(name="slow-accept", values={"rate": rate}, cause="handshake-rate-limit", estimates=estimates),
    )


def rate_window(script: Script, chance: random.Random) -> Script:
    """So many handshakes a window of the clock, then none until its end; or a counter over the last while."""
    period = chance.choice((1.0, 1.0, 5.0, 10.0, 30.0, 60.0))
    limit = max(1, round(openings_per_s(script) * period * log_uniform(chance, 0.05, 0.8)))
    values: dict[str, Any] = {
        "limit": limit,
        "period": period,
        "window": chance.choice(("fixed", "fixed", "sliding")),
        "counts": chance.choice(("admitted", "admitted", "all")),
        "form": chance.choice((429, 429, 429, 503, "reset")),
    }
    estimates = {"rate_per_s": limit / period, "period": period}
    return with_faults(script, Fault(name="window", values=values, estimates=estimates))
