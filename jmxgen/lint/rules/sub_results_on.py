"""Frames that a filter discards are written as rows of their own.

Why: Filtered frames become sub-results, and CSV writes each as a row of its own ('open-0'): pings count
as samples and blur rates and percentiles.

Fix: jmeter.save.saveservice.subresults=false in a properties file (-q)

Source: plugin README (filtered frames are sub-results); jmeter.save.saveservice.subresults
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX055", Severity.INFO, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    filters = [node for node in subject.tree.live() if node.kind in elements.FILTERS]
    if not filters:
        return
    if subject.properties.get("jmeter.save.saveservice.subresults", "true").strip().lower() != "false":
        yield Hit(filters[0], "what this filter discards becomes rows of the results (sub-results are saved)")
    for node in subject.tree.live():
        setting = node.element.find("./objProp/value/subresults")
        writes = node.kind == "ResultCollector" and node.text("filename")
        if writes and setting is not None and (setting.text or "").strip() == "true":
            yield Hit(node, "writes frames that a filter discards as rows of their own", setting)
