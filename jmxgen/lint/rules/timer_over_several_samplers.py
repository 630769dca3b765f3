"""A timer between samplers waits before each sampler in its scope.

Why: A timer doesn't wait where it stands: it waits before every sampler at its level and below, those
above it too. Opens, reads and closes are delayed, and during the wait pings stay unanswered.

Fix: put the timer below the one sampler it is meant for, or use a Flow Control Action that pauses; a
timer for all stands before the first of them

Source: JMeter's manual, scoping rules; component reference, Timers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


@rule("JX051", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    covered: dict[Node, list[Node]] = {}
    for node in subject.running:
        if elements.is_sampler(node):
            for element in subject.tree.in_scope(node):
                if elements.is_timer(element) and "Throughput" not in element.kind and _between(element):
                    covered.setdefault(element, []).append(node)
    for timer, samplers in covered.items():
        if len(samplers) > 1 and any(elements.is_websocket(node) for node in samplers):
            names = ", ".join(repr(node.name or node.kind) for node in samplers[:3])
            more = f" and {len(samplers) - 3} more" if len(samplers) > 3 else ""
            yield Hit(timer, f"waits before each of {len(samplers)} samplers: {names}{more}")


def _between(timer: Node) -> bool:
    """Whether it follows a sampler or controller of its level, as if it waited there."""
    siblings = timer.parent.children if timer.parent is not None else timer.tree.top
    before = siblings[: siblings.index(timer)]
    return any(element.enabled and element.role in {"sampler", "controller"} for element in before)
