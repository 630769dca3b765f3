"""Open connections at any time, against counting them one by one."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis.measures import OpenConnections, open_connections

COLUMNS = ("opened_at", "last_alive_at", "noticed_at", "end")
CLOSED = (10, 100, 100, "closed")
LOST = (30, 200, 300, "data")
REFUSED = (math.nan, math.nan, 45, "handshake")
LEAKED = (60, 80, math.nan, "leaked")
OPEN = (70, 90, math.nan, "open")


def opened(*rows: tuple[float, float, float, str]) -> OpenConnections:
    return open_connections(pd.DataFrame(list(rows), columns=list(COLUMNS)))


def test_a_connection_is_open_from_its_handshake_until_its_end_was_noticed() -> None:
    steps = opened(CLOSED, LOST, REFUSED, LEAKED).steps

    assert steps.to_dict("list") == {"at_ms": [10, 30, 60, 80, 100, 300], "open": [1, 2, 3, 2, 1, 0]}


def test_a_connection_without_an_end_stays_open() -> None:
    assert opened(LEAKED, OPEN).steps["open"].tolist() == [1, 2, 1]


def test_open_counts_what_was_open_just_before() -> None:
    found = opened(CLOSED, LOST, (100, 100, math.nan, "open"))

    assert found.at([9, 10, 11, 30, 100, 101, math.nan]).tolist() == [0, 0, 1, 1, 1, 2, 0]


def test_nothing_is_open_where_nothing_opened() -> None:
    for found in (opened(), opened(REFUSED)):
        assert found.peak == 0
        assert found.steps.empty
        assert found.at([0, 50]).tolist() == [0, 0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50), st.sampled_from(["closed", "leaked", "open"])))
)
def test_counted_one_by_one_it_is_the_same(lives: list[tuple[int, int, str]]) -> None:
    found = opened(
        *(
            (start, start + length, start + length if end == "closed" else math.nan, end)
            for start, length, end in lives
        )
    )

    def count(time: float) -> int:
        return sum(start < time and (end == "open" or time < start + length) for start, length, end in lives)

    times = [half / 2 for half in range(-2, 203)]
    assert found.at(times).tolist() == [count(time) for time in times]
    steps = found.steps
    assert steps["open"].tolist() == [count(at + 0.5) for at in steps["at_ms"]]
    assert found.peak == max((count(time) for time in times), default=0)
