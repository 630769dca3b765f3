"""One plan for several engines, so that together they do what the plan says.

Every engine runs the whole plan with the same properties (`-G`). What differs is the property ``__jm.D_TG``,
which JMeter sets on each engine to the engine's own name (RemoteJMeterEngineImpl.rconfigure). So a number
that is to be divided becomes a property by the engine's name, and all engines get all of them.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from jmxgen.errors import PlanError
from jmxgen.jmeter.callers import callers_of, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jmxgen.jmx.tree import Node, Tree

_RATE: Final = re.compile(r"\brate\(\s*(\$\{[^{}]*\}|[\d.]+)\s*/")


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """A plan for engines, and the properties that give each its part."""

    plan: bytes
    properties: Mapping[str, str]


def share(plan: Tree, engines: Sequence[str], properties: Mapping[str, str]) -> Shared:
    """Divide a plan's callers and arrivals between engines.

    Args:
        plan: the plan; its tree is changed.
        engines: their names, as JMeter is told them.
        properties: what `-J` and property files say.

    Raises:
        PlanError: a number of callers that can't be known before the run can't be divided.
    """
    from lxml import etree

    parts = {"engines": str(len(engines))}
    handed = 0  # callers beyond an even share so far: who got one fewer comes next
    for index, group in enumerate(node for node in plan.live() if node.role == "group"):
        if group.kind == "OpenModelThreadGroup":
            _share_arrivals(group, len(engines), properties)
            continue
        if group.kind in {"SetupThreadGroup", "PostThreadGroup"}:
            continue  # each engine prepares and tidies for itself
        total = callers_of(group, properties)
        if total is None:
            hint = "write a number, or a property with a number as default: ${__P(callers,500)}"
            raise PlanError("these callers can't be shared between engines", place=group.place, hint=hint)
        for engine, part in zip(engines, split(total, len(engines), handed), strict=True):
            parts[f"callers.{index}.{engine}"] = str(part)
        handed += total % len(engines)
        threads = group.prop("ThreadGroup.num_threads")
        if threads is not None:
            threads.text = f"${{__P(callers.{index}.${{__P(__jm.D_TG,)}},0)}}"
    return Shared(etree.tostring(plan.root, xml_declaration=True, encoding="UTF-8"), parts)


def split(total: int, parts: int, first: int = 0) -> list[int]:
    """Divide `total` into `parts` that differ by one at most; the larger begin at part `first` (modulo)."""
    whole, rest = divmod(total, parts)
    return [whole + ((index - first) % parts < rest) for index in range(parts)]


def _share_arrivals(group: Node, engines: int, properties: Mapping[str, str]) -> None:
    schedule = group.prop("OpenModelThreadGroup.schedule")
    if schedule is None:
        return

    def part(found: re.Match[str]) -> str:
        rate = number(found[1], properties)
        if rate is None:
            hint = "write a number, or a property with a number as default"
            raise PlanError("this rate can't be shared between engines", place=group.place, hint=hint)
        return f"rate({rate / engines:.9g}/"

    schedule.text = _RATE.sub(part, schedule.text or "")
