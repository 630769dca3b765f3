"""A listener holds results in memory.

Why: In the GUI it holds the results of the run: JMeter's memory fills, its threads stall together, and
the pauses look like the server's. Without the GUI it does nothing.

Fix: remove or disable it for load; write results with -l and look at them after the run

Source: JMeter's manual, best practices: reducing resource requirements
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_IN_MEMORY = {
    "ViewResultsFullVisualizer": "samples with all their data",
    "TableVisualizer": "a row for each sample",
    "AssertionVisualizer": "every failed assertion",
    "GraphVisualizer": "a point for each sample",
    "RespTimeGraphVisualizer": "a point for each sample",
}


@rule("JX054", Severity.INFO)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        kept = _IN_MEMORY.get((node.element.get("guiclass") or "").rpartition(".")[2])
        if node.kind == "ResultCollector" and kept is not None:
            yield Hit(node, f"keeps {kept} in memory while the GUI runs the plan")
