"""Play a script: the load against the server with its faults, in simulated time, to the rows of a JTL."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any, Final

from jmxgen.simulator.faults import registry
from jmxgen.simulator.runs import rows, truth
from jmxgen.simulator.runs.callers import Caller
from jmxgen.simulator.runs.clock import Clock
from jmxgen.simulator.runs.generator import Limits, LoadGenerator
from jmxgen.simulator.runs.server import Service, SimulatedServer

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.simulator.faults.base import Fault as Behaviour
    from jmxgen.simulator.runs.plan import Plan
    from jmxgen.simulator.runs.rows import Row
    from jmxgen.simulator.runs.truth import Truth

_DRAIN_S: Final = 120.0  # how long samplers may go on after the plan's end
_SLICE_S: Final = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault of a script: its name on the command line, its parameters, and what the truth says of it."""

    name: str
    values: dict[str, Any]
    cause: str | None = None  # where it stands for another cause than the fault's own; "": mere noise
    estimates: dict[str, Any] = dataclasses.field(default_factory=dict)  # by the keys of the cause's evidence
    instead: tuple[str, ...] = ()  # causes that are right as well, the best first


@dataclasses.dataclass(frozen=True, kw_only=True)
class Script:
    """All that a simulated run is made of."""

    seed: int
    plan: Plan
    service: Service = dataclasses.field(default_factory=Service)
    faults: tuple[Fault, ...] = ()
    limits: Limits = dataclasses.field(default_factory=Limits)
    limits_cause: Fault | None = None  # what the truth says of the load generator's limits
    tick_ms: float = 1.0
    cut_at: float | None = None  # seconds: the file ends here, as after a kill
    cut_bytes: int = 0
    most_rows: int = 20_000  # the file ends here at the latest


@dataclasses.dataclass(frozen=True, kw_only=True)
class SimulatedRun:
    """What a script came to."""

    script: Script
    rows: list[Row]
    truth: Truth

    def write_jtl(self, path: Path) -> None:
        """Write the results as JMeter's CSV."""
        rows.write(self.rows, path, tick_ms=self.script.tick_ms, cut_bytes=self.script.cut_bytes)


def play(script: Script) -> SimulatedRun:
    """Play a script and return its rows and its truth; the same script gives the same run."""
    clock = Clock()
    chance = random.Random(script.seed)
    made = [_make(fault) for fault in script.faults]
    server = SimulatedServer(clock, script.service, made, chance)
    server.begin()
    machine = LoadGenerator(clock, script.limits)
    plan = script.plan
    for number in range(1, plan.callers + 1):
        caller = Caller(plan, server, machine, number)
        machine.start(caller.thread(), plan.start(number) + chance.expovariate(1 / 0.005))
    until = script.cut_at
    while machine.active or clock.time < plan.ramp + 1:
        now = clock.time
        if (until is not None and now >= until) or len(machine.rows) > script.most_rows:
            break
        if plan.duration is not None and now > plan.duration + _DRAIN_S:
            break
        clock.run(now + _SLICE_S)
        clock.time = now + _SLICE_S
    seen = machine.rows
    if until is not None:
        seen = [row for row in seen if row.end < until]
    whole = seen[:-1] if script.cut_bytes else seen
    return SimulatedRun(script=script, rows=seen, truth=truth.of(script, whole, server))


def _make(fault: Fault) -> Behaviour:
    made = registry()[fault.name](**fault.values)
    if fault.cause is not None:
        made.cause = fault.cause  # type: ignore[misc]
    return made
