"""Callers start, and so open connections, faster than the server takes handshakes.

Why: Connections are opened as fast as callers start. Beyond the server's handshake rate it refuses them,
and the run shows a limit of the ramp where you looked for a limit of concurrency.

Fix: lengthen the ramp, or state the server's rate: --set handshake_rate=100/s

Source: JMeter's manual, test plan: start with a ramp-up of as many seconds as threads
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements, groups
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject


@rule("JX020", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    limit = subject.facts.handshake_rate
    slow: list[tuple[Flow, groups.Pace]] = []
    for flow in subject.flows:
        pace = groups.pace(flow.group, subject.values)
        opener = next(iter(flow.connecting), None)
        if pace is None or opener is None or _spread(subject, flow, opener):
            continue
        if pace.per_second <= limit:
            slow.append((flow, pace))
            continue
        rate = f"{pace.per_second:,.5g} handshakes per second, over {exact(limit)}"
        yield Hit(flow.group, f"{pace.words}: {rate}", flow.group.prop(pace.prop))
    yield from _together(subject, slow, limit)


def _together(subject: Subject, slow: list[tuple[Flow, groups.Pace]], limit: float) -> Iterator[Hit]:
    """Yield what groups do together that start at the same time, and are slow enough by themselves."""
    plan = next((node for node in subject.tree.live() if node.kind == "TestPlan"), None)
    if plan is not None and plan.flag("TestPlan.serialize_threadgroups"):
        return
    at_once = [(flow, pace) for flow, pace in slow if groups.starts_with_the_test(flow.group)]
    rate = sum(pace.per_second for _, pace in at_once)
    if rate > limit:
        flow, pace = at_once[0]
        what = f"{len(at_once)} thread groups start together"
        said = f"{what}: {rate:,.5g} handshakes per second, over {exact(limit)}"
        yield Hit(flow.group, said, flow.group.prop(pace.prop))


def _spread(subject: Subject, flow: Flow, opener: Node) -> bool:
    """Whether a wait that isn't fixed stands before the opener: then not the ramp alone sets the rate."""
    before = flow.visited[: flow.position[opener]]
    pauses = [pause for node in before if (pause := elements.pause(node)) is not None]
    timers = [timer.kind for timer in subject.tree.in_scope(opener) if elements.is_timer(timer)]
    drawn = any(kind not in {"ConstantTimer", "SyncTimer"} for kind in timers)
    return drawn or any(elements.varies(pause) for pause in pauses)
