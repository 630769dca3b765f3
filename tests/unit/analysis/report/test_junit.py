from __future__ import annotations

import dataclasses

from lxml import etree

from jmxgen.analysis.model import Check
from jmxgen.analysis.report import checks
from jmxgen.analysis.report import junit as report
from tests import made


def test_each_criterion_is_a_test_case_and_a_missed_one_fails() -> None:
    judged = checks.judged(
        made.cap(),
        must_hold=["closures.handshake.rate < 1%", "closures.data.total == 0", "labels.opne.p95 < 1s"],
    )

    suite = etree.fromstring(report.render(judged).encode())[0]

    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "1", "0"]
    assert [case.get("name") for case in suite.findall("testcase")] == [c.expression for c in judged.criteria]
    [failure] = suite.findall("testcase/failure")
    assert failure.get("message") == "closures.handshake.rate < 1% (was 39.62%)"
    [error] = suite.findall("testcase/error")
    assert "did you mean 'open'?" in str(error.get("message"))
    assert suite.get("timestamp") == "2026-09-21T14:13:20"


def test_nothing_measured_is_an_error_never_a_pass() -> None:
    plain = etree.fromstring(report.render(made.empty()).encode())[0]
    judged = checks.judged(made.empty(), must_hold=["stalls == 0"])
    asked = etree.fromstring(report.render(judged).encode())[0]

    for suite in (plain, asked):
        assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
        assert "Nothing was measured" in str(suite.findtext("system-out"))


def test_without_criteria_nothing_is_called_passed() -> None:
    suite = etree.fromstring(report.render(made.cap()).encode())[0]

    assert (suite.get("tests"), suite.get("skipped"), suite.get("errors")) == ("1", "1", "0")


def test_an_incomplete_run_is_an_error_and_says_so_first() -> None:
    plain = made.healthy()
    results = dataclasses.replace(plain.run, complete=False, incomplete_because="the run was interrupted")

    suite = etree.fromstring(report.render(dataclasses.replace(plain, run=results)).encode())[0]

    assert suite.get("errors") == "1"
    assert str(suite.findtext("system-out")).startswith("Incomplete: the run was interrupted")


def test_results_that_can_not_be_read_are_errors_of_every_criterion() -> None:
    suite = etree.fromstring(report.unreadable("x.jtl: can't be read", ["stalls == 0"]).encode())[0]

    assert (suite.get("tests"), suite.get("errors")) == ("2", "2")


def test_hostile_text_is_not_markup() -> None:
    hostile = Check(expression=made.HOSTILE, outcome="missed", actual=made.HOSTILE)

    root = etree.fromstring(report.render(dataclasses.replace(made.hostile(), criteria=(hostile,))).encode())

    assert {element.tag for element in root.iter()} == {
        "testsuites", "testsuite", "testcase", "failure", "system-out",
    }  # fmt: skip
