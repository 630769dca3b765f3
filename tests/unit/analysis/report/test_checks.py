from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import checks
from jmxgen.errors import UsageError
from tests import made


def with_results(analysis: Analysis, **fields: Any) -> Analysis:
    return dataclasses.replace(analysis, run=dataclasses.replace(analysis.run, **fields))


def outcomes(analysis: Analysis) -> list[str]:
    return [check.outcome for check in analysis.criteria]


def test_a_criterion_must_hold_and_a_fail_on_must_not() -> None:
    judged = checks.judged(
        made.cap(),
        must_hold=["closures.handshake.rate < 1%", "closures.data.total == 0"],
        must_not_hold=["stalls > 0", "closures.handshake.total > 0"],
    )

    assert outcomes(judged) == ["missed", "met", "met", "missed"]
    assert judged.criteria[3].expression == "closures.handshake.total > 0"
    assert judged.criteria[3].actual == "103"


def test_a_wrong_name_is_reported_before_anything_is_judged() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        checks.judged(made.cap(), must_not_hold=["closures.handshake.totl > 0"])


def test_nothing_is_judged_where_nothing_was_measured() -> None:
    judged = checks.judged(
        made.empty(),
        must_hold=["closures.handshake.rate < 1%", "verdict.cause == healthy"],
        must_not_hold=["closures.data.total > 0"],
    )

    assert outcomes(judged) == ["not judged"] * 3
    assert not any(check.met for check in judged.criteria)


def test_a_single_row_is_not_a_run() -> None:
    one = with_results(made.healthy(), rows=1)

    assert outcomes(checks.judged(one, must_hold=["closures.data.total == 0"])) == ["not judged"]


def test_incomplete_results_are_judged_only_where_that_is_allowed() -> None:
    cut = with_results(
        made.healthy(), complete=False, incomplete_because="results.jtl ends in the middle of a row"
    )

    judged = checks.judged(cut, must_hold=["closures.data.total == 0"])
    allowed = checks.judged(cut, must_hold=["closures.data.total == 0"], allow_incomplete=True)

    assert outcomes(judged) == ["not judged"]
    assert judged.criteria[0].actual == checks.NOT_WHOLE
    assert outcomes(allowed) == ["met"]


def test_the_planned_callers_must_be_reached_unless_a_criterion_speaks_of_them() -> None:
    few = with_results(made.healthy(40), planned_callers=50, scenario={"load": {"hold": "10s"}})

    judged = checks.judged(few)
    own = checks.judged(few, must_hold=["callers.reached >= 30"])

    assert [(c.expression, c.outcome, c.actual) for c in judged.criteria] == [
        (checks.PLANNED_CALLERS, "missed", "40, callers.planned 50")
    ]
    assert outcomes(own) == ["met"]
