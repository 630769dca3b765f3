"""What changed between two runs, and what is only noise."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import pandas as pd
import pytest

from jmxgen.analysis.compare.intervals import design_effect, newcombe, percentile_interval
from jmxgen.analysis.compare.two_runs import Comparison, compare
from jmxgen.analysis.model import Analysis
from jmxgen.analysis.verdict import judge
from jmxgen.errors import ResultError
from tests import made
from tests.unit.analysis.simulated import Load, simulate

SMALL = Load(callers=60, ramp_s=6, length_s=25)


def judged(fault: str, seed: int, load: Load = SMALL) -> Analysis:
    return judge(simulate(*filter(None, [fault]), load=load, seed=seed))


def judgements(comparison: Comparison) -> dict[str, str]:
    return {change.name: change.judgement for change in comparison.changes}


def with_labels(analysis: Analysis, **columns: float) -> Analysis:
    labels = pd.DataFrame([{"label": "open", "samples": 4000, "errors": 0, **columns}])
    return dataclasses.replace(analysis, run=dataclasses.replace(analysis.run, labels=labels))


def test_newcombe_gives_the_interval_of_his_paper() -> None:
    # Newcombe 1998, table II: 56/70 less 48/80, method 10.
    low, high = newcombe((48, 80), (56, 70))

    assert low == pytest.approx(0.0524, abs=5e-5)
    assert high == pytest.approx(0.3339, abs=5e-5)


def test_the_same_server_twice_is_no_change() -> None:
    runs = [judged("random:probability=0.02", seed) for seed in range(6)]

    found = [compare(one, other) for one, other in itertools.pairwise(runs)]

    assert sum(comparison.regression for comparison in found) == 0


def test_more_losses_are_a_regression_and_fewer_are_not() -> None:
    few, many = (judged(f"random:probability={p}", 1) for p in (0.02, 0.1))

    assert judgements(compare(few, many))["closures.data.rate"] == "worse"
    assert compare(few, many).regression
    assert judgements(compare(many, few))["closures.data.rate"] == "better"
    assert not compare(many, few).regression


def test_a_lower_cap_is_worse() -> None:
    high, low = (judged(f"cap:limit={limit}", 1) for limit in (40, 30))
    name = 'hypotheses["concurrency-cap"].evidence.limit'

    assert judgements(compare(high, low))[name] == "worse"
    assert judgements(compare(low, high))[name] == "better"
    assert judgements(compare(low, judged("cap:limit=30", 2)))[name] == "same"


def test_a_healthy_run_that_falls_ill_is_a_regression() -> None:
    well, ill = judged("", 1), judged("cap:limit=30", 1)

    assert judgements(compare(well, ill))["verdict.cause"] == "worse"
    assert judgements(compare(ill, well))["verdict.cause"] == "better"


def test_attempts_of_one_caller_count_for_less_than_those_of_many() -> None:
    hit = pd.Series([True] * 50 + [False] * 50)
    own = pd.Series(range(100))
    two = pd.Series([0] * 50 + [1] * 50)

    assert design_effect(hit, own) == pytest.approx(1, abs=0.02)
    assert design_effect(hit, two) > 50


@pytest.mark.parametrize(
    ("after", "judgement"),
    [
        ({"p95": 330.0}, "same"),
        ({"p90": 400.0, "p95": 560.0}, "worse"),
        ({"p90": 120.0, "p95": 150.0, "p99": 300.0}, "better"),
    ],
)
def test_a_percentile_changes_when_its_interval_does(after: dict[str, float], judgement: str) -> None:
    analysis = judged("", 1)
    usual = {"p50": 80.0, "p90": 200.0, "p95": 300.0, "p99": 700.0, "max": 900.0}
    later = usual | after

    found = compare(with_labels(analysis, **usual), with_labels(analysis, **later))

    assert judgements(found)['labels["open"].p95'] == judgement


def test_a_percentile_of_few_samples_is_less_certain() -> None:
    row = {"samples": 400, "p50": 80, "p90": 200, "p95": 300, "p99": 700, "max": 900}

    few, many = (percentile_interval(row | {"samples": n}, 95) for n in (400, 40_000))

    assert few[0] < many[0] < 300 < many[1] < few[1]


def test_labels_that_only_one_run_has_are_named() -> None:
    analysis = judged("", 1)
    named = with_labels(analysis, p50=1, p90=1, p95=1, p99=1, max=1)

    assert compare(analysis, named).notes == ("labels only before: close, request",)


def with_results(analysis: Analysis, **fields: Any) -> Analysis:
    return dataclasses.replace(analysis, run=dataclasses.replace(analysis.run, **fields))


def test_with_less_load_nothing_is_better() -> None:
    many = judged("cap:limit=20", 1)
    few = judged("cap:limit=20", 2, dataclasses.replace(SMALL, callers=20))

    found = compare(many, few)

    assert judgements(found)["callers.reached"] == "changed"
    assert "better" not in judgements(found).values()
    assert any("nothing is called better" in note for note in found.notes)


def test_with_a_slower_ramp_nothing_is_better() -> None:
    fast = judged("random:probability=0.05", 1, dataclasses.replace(SMALL, ramp_s=2))
    slow = judged("random:probability=0.001", 2, dataclasses.replace(SMALL, ramp_s=12))

    found = compare(fast, slow)

    assert judgements(found)["ramp"] == "changed"
    assert "better" not in judgements(found).values()


def test_more_load_is_said_where_things_got_worse() -> None:
    few = judged("cap:limit=20", 1, dataclasses.replace(SMALL, callers=20))
    many = judged("cap:limit=20", 2)

    found = compare(few, many)

    assert found.regression
    assert any(note.startswith("more load after (60 callers") for note in found.notes)


def test_an_incomplete_run_is_not_better() -> None:
    ill, well = judged("cap:limit=30", 1), judged("", 2)
    cut = with_results(well, complete=False, incomplete_because="the run was interrupted")

    assert judgements(compare(ill, well))["verdict.cause"] == "better"
    assert judgements(compare(ill, cut))["verdict.cause"] == "changed"
    assert "the run after is incomplete (the run was interrupted)" in compare(ill, cut).notes[0]


def test_a_side_without_data_is_an_error() -> None:
    well = judged("", 1)

    for pair in ((well, made.empty()), (made.empty(), well)):
        with pytest.raises(ResultError, match="nothing to compare"):
            compare(*pair)


def test_a_rate_over_nothing_is_unknown() -> None:
    well = judged("", 1)
    closed = with_results(well, connections=well.run.connections.assign(opened_at=math.nan))

    [change] = [c for c in compare(well, closed).changes if c.name == "closures.data.rate"]

    assert (change.after, change.judgement) == (None, "changed")
