"""A sampler uses an existing connection where there is none.

Why: It fails at once with 'there is no connection' and time stamp 0: rows that look like drops and break
a report's time axis.

Fix: put an Open sampler before it, in the same thread group and in every pass

Source: plugin's prepareWebSocketClient; one connection per thread, in a ThreadLocal; JMeter's component
reference, Once Only Controller
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.flow import NO_CONNECTION
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject


@rule("JX006", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        for node in flow.visited:
            if not elements.is_websocket(node) or elements.opens(node) is not False:
                continue
            what = "nothing to close here" if node.kind == elements.CLOSE else "there is no connection to use"
            if _never_opened(flow, node):
                yield Hit(node, f"{what}: no sampler of this thread group has opened a connection before it")
            elif flow.later.get(node) == NO_CONNECTION and node in flow.certain:
                yield Hit(node, f"{what} from the second pass on: no pass but the first opens a connection")


def _never_opened(flow: Flow, node: Node) -> bool:
    # A controller may keep it out of the first pass: then no pass at all may come with a connection.
    states = flow.first if node in flow.certain else flow.before
    return states[node] == NO_CONNECTION
