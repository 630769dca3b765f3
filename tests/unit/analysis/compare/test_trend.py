"""Where figures change over several runs, and where they only vary."""

from __future__ import annotations

import random
from typing import Any

import pytest

from jmxgen.analysis.compare.trend import NamedRun, Trend, change_point, trend


def run(
    name: str, *, lost: int = 0, callers: int = 100, p95: float = 20.0, cause: str = "healthy", **more: Any
) -> NamedRun:
    document = {
        "start": "2026-11-24T03:38:39.313Z",
        "connections": {"attempted": 500, "opened": 500, "leaked": 0, "peak_open": callers},
        "closures": {
            "handshake": {"total": 0, "rate": 0.0}, "data": {"total": lost, "rate": lost / 500},
        },
        "stalls": 0, "silent": 0, "complete": True, "callers": {"planned": None, "reached": callers},
        "verdict": {"cause": cause},
        "labels": [{"label": "open", "samples": 500, "p50": 10.0, "p95": p95}],
        **more,
    }  # fmt: skip
    return NamedRun(name=name, document=document)


def judgements(found: Trend) -> dict[str, tuple[str, int | None]]:
    return {f.name: (f.judgement, f.change) for f in found.figures if f.judgement != "same"}


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ([0, 0, 20], 2),
        ([20, 21, 19, 80, 82, 79], 3),
        ([80, 82, 20, 21, 19], 2),
        ([20, 25, 18, 22, 30, 19], None),  # noise
        ([20, 20, 20, 20], None),
        ([10, 20, 30, 40, 50, 60], None),  # a slope has no point
        ([20, 21, 19, 80, 20, 21], None),  # one run off, and back
        ([20, 90], None),  # two runs are a comparison
        ([100, 101, 100, 106, 106, 106], None),  # less than a tenth
    ],
)
def test_a_change_point_stands_out_from_the_runs_around_it(values: list[float], change: int | None) -> None:
    assert change_point(values, least=5) == change


def test_equal_runs_seldom_show_a_change() -> None:
    chance = random.Random(5)

    found = [change_point([chance.gauss(100, 15) for _ in range(8)], least=5) for _ in range(300)]

    assert sum(change is not None for change in found) <= 3


def test_what_got_worse_is_named_with_its_run() -> None:
    runs = [run(str(n)) for n in range(4)] + [run("4", lost=40, p95=90.0), run("5", lost=45, p95=95.0)]

    found = trend(runs)

    assert judgements(found) == {
        "closures.data.rate": ("worse", 4), 'labels["open"].p95': ("worse", 4),
    }  # fmt: skip
    assert found.regression


def test_a_rate_of_few_closures_is_noise() -> None:
    found = trend([run("0"), run("1"), run("2", lost=1)])

    assert not judgements(found)


def test_with_less_load_nothing_is_better() -> None:
    runs = [run(str(n), lost=50, callers=500) for n in range(3)] + [run(str(n)) for n in range(3)]

    found = trend(runs)

    assert judgements(found)["closures.data.rate"] == ("changed", 3)
    assert "less load from there on: nothing is called better" in found.notes
    assert not found.regression


def test_a_healthy_verdict_that_is_lost_is_a_regression() -> None:
    found = trend([run("0"), run("1"), run("2", cause="idle-timeout")])

    assert found.cause_change == 2
    assert found.regression
    assert trend([run("0"), run("1", cause="stall"), run("2")]).cause_change is None


def test_what_a_run_does_not_show_is_unknown_and_not_a_change() -> None:
    bare = run("2", closures={"handshake": {"total": 9, "rate": 0.9}, "data": {"total": 0, "rate": None}})

    found = {f.name: f for f in trend([run("0"), run("1"), bare]).figures}

    assert found["closures.data.rate"].values == (0.0, 0.0, None)
    assert found["closures.data.rate"].change is None


def test_an_incomplete_run_is_named() -> None:
    cut = run("night-3", complete=False, incomplete_because="the run was interrupted")

    assert "night-3 is incomplete: the run was interrupted" in trend([run("0"), run("1"), cut]).notes
