"""With the connection open, a timer or pause waits longer than the server's ping interval.

Why: The plugin answers pings only while a sampler reads. A server that pings in the meantime gets no
pong, closes with 1011 or just drops the connection: the plan's own doing, which looks like an idle
timeout. The older plugin answers pings at any time, but proxies end connections that idle too long.

Fix: wait in an optional Single Read under a Ping Frame Filter, or state the server's interval: --set
ping_interval=60s (older plugin: --set idle_timeout=5m)

Source: plugin README, Ping/Pong Frame Filter; RFC 6455, 5.5.2; seen in a real run: 1011 keepalive ping
timeout; nginx, proxy_read_timeout: 60 s
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule
from jmxgen.units import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject


@rule("JX030", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    said: set[Node] = set()
    for flow in subject.flows:
        streaming = flow.loops and any(_streams(node) for node in flow.visited)
        for node in flow.visited:
            if elements.is_sampler(node) and (streaming or flow.may_be_open(node)):
                limit, why = _limit(subject, flow, node)
                total, worst = _longest_wait(subject, node)
                if total > limit and worst not in said:
                    said.add(worst)
                    what = f"waits up to {exact(total / 1000)} s with the connection open"
                    yield Hit(worst, f"{what} {why} {exact(limit / 1000)} s")
            streaming = streaming or _streams(node)


def _streams(node: Node) -> bool:
    """Whether it is the older plugin's sampler, and keeps its connection."""
    return node.qualified == elements.ZALESKI and node.flag("streamingConnection")


def _limit(subject: Subject, flow: Flow, node: Node) -> tuple[float, str]:
    """Return how long a wait may be, in ms, and the words that come before that number."""
    if flow.may_be_open(node):
        return subject.facts.ping_interval * 1000, "and reads nothing: over the ping interval of"
    return subject.facts.idle_timeout * 1000, "and sends nothing: over the idle timeout of proxies,"


def _longest_wait(subject: Subject, node: Node) -> tuple[float, Node]:
    """Return the most, in ms, that passes before the sampler runs, and what waits longest."""
    number = subject.values.number
    timers = [element for element in subject.tree.in_scope(node) if elements.is_timer(element)]
    waits = {timer: elements.longest_delay(timer, number) or 0 for timer in timers}
    waits[node] = number(elements.pause(node) or "") or 0
    return sum(waits.values()), max(waits, key=lambda element: waits[element])
