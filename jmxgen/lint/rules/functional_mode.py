"""Functional Test Mode is on.

Why: JMeter then saves the whole response of every sample in the results, whatever the listeners are set
to: files grow by gigabytes, and the load generator slows down under load.

Fix: switch Functional Test Mode off in the Test Plan

Source: JMeter's component reference, Test Plan: Functional Test Mode
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX056", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if node.kind == "TestPlan" and node.flag("TestPlan.functional_mode"):
            yield Hit(node, "saves the response data of every sample", node.prop("TestPlan.functional_mode"))
