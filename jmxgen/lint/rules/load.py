"""More load than was meant: on the server's handshakes, and on the machine that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements, values
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.model import Subject

_JVM_FILES = 200  # jars, logs, results: what a JMeter holds beside its sockets


def _callers(subject: Subject, group: Node) -> int | None:
    name = "ThreadGroup.num_threads" if group.prop("ThreadGroup.num_threads") is not None else "TargetLevel"
    return values.number(subject, group.text(name))


def _spread(subject: Subject, flow: Flow, opener: Node) -> bool:
    """Whether a wait that isn't fixed stands before the opener: then not the ramp alone sets the rate."""
    before = flow.visited[: flow.visited.index(opener)]
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
        callers = _callers(subject, flow.group)
        ramp = values.number(subject, flow.group.text("ThreadGroup.ramp_time"))
        opener = next(iter(flow.openers), None)
        if callers is None or ramp is None or opener is None or _spread(subject, flow, opener):
            continue
        rate, limit = callers / max(ramp, 1), subject.facts.handshake_rate
        if callers > 1 and rate > limit:
            at = flow.group.prop("ThreadGroup.ramp_time")
            over = f"in {ramp} s" if ramp > 0 else "at once"
            yield Hit(
                flow.group, f"{callers} callers {over}: {rate:g} handshakes a second, over {limit:g}", at
            )


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
