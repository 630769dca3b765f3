"""The checks of a run as JUnit XML: what CI servers show as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.report import json, text, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.analysis.model import Analysis
    from jmxgen.analysis.report.checks import Check


def render(analysis: Analysis, checks: Sequence[Check] = ()) -> str:
    """Return JUnit XML with one test case a check, and the verdict as the suite's output.

    Without checks there is one test case, which passes: the run could be read and judged.
    """
    from lxml import etree

    missed = sum(not check.met for check in checks)
    counts = {"tests": str(len(checks) or 1), "failures": str(missed), "errors": "0"}
    root = etree.Element("testsuites")
    suite = etree.SubElement(root, "testsuite", {"name": "jmxgen", "skipped": "0"})
    for name, number in counts.items():
        root.set(name, number)
        suite.set(name, number)
    suite.set("time", f"{analysis.results.seconds_long:.3f}")
    started = json.iso(analysis.results.start_ms)
    if started:
        suite.set("timestamp", started.removesuffix("Z").partition(".")[0])
    for check in checks:
        case = etree.SubElement(
            suite, "testcase", {"classname": "jmxgen.criteria", "name": words.shown(check.name)}
        )
        if not check.met:
            failure = etree.SubElement(
                case, "failure", {"message": words.shown(check.actual), "type": "missed"}
            )
            failure.text = words.shown(analysis.verdict.finding)
    if not checks:
        etree.SubElement(suite, "testcase", {"classname": "jmxgen", "name": "the results can be judged"})
    etree.SubElement(suite, "system-out").text = text.render(analysis)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8").decode() + "\n"
