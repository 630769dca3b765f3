"""The plan has no WebSocket sampler.

Why: Rules about connections have nothing to look at: that they find nothing is no approval.

Fix: lint the plan that opens the connections

Source: jmxgen
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


@rule("JX092", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    plan = next((node for node in subject.tree.live() if node.kind == "TestPlan"), None)
    there = (*subject.tree.live(), *subject.running)  # a Module Controller runs what is disabled, too
    if plan is not None and not any(_may_connect(node) for node in there):
        yield Hit(plan, "no WebSocket sampler in this plan: only JMeter's own settings were checked")


def _may_connect(node: Node) -> bool:
    known = node.qualified.startswith(elements.PLUGIN) or node.qualified == elements.ZALESKI
    elsewhere = node.kind == "IncludeController" or elements.tends_connection(node)
    return known or elsewhere or elements.unknown_connection(node)
