from __future__ import annotations

import pytest

from jmxgen.analysis.report import checks
from jmxgen.errors import UsageError
from tests import made


def test_a_criterion_must_hold_and_a_fail_on_must_not() -> None:
    judged = checks.judge(
        made.cap(),
        must_hold=["closures.handshake.rate < 1%", "closures.data.total == 0"],
        must_not_hold=["stalls > 0", "closures.handshake.total > 0"],
    )

    assert [check.met for check in judged] == [False, True, True, False]
    assert judged[3].name == "not (closures.handshake.total > 0)"
    assert judged[3].actual == "closures.handshake.total is 103"


def test_a_wrong_name_is_told_before_anything_is_judged() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        checks.judge(made.cap(), must_not_hold=["closures.handshake.totl > 0"])
