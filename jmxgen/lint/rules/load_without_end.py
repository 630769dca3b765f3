"""Callers loop forever, and nothing ends the test.

Why: Without the GUI such a run ends only when somebody kills it: connections are cut in the middle,
results end in the middle of a row, and a pipeline waits until its own timeout.

Fix: set a duration in the thread group, a number of loops, or a Flow Control Action that stops the thread

Source: JMeter's component reference, Thread Group: Loop Count, Specify Thread lifetime
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements, groups
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.flow import Flow
    from jmxgen.lint.subject import Subject


# How a script ends a thread or the test, or hands that to a method of its own.
_ENDS = re.compile(r"\bstop\w*\s*\(|\bsetStop\w*\s*\(|\bleave\w*\s*\(|System\s*\.\s*exit")


@rule("JX023", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for flow in subject.flows:
        if groups.ends(flow.group, subject.values) or any(_stops(node) for node in _reached(subject, flow)):
            continue
        lasting = (
            "its scheduler has no duration"
            if flow.group.flag("ThreadGroup.scheduler")
            else "it has no duration"
        )
        yield Hit(flow.group, f"callers loop forever: {lasting} and nothing in it stops a thread or the test")


def _reached(subject: Subject, flow: Flow) -> Iterator[Node]:
    """Yield what callers come by, and what applies to any of it."""
    yield from flow.visited
    yield from (
        node for node in subject.tree.live() if node.role == "scoped" or node.kind == "IncludeController"
    )


def _stops(node: Node) -> bool:
    if node.kind == "TestAction":
        return node.text("ActionProcessor.action") in {"0", "2"}
    if node.kind == "CSVDataSet":
        return node.flag("stopThread")
    text = elements.script(node)
    ends = text is not None and (elements.in_file(node) or _ENDS.search(text) is not None)
    return ends or node.kind in {"IncludeController", "ResultAction"}
