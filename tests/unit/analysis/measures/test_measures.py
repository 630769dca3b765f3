"""Counts, open connections, rates and intervals."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis import measures
from jmxgen.analysis.model import Run
from tests.connections import connection, frame
from tests.unit.analysis.simulated import Load, simulate


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return frame([connection(**({"end": "open"} | row)) for row in rows])


def run(*rows: dict[str, Any]) -> Run:
    some = simulate("cap:limit=30", load=Load(callers=1))
    return dataclasses.replace(some, connections=table(*rows))


CLOSED = {"attempted_at": 0, "opened_at": 10, "last_alive_at": 100, "noticed_at": 100, "end": "closed"}
LOST = {
    "attempted_at": 20, "opened_at": 30, "last_alive_at": 200, "end_after": 200, "noticed_at": 300, "end": (
        "data"
    ),
    "kind": "abnormal", "last_frame_at": 150, "longest_idle": 40,
}  # fmt: skip
REFUSED = {"attempted_at": 40, "noticed_at": 45, "end": "handshake", "kind": "rejected", "status": 429}
LEAKED = {"attempted_at": 50, "opened_at": 60, "last_alive_at": 80, "end": "leaked"}
GOODBYE = LOST | {"kind": "server_close", "code": 0}


def test_closures_are_counted_by_phase_kind_and_code() -> None:
    counts = measures.count(run(CLOSED, LOST, GOODBYE, GOODBYE | {"code": 1011}, REFUSED, LEAKED))

    assert (counts.attempted, counts.opened, counts.closed, counts.leaked) == (6, 5, 1, 1)
    assert (counts.handshake, counts.handshake_kinds, counts.statuses) == (1, {"rejected": 1}, {"429": 1})
    assert (counts.data, counts.data_kinds) == (3, {"abnormal": 1, "server_close": 2})
    assert counts.codes == {"1005": 1, "1006": 1, "1011": 1}
    assert counts.handshake_rate == pytest.approx(1 / 6)
    assert counts.data_rate == pytest.approx(3 / 5)


def test_nothing_at_all_counts_as_zero() -> None:
    counts = measures.count(run())

    assert (counts.attempted, counts.peak_open, counts.handshake_rate, counts.data_rate) == (0, 0, 0.0, 0.0)
    assert measures.ages(table()).empty
    assert measures.idles(table()).empty


def test_ages_and_idle_times_of_the_lost_are_intervals() -> None:
    connections = table(LOST, CLOSED)

    ages, idles = measures.ages(connections), measures.idles(connections)

    assert ages.to_dict("records") == [
        {"low": 170.0, "high": 270.0, "closure": True},
        {"low": 90.0, "high": math.inf, "closure": False},
    ]
    assert idles.iloc[0].to_dict() == {"low": 50.0, "high": 150.0, "survived": 40.0, "closure": True}
    assert not idles.iloc[1]["closure"]


def test_a_second_holds_what_was_asked_admitted_and_lost_in_it() -> None:
    results = simulate("cap:limit=30", load=Load(callers=50, ramp_s=5, length_s=20))
    frame = results.connections

    table = measures.per_second(results)

    assert tuple(table.columns) == measures.PER_SECOND_COLUMNS
    assert table["attempts"].sum() == len(frame)
    assert table["admitted"].sum() == frame["opened_at"].notna().sum()
    assert table["handshake"].sum() == (frame["end"] == "handshake").sum()
    assert table["open"].max() <= 30


def test_wilson_agrees_with_scipy() -> None:
    from scipy import stats

    for k, n in [(0, 10), (1, 10), (5, 10), (10, 10), (81, 263)]:
        expected = stats.binomtest(k, n).proportion_ci(method="wilson")
        low, high = measures.wilson(k, n, stats.norm.ppf(0.975))

        assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_wilson_holds_the_proportion(k: int, n: int) -> None:
    k = min(k, n)

    low, high = (float(bound) for bound in measures.wilson(k, n))

    assert 0 <= low <= (k / n if n else 0) <= high <= 1


@settings(deadline=None, max_examples=40)
@given(st.randoms(use_true_random=False), st.integers(-(10**9), 10**9))
def test_neither_the_order_of_rows_nor_a_shift_in_time_changes_the_counts(random: Any, shift: int) -> None:
    rows = [CLOSED, LOST, REFUSED, LEAKED, GOODBYE]
    shuffled = random.sample(rows, len(rows))
    moved = [
        {
            key: value + shift if key.endswith("_at") or key == "end_after" else value
            for key, value in row.items()
        }
        for row in shuffled
    ]

    assert measures.count(run(*moved)) == measures.count(run(*rows))
