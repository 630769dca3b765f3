"""Losses: all at one moment, by chance, by the rules of the server, or of the load generator itself."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jmxgen.simulator.runs.generator import Limits
from jmxgen.simulator.runs.kinds.draft import LOSSES, duration, fewer_than_callers, moment, with_faults
from jmxgen.simulator.runs.plan import Times
from jmxgen.simulator.runs.play import Fault, Script
from jmxgen.simulator.runs.styles import log_uniform

if TYPE_CHECKING:
    import random

    from jmxgen.simulator.runs.plan import Step
    from jmxgen.simulator.values import Ending


def mass(script: Script, chance: random.Random) -> Script:
    """All connections, or a part, end at one moment."""
    share = chance.choice((1.0, 1.0, 0.5, 0.33, chance.uniform(0.2, 1)))
    at = moment(script, chance)
    values: dict[str, Any] = {"at": at, "share": share, "form": chance.choice(("reset", "eof", 1001, 1012))}
    return with_faults(script, Fault(name="mass", values=values, estimates={"at": at}))


def rolling(script: Script, chance: random.Random) -> Script:
    """A deploy that restarts one node after the other."""
    times = chance.randint(2, 4)
    values: dict[str, Any] = {
        "at": moment(script, chance, 0.15, 0.5),
        "share": 1 / times,
        "times": times,
        "every": log_uniform(chance, 1, max(2.0, duration(script) / 6)),
        "form": chance.choice(("reset", "eof", 1001)),
    }
    return with_faults(script, Fault(name="mass", values=values, estimates={"at": values["at"]}))


def worker_killed(script: Script, chance: random.Random) -> Script:
    """A worker stands still, and its supervisor kills it with all that it held."""
    values: dict[str, Any] = {
        "at": moment(script, chance, 0.15, 0.7),
        "lasts": log_uniform(chance, 1, 10),
        "share": chance.choice((1.0, 0.5, 0.33, 0.25)),
        "form": chance.choice(("eof", "reset")),
    }
    at = values["at"] + values["lasts"]
    fault = Fault(
        name="freeze", values=values, cause="mass-disconnect", estimates={"at": at}, instead=("stall",)
    )
    return with_faults(script, fault)


def storm(script: Script, chance: random.Random) -> Script:
    """After a common loss all come back at once, and most are refused."""
    at = moment(script, chance, 0.3, 0.7)
    rate = script.plan.callers * log_uniform(chance, 0.02, 0.3)
    burst = max(1, round(rate * chance.uniform(0.5, 2)))
    ramp = max(script.plan.ramp, script.plan.callers / rate * 1.3)
    plan = dataclasses.replace(script.plan, ramp=min(ramp, at * 0.8), handshake_rate=None)
    return with_faults(
        script,
        Fault(
            name="mass",
            values={"at": at, "form": chance.choice(("reset", "eof", 1001))},
            estimates={"at": at},
            instead=("reconnect-storm",),
        ),
        Fault(
            name="rate",
            values={"limit": rate, "burst": burst, "form": chance.choice((429, 503, 503))},
            cause="reconnect-storm",
            estimates={"after": at},
            instead=("mass-disconnect", "handshake-rate-limit"),
        ),
        plan=plan,
    )


def random_losses(script: Script, chance: random.Random) -> Script:
    """Connections end by chance, at any age, load and time."""
    form: Ending = chance.choice(LOSSES)
    if chance.random() < 0.5:
        lived = script.plan.callers * duration(script) * 0.7  # seconds of all connections
        hazard = log_uniform(chance, 10, script.plan.callers * 2) / lived
        return with_faults(script, Fault(name="random", values={"hazard": hazard, "form": form}))
    share = log_uniform(chance, 0.01, 0.2)
    return with_faults(script, Fault(name="random", values={"probability": share, "form": form}))


def random_refusals(script: Script, chance: random.Random) -> Script:
    """Handshakes are refused by chance: a deny rule, or a backend of several that is not there."""
    share = log_uniform(chance, 0.02, 0.6)
    form = chance.choice((502, 502, 503, 500, "reset", "eof"))
    fault = Fault(name="refuse", values={"share": share, "form": form}, estimates={"rate": share})
    return with_faults(script, fault)


def random_resets(script: Script, chance: random.Random) -> Script:
    """Something between resets by chance, handshakes and connections alike."""
    share = log_uniform(chance, 0.005, 0.1)
    return with_faults(
        script,
        Fault(name="refuse", values={"share": share, "form": "reset"}, estimates={"rate": share}),
        Fault(name="random", values={"probability": share, "form": "reset"}),
    )


def server_close(script: Script, chance: random.Random) -> Script:
    """The server says goodbye by its own rules."""
    code = chance.choice((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1011, 1013, 4000, 4003))
    estimates = {"code": code}
    if chance.random() < 0.5:
        share = log_uniform(chance, 0.01, 0.3)
        fault = Fault(
            name="random",
            values={"probability": share, "form": code},
            cause="server-close",
            estimates=estimates,
            instead=("random-drop",),
        )
        return with_faults(script, fault)
    values: dict[str, Any] = {
        "message": chance.randint(1, 4),
        "form": code,
        "share": log_uniform(chance, 0.03, 1),
    }
    return with_faults(script, Fault(name="drop", values=values, cause="server-close", estimates=estimates))


def client_limits(script: Script, chance: random.Random) -> Script:
    """The load generator has too few ports or file descriptors."""
    number = fewer_than_callers(script, chance)
    ports = chance.random() < 0.5
    rest = chance.choice((0.0, 5.0, 60.0)) if ports else 0.0
    limits = Limits(ports=number, port_rest=rest) if ports else Limits(files=number)
    limits = dataclasses.replace(limits, work=script.limits.work)
    truth = Fault(name="client", values={}, estimates={"resource": "ports" if ports else "files"})
    return dataclasses.replace(script, limits=limits, limits_cause=truth)


def client_pauses(script: Script, chance: random.Random) -> Script:
    """The load generator stands still, as in garbage collections of a heap that is too small."""
    begin = moment(script, chance, 0.2, 0.6)
    pauses: list[tuple[float, float]] = []
    while begin < duration(script):
        length = log_uniform(chance, 1.0, 12.0)
        pauses.append((begin, length))
        begin += length + log_uniform(chance, 2, 30)
    limits = dataclasses.replace(script.limits, pauses=tuple(pauses))
    resource = Fault(name="client", values={}, estimates={"resource": "memory"})
    call: tuple[Step, ...] = tuple("listen" if step == "think" else step for step in script.plan.call)
    plan = dataclasses.replace(script.plan, call=call, pings="answered", between=Times())
    ping = {"interval": log_uniform(chance, 0.5, 3), "timeout": log_uniform(chance, 0.7, 3), "form": 1011}
    server = Fault(
        name="pings",
        values=ping,
        cause="client-exhaustion",
        estimates=resource.estimates,
        instead=("unanswered-pings",),
    )
    return with_faults(script, server, plan=plan, limits=limits, limits_cause=resource)
