"""An If Controller runs its condition as JavaScript.

Why: Without useExpression the condition is JavaScript, run by an interpreter at each pass: at some
hundred callers that alone can hold the threads back.

Fix: switch 'Interpret Condition as Variable Expression' on, with a __jexl3 or __groovy condition

Source: JMeter's component reference, If Controller: Interpret Condition as Variable Expression
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX050", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        javascript = node.kind == "IfController" and not node.flag("IfController.useExpression")
        if javascript and node.text("IfController.condition"):
            yield Hit(node, "the condition is run as JavaScript", node.prop("IfController.condition"))
