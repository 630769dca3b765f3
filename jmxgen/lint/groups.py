"""How many callers a thread group starts, how fast, and whether it ends: JMeter's groups and the plugins'."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.units import exact

if TYPE_CHECKING:
    from jmxgen.jmx.tree import Node
    from jmxgen.lint.values import Values

# JMeter's schedule: rate(5/s), rate(300 / min), rate(1000/hour); a rate without a unit is a second's.
_RATE = re.compile(r"rate\(\s*(\d+(?:\.\d+)?)\s*(?:/\s*([a-z]+))?\s*\)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclasses.dataclass(frozen=True, slots=True)
class Pace:
    """How many callers start per second at most, in words, and the property that says so."""

    per_second: float
    words: str
    prop: str


def callers_property(group: Node) -> str:
    """Return the name of the property that says how many callers the group has."""
    return "TargetLevel" if group.prop("ThreadGroup.num_threads") is None else "ThreadGroup.num_threads"


def callers(group: Node, known: Values) -> int | None:
    """Return the most callers that the group has; None where only the run decides, or where it has a rate."""
    if group.kind == "UltimateThreadGroup":
        stages = _stages(group, known)
        return sum(stage[0] for stage in stages) if stages else None
    if group.kind in {"ArrivalsThreadGroup", "OpenModelThreadGroup", "FreeFormArrivalsThreadGroup"}:
        return None
    return known.number(group.text(callers_property(group)))


def pace(group: Node, known: Values) -> Pace | None:
    """Return how fast the group starts callers; None where only the run decides, or for a single caller."""
    match group.kind:
        case "OpenModelThreadGroup":
            return _open_model(group)
        case "FreeFormArrivalsThreadGroup":
            return _free_form(group, known)
        case "ArrivalsThreadGroup":
            return _arrivals(group, known)
        case "UltimateThreadGroup":
            steps = [(count, ramp) for count, _, ramp, *_ in _stages(group, known)]
            return _steepest(steps, "ultimatethreadgroupdata")
        case "SteppingThreadGroup":
            return _stepping(group, known)
        case _:
            return _ramp(group, known)


def ends(group: Node, known: Values) -> bool:
    """Whether the group stops its callers by itself, after a time or a number of loops."""
    if not is_plain(group):
        return True  # the plugins' groups and the open model end with their schedule
    if group.flag("ThreadGroup.scheduler"):
        return known.text(group.text("ThreadGroup.duration")) not in {"", "0"}
    return loops(group) != "-1"


def starts_with_the_test(group: Node) -> bool:
    """Whether its callers begin when the test does, beside those of other groups."""
    delayed = group.flag("ThreadGroup.scheduler") and group.text("ThreadGroup.delay") not in {"", "0"}
    return group.kind not in {"SetupThreadGroup", "PostThreadGroup"} and not delayed


def is_plain(group: Node) -> bool:
    """Whether it is one of JMeter's own groups that count loops; the others follow a schedule."""
    return group.kind in {"ThreadGroup", "SetupThreadGroup", "PostThreadGroup"}


def loops(group: Node) -> str:
    """Return how often a caller goes through the group, as the plan says it; "-1" is for ever."""
    main = group.prop("ThreadGroup.main_controller")
    if main is None or main.get("elementType") == "OpenModelThreadGroupController":
        return "1"
    values = {child.get("name"): (child.text or "").strip() for child in main}
    # Where the property is missing, LoopController's constructor has set it (seen in a real run).
    if values.get("LoopController.continue_forever", "true") == "true":
        return "-1"
    return values.get("LoopController.loops", "")


def _ramp(group: Node, known: Values) -> Pace | None:
    count = callers(group, known)
    minutes = group.text("Unit") == "M"
    prop = "ThreadGroup.ramp_time" if group.prop("ThreadGroup.ramp_time") is not None else "RampUp"
    ramp = known.number(group.text(prop))
    if count is None or ramp is None:
        return None
    return _steepest([(count, ramp * (60 if minutes else 1))], prop)


def _open_model(group: Node) -> Pace | None:
    schedule = group.text("OpenModelThreadGroup.schedule")
    rates = [float(rate) / _SECONDS.get(unit[:1], 1) for rate, unit in _RATE.findall(schedule)]
    if not rates:
        return None
    return Pace(
        max(rates),
        f"arrivals of up to {exact(max(rates))} callers per second",
        "OpenModelThreadGroup.schedule",
    )


def _arrivals(group: Node, known: Values) -> Pace | None:
    target = known.number(group.text("TargetLevel"))
    if target is None:
        return None
    rate = target / (60 if group.text("Unit") == "M" else 1)
    return Pace(rate, f"arrivals of up to {exact(rate)} callers per second", "TargetLevel")


def _free_form(group: Node, known: Values) -> Pace | None:
    """Read the schedule's rows: arrivals at their start, at their end, and how long; per second or minute."""
    rates = [rate for row in _table(group, "Schedule", known) for rate in row[:2]]
    if not rates:
        return None
    rate = max(rates) / (60 if group.text("Unit") == "M" else 1)
    return Pace(rate, f"arrivals of up to {exact(rate)} callers per second", "Schedule")


def _stepping(group: Node, known: Values) -> Pace | None:
    """Read the steps: `Start users count` more callers within `rampUp` seconds; a burst comes first."""
    names = ("ThreadGroup.num_threads", "Start users count", "Start users count burst", "rampUp")
    total, count, burst, ramp = (known.number(group.text(name)) for name in names)
    if total is None or count is None or ramp is None:
        return None
    steps = [(min(count, total), ramp), *([(min(burst, total), ramp)] if burst else [])]
    return _steepest(steps, "rampUp")


def _steepest(steps: list[tuple[int, int]], prop: str) -> Pace | None:
    steps = [(count, seconds) for count, seconds in steps if count > 1]
    if not steps:
        return None
    count, seconds = max(steps, key=lambda step: step[0] / max(step[1], 1))
    words = f"{count} callers {f'in {seconds} s' if seconds > 0 else 'at once'}"
    return Pace(count / max(seconds, 1), words, prop)


def _stages(group: Node, known: Values) -> list[list[int]]:
    """Return an Ultimate Thread Group's rows: callers, first delay, ramp, hold, shutdown; seconds."""
    return _table(group, "ultimatethreadgroupdata", known)


def _table(group: Node, name: str, known: Values) -> list[list[int]]:
    """Return the rows of a table of numbers; without those that a variable makes unknown."""
    table = group.prop(name)
    if table is None:
        return []
    rows = [[known.number((cell.text or "").strip()) for cell in row] for row in table]
    whole = [[number for number in row if number is not None] for row in rows]
    return [row for row in whole if len(row) >= 3]
