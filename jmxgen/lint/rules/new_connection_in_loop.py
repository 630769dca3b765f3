"""A sampler in a loop makes a new connection each time and closes none.

Why: Each pass drops the last connection at TCP level, a 1006 for the server, and costs a handshake: the
plan measures the handshake rate, not the calls.

Fix: open once before the loop and use the existing connection, or close at the end of each pass

Source: WebSocket samplers' createNewConnection; WebsocketSampler.java disposes of the old client
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX007", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        for node in flow.openers:
            if node.kind != elements.OPEN and node in flow.replaced.get(node, ()):
                what = "createNewConnection in a loop: each pass drops the last connection without a close"
                yield Hit(node, what, node.prop("createNewConnection"))
