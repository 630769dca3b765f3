"""Load shapes as thread groups: callers over a ramp, stages up and down, arrivals."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, assert_never

from jmxgen.plan.caller import build_caller
from jmxgen.plan.model import LoopController, OpenModelThreadGroup, ThreadGroup
from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.steps import (
    Disconnect,
    Expect,
    Http,
    If,
    Listen,
    Pause,
    Ping,
    Repeat,
    Request,
    Send,
    Set,
    Stream,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.plan.caller import Caller
    from jmxgen.plan.knobs import Knobs
    from jmxgen.plan.model import Element
    from jmxgen.scenario.demand import Arrivals, Load, Stage
    from jmxgen.scenario.model import Scenario
    from jmxgen.scenario.steps import Step

CALLERS: Final = "callers"
# A group with a delay needs an end in JMeter. Callers stop by themselves; this is only for those that hang.
_HARD_END_SECONDS: Final = 3600
_UNITS: Final = {"s": "s", "min": "min", "h": "h"}


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
        stay = f"hold={_seconds(block.goes)} over={_seconds(block.gone_over)}"
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


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")


# ------ Arrivals


def _arrivals(scenario: Scenario, arrivals: Arrivals, knobs: Knobs, caller: Caller) -> OpenModelThreadGroup:
    shape = "random_arrivals" if arrivals.spacing == "random" else "even_arrivals"
    parts = [
        f"rate({knobs['arrival_rate']}/{_UNITS[arrivals.rate.unit]})",
        f"{shape}({knobs['arrivals_for']} s)",
    ]
    if arrivals.to:
        parts.append(f"rate({arrivals.to.count:f}/{_UNITS[arrivals.to.unit]})")
    drain = arrivals.drain.ms if arrivals.drain else longest_call_ms(scenario)
    # At the schedule's end JMeter interrupts who is still there.
    parts.append(f"pause({math.ceil(drain / 1000)} s)")
    # A thread of this group runs through its children once: the caller's loop stands in a loop of its own.
    # After a failed sample JMeter begins it as if for the first time: what is done once stands before it.
    once, *rounds = build_caller(caller, "calls=1")
    forever = LoopController(name="one caller", loops="-1", children=tuple(rounds))
    return OpenModelThreadGroup(name=CALLERS, schedule=" ".join(parts), children=(once, forever))


def longest_call_ms(scenario: Scenario) -> int:
    """Return how long a caller can take: every attempt used up, every answer as late as is allowed."""
    target, reconnect = scenario.target, scenario.reconnect
    backoff = sum(min(reconnect.cap.ms, reconnect.base.ms << n) for n in range(reconnect.max_attempts - 1))
    attempts = reconnect.max_attempts * (target.connect_timeout.ms + target.read_timeout.ms)
    steps = _longest(scenario.call, target.read_timeout.ms)
    return backoff + attempts + reconnect.first_wait.ms + steps + target.read_timeout.ms


def _longest(steps: Sequence[Step], read_timeout: int) -> int:
    return sum(_longest_step(step, read_timeout) for step in steps)


def _longest_step(step: Step, read_timeout: int) -> int:  # noqa: C901, PLR0911 - a case per kind of step
    match step:
        case Listen():
            return step.listen.ms
        case Stream():
            return step.stream.length.ms
        case Pause():
            return step.pause.high.ms
        case Expect():
            return _within(step.expect.within, read_timeout)
        case Request():
            return _within(step.request.within, read_timeout)
        case Ping():
            return _within(step.ping.within, read_timeout)
        case Http():
            return step.http.connect_timeout.ms + step.http.within.ms
        case Repeat():
            return step.repeat.times * _longest(step.repeat.steps, read_timeout)
        case If():
            branches = (step.condition.then, step.condition.otherwise)
            return max(_longest(branch, read_timeout) for branch in branches)
        case Send() | Set() | Disconnect():
            return 0
        case _:
            assert_never(step)


def _within(within: Duration | None, read_timeout: int) -> int:
    return read_timeout if within is None else within.ms


# ------ How long it lasts at most


def longest_ms(scenario: Scenario) -> int:
    """Return after how many ms the load has ended at the latest, from its start.

    Each wait and each answer is then as late as is allowed, each call lost as often as `max_attempts` allows.
    """
    load, target, reconnect = scenario.load, scenario.target, scenario.reconnect
    if load.arrivals:  # at the end of the schedule JMeter ends who is still there
        drain = load.arrivals.drain.ms if load.arrivals.drain else longest_call_ms(scenario)
        return load.arrivals.length.ms + drain
    attempt = target.connect_timeout.ms + _longest(scenario.call, target.read_timeout.ms)
    attempt += 2 * target.read_timeout.ms  # of the opening, and of the close
    if load.handshake_rate:
        attempt += math.ceil(1000 * load.peak_callers / load.handshake_rate.per_second)
    call = reconnect.max_attempts * (max(reconnect.cap.ms, reconnect.first_wait.ms) + attempt)
    if load.stages:
        return sum(stage.over.ms + stage.hold.ms for stage in load.stages) + call
    return load.ramp.ms + (load.hold.ms + call if load.hold else load.calls * call)


# ------ In words


def _round(rate: float) -> str:
    """Return `2,000`, `12.5` or `0.333`."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def describe(scenario: Scenario) -> str:
    """Return what the load means, with the handshakes per second that it makes: one line for people."""
    load = scenario.load
    rate = load.ramp_rate
    pace = "all handshakes at once" if math.isinf(rate) else f"{_round(rate)} handshakes a second"
    if load.arrivals:
        shape = f"arrivals at {load.arrivals.rate} for {load.arrivals.length}"
    elif load.stages:
        shape = f"up to {load.peak_callers} callers in {len(load.stages)} stages"
    else:
        shape = f"{load.callers} callers over {load.ramp}"
        shape += f", held for {load.hold}" if load.hold else f", {load.calls} calls each"
    cap = f", never more than {load.handshake_rate}" if load.handshake_rate else ""
    longest = Duration(math.ceil(longest_ms(scenario) / 1000) * 1000)
    return f"{shape}: the ramp makes {pace}{cap}; it ends within {longest}, whatever the server does"
