"""A Module Controller names an element that is not in the plan.

Why: JMeter finds nothing to put in its place and doesn't run the test at all: 'has no selected Controller
(did you rename some element in the path to target controller?), test was shutdown as a consequence'.

Fix: choose the target again, or remove the Module Controller

Source: ModuleController.java, resolveReplacementSubTree
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX083", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if node.kind == "ModuleController" and subject.tree.module_target(node) is None:
            path = node.prop("ModuleController.node_path")
            labels = [] if path is None else [child.text or "" for child in path.iterchildren("stringProp")]
            yield Hit(node, f"nothing in the plan is at {' > '.join(labels[1:]) or 'its path'!r}", path)
