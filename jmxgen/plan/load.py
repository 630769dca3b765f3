"""Load shapes as thread groups: callers over a ramp, stages up and down, arrivals."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from jmxgen.plan.bounds import longest_call_ms
from jmxgen.plan.caller import build_caller
from jmxgen.plan.knobs import seconds
from jmxgen.plan.model import LoopController, OpenModelThreadGroup, ThreadGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.plan.caller import Caller
    from jmxgen.plan.knobs import Knobs
    from jmxgen.plan.model import Element
    from jmxgen.scenario.demand import Arrivals, Load, Stage
    from jmxgen.scenario.model import Scenario

CALLERS: Final = "callers"
# A group with a delay needs an end in JMeter. Callers stop by themselves; this is only for those that hang.
_HARD_END_SECONDS: Final = 3600


def build_groups(scenario: Scenario, knobs: Knobs, caller: Caller) -> tuple[Element, ...]:
    """Return the thread groups of a scenario's load, each with its callers."""
    load = scenario.load
    if load.arrivals:
        return (_arrivals(scenario, load.arrivals, knobs, caller),)
    if load.stages:
        return tuple(_staged(load, knobs, caller))
    stay = f"calls={knobs['calls']} ramp={knobs['ramp_up']} hold={knobs['hold']}"
    return (
        ThreadGroup(
            name=CALLERS,
            threads=knobs["callers"],
            ramp_seconds=knobs["ramp_up"],
            children=build_caller(caller, stay),
        ),
    )


# ------ Stages


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """Callers that come evenly over a time and go evenly over another; times in ms since the start."""

    callers: int
    comes: float
    over: float
    goes: float = math.inf
    gone_over: float = 0.0

    def split(self, last: int) -> tuple[Block, Block]:
        """Return the callers that come first, and the `last` ones."""
        first = self.callers - last
        cut = self.over * first / self.callers
        return (
            dataclasses.replace(self, callers=first, over=cut),
            dataclasses.replace(self, callers=last, comes=self.comes + cut, over=self.over - cut),
        )


def blocks(stages: Sequence[Stage]) -> list[Block]:
    """Return the callers of some stages in blocks, so that at each time as many are there as the stages say.

    On the way down those that came last go first, so a block is split at most once for each way down.
    """
    there: list[Block] = []
    gone: list[Block] = []
    time, callers = 0.0, 0
    for stage in stages:
        change = stage.callers - callers
        if change > 0:
            there.append(Block(change, time, stage.over.ms))
        elif change < 0:
            gone += _going(there, -change, time, stage.over.ms)
        callers = stage.callers
        time += stage.over.ms + stage.hold.ms
    gone += [dataclasses.replace(block, goes=time) for block in there]
    return sorted(gone, key=lambda block: (block.comes, block.goes))


def _going(there: list[Block], leaving: int, time: float, over: float) -> Iterator[Block]:
    """Take the callers that came last off `there`, and yield them with the time at which they go."""
    left = leaving
    while left:
        block = there.pop()
        if block.callers > left:
            stays, block = block.split(left)
            there.append(stays)
        begins = time + over * (leaving - left) / leaving
        yield dataclasses.replace(block, goes=begins, gone_over=over * block.callers / leaving)
        left -= block.callers


def _staged(load: Load, knobs: Knobs, caller: Caller) -> Iterator[ThreadGroup]:
    found = blocks(load.stages)
    for number, block in enumerate(found, 1):
        delay = round(block.comes / 1000)
        end = math.ceil((block.goes + block.gone_over) / 1000)
        stay = f"hold={seconds(block.goes)} over={seconds(block.gone_over)}"
        yield ThreadGroup(
            name=CALLERS if len(found) == 1 else f"{CALLERS} {number}",
            threads=_scaled(block.callers, load.peak_callers, knobs),
            ramp_seconds=str(round(block.over / 1000)),
            delay_seconds=str(delay) if delay else "",
            duration_seconds=str(end - delay + _HARD_END_SECONDS) if delay else "",
            children=build_caller(caller, stay),
        )


def _scaled(callers: int, peak: int, knobs: Knobs) -> str:
    """Return the expression for a part of the callers, which grows as the property `callers` does."""
    return f"${{__jexl3({callers} * {knobs['callers']} / {peak})}}"


# ------ Arrivals


def _arrivals(scenario: Scenario, arrivals: Arrivals, knobs: Knobs, caller: Caller) -> OpenModelThreadGroup:
    shape = "random_arrivals" if arrivals.spacing == "random" else "even_arrivals"
    parts = [
        f"rate({knobs['arrival_rate']}/{arrivals.rate.unit})",
        f"{shape}({knobs['arrivals_for']} s)",
    ]
    if arrivals.to:
        parts.append(f"rate({arrivals.to.count:f}/{arrivals.to.unit})")
    drain = arrivals.drain.ms if arrivals.drain else longest_call_ms(scenario)
    # At the schedule's end JMeter interrupts who is still there.
    parts.append(f"pause({math.ceil(drain / 1000)} s)")
    # A thread of this group runs through its children once: the caller's loop stands in a loop of its own.
    # After a failed sample JMeter begins it as if for the first time: what is done once stands before it.
    once, *rounds = build_caller(caller, "calls=1")
    forever = LoopController(name="one caller", loops="-1", children=tuple(rounds))
    return OpenModelThreadGroup(name=CALLERS, schedule=" ".join(parts), children=(once, forever))
