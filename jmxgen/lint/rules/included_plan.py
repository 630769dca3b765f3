"""Part of the plan is in another file, which is not checked.

Why: What an Include Controller runs may open, use or close connections: rules that follow them don't look
behind it.

Fix: lint the included file as well

Source: JMeter's component reference, Include Controller
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX093", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        if node.kind == "IncludeController":
            path = node.text("IncludeController.includepath")
            yield Hit(
                node, f"not checked: the included file {path!r}", node.prop("IncludeController.includepath")
            )
