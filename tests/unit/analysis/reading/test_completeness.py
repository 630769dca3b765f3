from __future__ import annotations

import dataclasses

import numpy as np

from jmxgen.analysis.model import Run
from jmxgen.analysis.reading.completeness import why_incomplete
from tests import made
from tests.connections import connection, frame


def killed() -> Run:
    """Thirty callers with a connection each, when the file ends."""
    rows = [
        connection(
            thread=f"callers 1-{n}", attempted_at=made.START + 100 * n, opened_at=made.START + 100 * n + 5,
            last_alive_at=made.START + 9000, end="open",
        )
        for n in range(30)
    ]  # fmt: skip
    results = made.healthy().run
    seconds = results.seconds.assign(threads=np.int32(30))
    return dataclasses.replace(results, connections=frame(rows), seconds=seconds)


def test_a_run_whose_callers_went_one_by_one_is_whole() -> None:
    assert why_incomplete(made.healthy().run) is None


def test_a_file_that_ends_with_everybody_still_at_work_is_not_the_whole_run() -> None:
    assert why_incomplete(killed()) == (
        "the results end with 30 connections open and 30 of 30 callers at work: "
        "the run was killed, or still goes on"
    )


def test_a_run_that_is_known_to_have_ended_is_whole_whatever_it_left_open() -> None:
    assert why_incomplete(killed(), ended=True) is None


def test_callers_that_have_gone_leave_nothing_to_doubt() -> None:
    results = killed()
    threads = np.linspace(30, 3, len(results.seconds)).astype(np.int32)
    leaky = dataclasses.replace(results, seconds=results.seconds.assign(threads=threads))

    assert why_incomplete(leaky) is None


def test_a_torn_file_and_many_unreadable_rows_are_named() -> None:
    results = dataclasses.replace(made.healthy().run, rows=900, skipped_rows={"too few columns": 100})

    assert why_incomplete(results, broken_off=["a.jtl"]) == (
        "a.jtl ends in the middle of a row; 100 of 1,000 rows can't be read"
    )
    assert why_incomplete(dataclasses.replace(results, skipped_rows={"too few columns": 9})) is None
    assert why_incomplete(dataclasses.replace(results, skipped_rows={"the header again": 100})) is None
