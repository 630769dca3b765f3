from __future__ import annotations

import pytest

from jmxgen.jmeter.callers import most_callers
from jmxgen.jmx import tree


def _plan(*groups: str) -> tree.Tree:
    pairs = "".join(
        f'<ThreadGroup><stringProp name="ThreadGroup.num_threads">{text}</stringProp></ThreadGroup>'
        "<hashTree/>"
        for text in groups
    )
    plan = f"<jmeterTestPlan><hashTree><TestPlan/><hashTree>{pairs}</hashTree></hashTree></jmeterTestPlan>"
    return tree.parse(plan.encode(), path="plan.jmx")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500", 500),
        ("${__P(callers,500)}", 500),
        ("${__P(callers)}", None),
        ("${__property(callers,,500)}", 500),
        ("${__P(users,500)}", 40),
        ("${callers}", None),
        ("${__jexl3(2*250)}", None),
        ("", None),
    ],
)
def test_a_group_has_the_callers_that_its_text_says(text: str, expected: int | None) -> None:
    assert most_callers(_plan(text), {"users": "40"}) == expected


def test_groups_add_up() -> None:
    assert most_callers(_plan("500", "${__P(more,20)}"), {}) == 520


def test_one_group_that_nobody_knows_makes_the_sum_unknown() -> None:
    assert most_callers(_plan("500", "${n}"), {}) is None


def test_a_plan_without_groups_has_no_number() -> None:
    assert most_callers(_plan(), {}) is None
