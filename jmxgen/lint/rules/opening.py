"""Connections that are used before they exist, or made anew again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.flow import NO_CONNECTION
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.model import Subject


@rule(
    "JX006",
    "use-before-open",
    Severity.ERROR,
    why="It fails at once with 'there is no connection', with time stamp 0: rows that look like "
    "drops, and that wreck a report's time axis.",
    source="plugin's prepareWebSocketClient; one connection a thread, in a ThreadLocal",
    mend="put an Open sampler before it, in the same thread group",
)
def use_before_open(subject: Subject) -> Iterator[Hit]:
    """A sampler uses an existing connection where there is none."""
    for flow in subject.flows:
        for node in flow.visited:
            if not elements.is_websocket(node) or elements.opens(node) is not False:
                continue
            # A controller may keep it out of the first pass: then no pass at all may come with a connection.
            states = flow.first if node in flow.certain else flow.before
            if states[node] == NO_CONNECTION:
                what = (
                    "nothing to close here"
                    if node.kind == elements.CLOSE
                    else "there is no connection to use"
                )
                yield Hit(node, f"{what}: no sampler of this thread group has opened one before it")


@rule(
    "JX007",
    "new-connection-in-loop",
    Severity.WARNING,
    why="Each pass drops the last connection at TCP level, a 1006 for the server, and costs a "
    "handshake: the plan measures the handshake rate, not the calls.",
    source="WebSocket samplers' createNewConnection; WebsocketSampler.java disposes of the old client",
    mend="open once before the loop and use the existing connection, or close at the end of each pass",
    hardened=True,
)
def new_connection_in_loop(subject: Subject) -> Iterator[Hit]:
    """A sampler in a loop makes a new connection each time and closes none."""
    for flow in subject.flows:
        for node in flow.openers:
            if node.kind != elements.OPEN and node in flow.replaced.get(node, ()):
                what = "createNewConnection in a loop: each pass drops the last connection without a close"
                yield Hit(node, what, node.prop("createNewConnection"))
