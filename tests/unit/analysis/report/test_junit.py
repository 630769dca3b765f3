from __future__ import annotations

from lxml import etree

from jmxgen.analysis.report import checks
from jmxgen.analysis.report import junit as report
from tests import made


def test_each_check_is_a_test_case_and_a_missed_one_fails() -> None:
    judged = checks.judge(made.cap(), must_hold=["closures.handshake.rate < 1%", "closures.data.total == 0"])

    suite = etree.fromstring(report.render(made.cap(), judged).encode())[0]

    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite.findall("testcase")] == [check.name for check in judged]
    [failure] = suite.findall("testcase/failure")
    assert failure.get("message") == "closures.handshake.rate is 0.396154"
    assert suite.get("timestamp") == "2026-09-21T14:13:20"


def test_without_checks_one_test_passes_and_tells_the_verdict() -> None:
    suite = etree.fromstring(report.render(made.empty()).encode())[0]

    assert (suite.get("tests"), suite.get("failures"), suite.get("timestamp")) == ("1", "0", None)
    assert "No WebSocket was found" in str(suite.findtext("system-out"))


def test_hostile_text_is_no_markup() -> None:
    hostile = (checks.Check(name=made.HOSTILE, met=False, actual=made.HOSTILE),)

    root = etree.fromstring(report.render(made.hostile(), hostile).encode())

    assert {element.tag for element in root.iter()} == {
        "testsuites", "testsuite", "testcase", "failure", "system-out",
    }  # fmt: skip
