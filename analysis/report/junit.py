"""The criteria of a run as JUnit XML: what CI servers show as tests."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from jmxgen.analysis import words
from jmxgen.analysis.report import checks, headline, text
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

    from jmxgen.analysis.model import Analysis, Check

_RESULTS = "the results can be judged"


def render(analysis: Analysis) -> str:
    """Return JUnit XML with one test case for each criterion, and the verdict as the suite's output.

    A missed criterion is a failure, one that could not be judged an error. Without criteria there is one test
    case: an error where nothing was measured or the results are incomplete, else skipped, for nobody said
    what a good run is.
    """
    from lxml import etree

    suite = etree.Element("testsuite", {"name": "jmxgen"})
    for check in analysis.criteria:
        _case(suite, analysis, check)
    if not analysis.criteria:
        _no_criteria(suite, checks.unmeasured(analysis) or checks.incomplete(analysis))
    suite.set("time", f"{analysis.run.seconds_long:.3f}")
    started = iso(analysis.run.start_ms)
    if started:
        suite.set("timestamp", started.removesuffix("Z").partition(".")[0])
    etree.SubElement(suite, "system-out").text = text.render(analysis)
    return _document(suite)


def unreadable(why: str, expressions: Iterable[str] = ()) -> str:
    """Return JUnit XML of results that can't be read: each criterion is an error, and so is the reading."""
    from lxml import etree

    suite = etree.Element("testsuite", {"name": "jmxgen"})
    for name in (*expressions, _RESULTS):
        case = etree.SubElement(suite, "testcase", classname="jmxgen.criteria", name=words.shown(name))
        etree.SubElement(case, "error", message=words.shown(why), type="unreadable")
    return _document(suite)


def _case(suite: _Element, analysis: Analysis, check: Check) -> None:
    from lxml import etree

    group = "jmxgen.fail-on" if check.fail_on else "jmxgen.criteria"
    case = etree.SubElement(suite, "testcase", classname=group, name=words.shown(check.expression))
    if not check.met:
        kind = "failure" if check.outcome == "missed" else "error"
        found = etree.SubElement(case, kind, message=headline.criterion(check), type=check.outcome)
        said = [headline.warning(analysis), headline.finding(analysis)]
        found.text = " ".join(text for text in said if text)


def _no_criteria(suite: _Element, why_not: str | None) -> None:
    from lxml import etree

    case = etree.SubElement(suite, "testcase", classname="jmxgen", name=_RESULTS)
    if why_not:
        etree.SubElement(case, "error", message=words.shown(why_not), type="not judged")
    else:
        etree.SubElement(case, "skipped", message="no criteria: add `criteria` to the scenario, or --fail-on")


def _document(suite: _Element) -> str:
    """Return the suite in its frame, with the counts that CI servers want on both."""
    from lxml import etree

    found = collections.Counter(element.tag for element in suite.iter())
    root = etree.Element("testsuites")
    root.append(suite)
    names = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for element in (root, suite):
        for attribute, tag in names.items():
            element.set(attribute, str(found[tag]))
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8").decode() + "\n"
