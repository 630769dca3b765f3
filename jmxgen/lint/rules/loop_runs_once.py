"""A Loop Controller in a loop runs in the first pass only.

Why: With continue_forever=false a nested Loop Controller is done for good after its count: from the
second pass on, callers skip what is in it. Of 10 passes with 5 requests each, 5 requests are sent instead
of 50, with no error.

Fix: remove the property, or set LoopController.continue_forever to true, as JMeter's GUI does

Source: JMeter's LoopController.nextIsNull and reInitialize; seen in a real run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import groups
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject


_LOOPS = frozenset({"LoopController", "WhileController", "ForeachController", "RunTime"})


@rule("JX081", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node, flow in subject.running.items():
        forever = node.prop("LoopController.continue_forever")
        if node.kind != "LoopController" or forever is None or node.flag("LoopController.continue_forever"):
            continue
        if subject.values.number(node.text("LoopController.loops")) != -1 and _repeats(flow, node):
            yield Hit(node, "runs in the first pass only: callers skip it from then on", forever)


def _repeats(flow: Flow, node: Node) -> bool:
    """Whether a loop around it comes back to it."""
    around = [element for element in node.ancestors() if element.kind in _LOOPS]
    return groups.loops(flow.group) not in {"1", "0"} or bool(around)
