"""Time limits of connections: idle time, age, pings without an answer."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jmxgen.simulator.runs.kinds.draft import duration, think_longer, with_faults
from jmxgen.simulator.runs.play import Fault, Script
from jmxgen.simulator.runs.styles import log_uniform

if TYPE_CHECKING:
    import random

    from jmxgen.simulator.values import Ending


def idle(script: Script, chance: random.Random) -> Script:
    """Connections that idle too long are ended: by reset, end of stream or close frame."""
    seconds = log_uniform(chance, 1, min(60.0, duration(script) / 3))
    form: Ending = chance.choice(("eof", "eof", "reset", 1000, 1001, 1008, 4000))
    values: dict[str, Any] = {"limit": seconds, "form": form}
    estimate: float | list[float] = seconds
    if chance.random() < 0.15:
        values["every"] = seconds * chance.choice((0.25, 0.5, 1.0))
        estimate = [seconds, seconds + values["every"]]
    fault = Fault(name="idle", values=values, estimates={"seconds": estimate})
    return with_faults(think_longer(script, chance, seconds), fault)


def idle_silent(script: Script, chance: random.Random) -> Script:
    """A firewall forgets idle connections: what follows is never answered."""
    seconds = log_uniform(chance, 1, min(60.0, duration(script) / 3))
    values: dict[str, Any] = {"limit": seconds, "form": "silent"}
    fault = Fault(name="idle", values=values, estimates={"seconds": seconds}, instead=())
    return with_faults(think_longer(script, chance, seconds), fault)


def age(script: Script, chance: random.Random) -> Script:
    """Connections that grow too old are ended."""
    seconds = log_uniform(chance, 2, duration(script) * 0.6)
    form: Ending = chance.choice(("eof", "reset", 1000, 1001, 1008, 4001))
    plan = script.plan
    body = [step for step in plan.call if step not in ("open", "request new", "close")]
    first, last = plan.call[:1], plan.call[-1:] if plan.call[-1] == "close" else ()
    if body and len(body) < 40:
        plan = dataclasses.replace(plan, call=(*first, *(body * (40 // len(body) + 1)), *last))
    values: dict[str, Any] = {"limit": seconds, "form": form}
    estimate: float | list[float] = seconds
    if chance.random() < 0.2:
        spread = values["spread"] = log_uniform(chance, 0.01, 0.15)
        estimate = [seconds * (1 - spread), seconds * (1 + spread)]
    return with_faults(
        script, Fault(name="max-age", values=values, estimates={"seconds": estimate}), plan=plan
    )


def pings(script: Script, chance: random.Random) -> Script:
    """The server pings, and ends connections whose client doesn't answer."""
    interval = log_uniform(chance, 1, min(30.0, duration(script) / 4))
    timeout = interval * chance.choice((0.3, 0.5, 1.0, 1.0))
    form: Ending = chance.choice((1011, 1011, "reset", "eof", "eof"))
    plan = script.plan
    if plan.pings == "answered" and "think" not in plan.call:
        plan = dataclasses.replace(plan, pings=chance.choice(("filtered", "unfiltered")))
    values: dict[str, Any] = {"interval": interval, "timeout": timeout, "form": form}
    script = think_longer(dataclasses.replace(script, plan=plan), chance, interval + timeout)
    # The client's silence that is fatal lies between the timeout, and interval and timeout together.
    return with_faults(
        script, Fault(name="pings", values=values, estimates={"seconds": [timeout, interval + timeout]})
    )
