"""Work that is not done, or not in time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jmxgen.simulator.runs.kinds.draft import LOSSES, fewer_than_callers, moment, with_faults
from jmxgen.simulator.runs.play import Fault, Script
from jmxgen.simulator.runs.styles import log_uniform

if TYPE_CHECKING:
    import random


def healthy(script: Script, chance: random.Random) -> Script:
    """Nothing, or what is not worth a cause: slow answers, short pauses, packets sent again."""
    service = script.service
    match chance.randrange(6):
        case 0:
            service = dataclasses.replace(
                service, answer=log_uniform(chance, 0.1, script.plan.read_timeout / 4)
            )
        case 1:
            service = dataclasses.replace(service, loss=log_uniform(chance, 0.001, 0.06))
        case 2:
            pause = min(script.plan.read_timeout * 0.6, log_uniform(chance, 0.1, 2))
            freeze = {
                "at": moment(script, chance, 0.05),
                "lasts": pause,
                "every": log_uniform(chance, 3, 60),
            }
            return with_faults(script, Fault(name="freeze", values=freeze, cause=""))
        case 3:
            service = dataclasses.replace(service, tail=log_uniform(chance, 0.001, 0.03))
        case _:
            pass
    return dataclasses.replace(script, service=service)


def bottleneck(script: Script, chance: random.Random) -> Script:
    """Workers that can't keep up: answers slow down, then connections end or nobody waits any longer."""
    plan = script.plan
    waits = sum(step in ("think", "listen", "optional read") for step in plan.call)
    exchanges = sum(step in ("request", "request new", "write") for step in plan.call) or 1
    mean = max(plan.think.low, plan.listen.low) * waits + plan.between.low + 0.05 * len(plan.call)
    wanted = plan.callers * exchanges / mean
    per_s = wanted * chance.uniform(0.1, 0.8)
    workers = chance.choice((1, 1, 2, 4, 8))
    values: dict[str, Any] = {"workers": workers, "service": workers / per_s, "queue": 10_000_000}
    if chance.random() < 0.6:
        values["handshakes"] = 1.0
    if chance.random() < 0.2:
        values |= {
            "queue": max(1, round(per_s * log_uniform(chance, 0.5, 10))),
            "form": chance.choice(LOSSES),
        }
    fault = Fault(name="processing", values=values, estimates={"throughput_per_s": per_s})
    if chance.random() < 0.45:
        limit = log_uniform(chance, 0.8, max(1.0, script.plan.read_timeout))
        late = Fault(
            name="late",
            values={"limit": limit, "form": chance.choice(("eof", "reset", 1011))},
            estimates=fault.estimates,
        )
        return with_faults(script, late, fault)
    return with_faults(script, fault)


def conversations(script: Script, chance: random.Random) -> Script:
    """Only so many conversations are held at once; others wait on open connections."""
    limit = fewer_than_callers(script, chance, 0.2, 0.9)
    values: dict[str, Any] = {
        "workers": 10_000,
        "service": 0.005,
        "queue": 10_000_000,
        "conversations": limit,
    }
    fault = Fault(
        name="processing", values=values, estimates={"plateau": limit}, instead=("stall", "concurrency-cap")
    )
    return with_faults(script, fault)


def stall_for_a_while(script: Script, chance: random.Random) -> Script:
    """Everything, or a part, stands still for longer than clients wait."""
    lasts = script.plan.read_timeout * log_uniform(chance, 1.2, 4)
    values: dict[str, Any] = {"at": moment(script, chance, 0.15, 0.7), "lasts": lasts}
    if chance.random() < 0.3:
        values["share"] = chance.uniform(0.2, 0.7)
    if chance.random() < 0.3:
        values["backlog"] = chance.choice((1, 8, 128))
    return with_faults(script, Fault(name="freeze", values=values))


def stall_for_good(script: Script, chance: random.Random) -> Script:
    """From a moment on nothing is answered any more, or never again on some connections."""
    if chance.random() < 0.5:
        values: dict[str, Any] = {
            "at": moment(script, chance),
            "share": chance.choice((1.0, chance.uniform(0.2, 0.9))),
        }
        return with_faults(script, Fault(name="freeze", values=values))
    values = {"after": chance.randint(0, 20), "share": log_uniform(chance, 0.01, 1)}
    return with_faults(script, Fault(name="silence", values=values))


def handshakes_unanswered(script: Script, chance: random.Random) -> Script:
    """What listens takes the TCP connection, and never answers a part of the upgrade requests."""
    share = chance.choice((1.0, log_uniform(chance, 0.05, 1)))
    instead = ("outage",) if share == 1.0 else ()
    return with_faults(script, Fault(name="stall", values={"share": share}, instead=instead))
