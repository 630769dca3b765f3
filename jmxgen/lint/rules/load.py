"""More load than was meant: on the server's handshakes, and on the machine that makes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements, values
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.model import Subject

# JMeter's schedule: rate(5/s), rate(300 / min), rate(1000/hour); a rate without a unit is a second's.
_RATE = re.compile(r"rate\(\s*(\d+(?:\.\d+)?)\s*(?:/\s*([a-z]+))?\s*\)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_JVM_FILES = 200  # jars, logs, results: what a JMeter holds beside its sockets


def _callers(subject: Subject, group: Node) -> int | None:
    name = "ThreadGroup.num_threads" if group.prop("ThreadGroup.num_threads") is not None else "TargetLevel"
    return values.number(subject, group.text(name))


def _pace(subject: Subject, group: Node) -> tuple[float, str] | None:
    """Return how many callers start a second at most, and that in words; None where only the run tells."""
    schedule = group.text("OpenModelThreadGroup.schedule")
    if schedule:
        rates = [float(rate) / _SECONDS.get(unit[:1], 1) for rate, unit in _RATE.findall(schedule)]
        return (max(rates), f"arrivals of up to {max(rates):g} callers a second") if rates else None
    callers = _callers(subject, group)
    minutes = group.text("Unit") == "M"
    ramp = values.number(subject, group.text("ThreadGroup.ramp_time") or group.text("RampUp"))
    if callers is None or ramp is None or callers < 2:
        return None
    seconds = ramp * (60 if minutes else 1)
    return callers / max(seconds, 1), f"{callers} callers {f'in {seconds} s' if seconds > 0 else 'at once'}"


def _spread(subject: Subject, flow: Flow, opener: Node) -> bool:
    """Whether a wait that isn't fixed stands before the opener: then not the ramp alone sets the rate."""
    before = flow.visited[: flow.position[opener]]
    pauses = [pause for node in before if (pause := elements.pause(node)) is not None]
    timers = [timer.kind for timer in subject.tree.in_scope(opener) if elements.is_timer(timer)]
    drawn = any(kind not in {"ConstantTimer", "SyncTimer"} for kind in timers)
    return drawn or any(elements.varies(pause) for pause in pauses)


@rule(
    "JX020",
    "ramp-too-fast",
    Severity.WARNING,
    why="Connections are opened as fast as callers start. Past the server's handshake rate it refuses"
    " them, and the run shows a limit of the ramp where a limit of concurrency was looked for.",
    source="JMeter's manual, test plan: start with a ramp-up of as many seconds as threads",
    mend="lengthen the ramp, or state the server's rate: --set handshake_rate=100/s",
)
def ramp_too_fast(subject: Subject) -> Iterator[Hit]:
    """Callers start, and so open connections, faster than the server takes handshakes."""
    for flow in subject.flows:
        pace = _pace(subject, flow.group)
        opener = next(iter(flow.openers), None)
        if pace is None or opener is None or _spread(subject, flow, opener):
            continue
        rate, words = pace
        limit = subject.facts.handshake_rate
        if rate > limit:
            at = flow.group.prop("ThreadGroup.ramp_time")
            yield Hit(flow.group, f"{words}: {rate:g} handshakes a second, over {limit:g}", at)


@rule(
    "JX021",
    "too-many-callers",
    Severity.WARNING,
    why="The load generator's own limit ('Cannot assign requested address', 'Too many open files') "
    "then looks like the server dropping connections at a sharp concurrency.",
    source="net.ipv4.ip_local_port_range, RLIMIT_NOFILE; a port is needed for each connection to one address",
    mend="spread the callers over engines, raise ulimit -n, or state the machine's: --set descriptors=65536",
)
def too_many_callers(subject: Subject) -> Iterator[Hit]:
    """More callers hold connections than one machine has ports or file descriptors for."""
    plan = next((node for node in subject.tree.live() if node.kind == "TestPlan"), None)
    counted = [
        (callers, flow.group)
        for flow in subject.flows
        if flow.openers and (callers := _callers(subject, flow.group)) is not None
    ]
    if not counted:
        return
    one_by_one = plan is not None and plan.flag("TestPlan.serialize_threadgroups")
    most, group = max(counted, key=lambda pair: pair[0])
    callers = most if one_by_one else sum(count for count, _ in counted)
    facts = subject.facts
    if callers > facts.ports:
        yield Hit(group, f"{callers} callers need as many client ports: the machine has {facts.ports:g}")
    if callers + _JVM_FILES > facts.descriptors:
        need = f"{callers} callers need some {callers + _JVM_FILES} file descriptors"
        yield Hit(group, f"{need}: the machine allows {facts.descriptors:g}")


@rule(
    "JX022",
    "parallel-downloads",
    Severity.WARNING,
    why="Each caller then opens several HTTP connections of its own beside its WebSocket: the "
    "server's connections and the machine's ports are used up sooner than the callers tell.",
    source="JMeter's HTTP Request: HTTPSampler.image_parser, concurrentDwn and concurrentPool",
    mend="switch the retrieval of embedded resources, or its parallel downloads, off",
)
def parallel_downloads(subject: Subject) -> Iterator[Hit]:
    """An HTTP request downloads embedded resources in parallel."""
    for node in subject.tree.live():
        if node.flag("HTTPSampler.image_parser") and node.flag("HTTPSampler.concurrentDwn"):
            pool = node.text("HTTPSampler.concurrentPool", "6")
            what = f"downloads embedded resources over up to {pool} connections a caller"
            yield Hit(node, what, node.prop("HTTPSampler.concurrentDwn"))
