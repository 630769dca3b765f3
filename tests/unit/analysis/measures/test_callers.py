from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from jmxgen.analysis.measures import callers
from jmxgen.analysis.model import Run
from tests import made
from tests.connections import connection


def shifts(*, load: dict[str, Any] | None = None) -> Run:
    """Two callers that leave before two others come."""
    rows = [
        connection(
            thread=f"callers 1-{n}", attempted_at=made.START + at, opened_at=made.START + at + 5,
            noticed_at=made.START + at + 900,
        )
        for n, at in enumerate([0, 100, 2000, 2100], start=1)
    ]  # fmt: skip
    results = made.analysis(rows, made.healthy().verdict).run
    seconds = results.seconds.assign(threads=np.int32(-1))
    return dataclasses.replace(results, seconds=seconds, scenario={"load": load} if load else None)


def test_callers_are_counted_at_once() -> None:
    assert callers.count(shifts()) == callers.Callers(planned=None, reached=2)
    assert callers.count(shifts(load={"hold": "1m"})).reached == 2


def test_callers_that_make_their_calls_and_go_are_counted_in_all() -> None:
    assert callers.count(shifts(load={"callers": 4, "calls": 1})).reached == 4


def test_jmeters_own_count_is_taken_where_it_is_larger() -> None:
    results = shifts()
    seconds = results.seconds.assign(threads=np.int32(7))

    assert callers.count(dataclasses.replace(results, seconds=seconds)).reached == 7


def test_a_run_without_connections_reached_nobody() -> None:
    assert callers.count(made.empty().run).reached == 0


@pytest.mark.parametrize(
    ("first", "last", "most"),
    [([0, 1, 2], [5, 5, 5], 3), ([0, 10], [5, 15], 1), ([0, 5], [5, 9], 2), ([], [], 0)],
)
def test_most_at_once(first: list[float], last: list[float], most: int) -> None:
    assert callers.most_at_once(np.array(first), np.array(last)) == most
