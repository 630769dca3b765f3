"""What a run does not show is not taken for health, nor for a cause."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from jmxgen.analysis import reading
from jmxgen.analysis.verdict import judge
from tests import jtl_rows, made
from tests.jtl_rows import Row, closed, opened, refused, used


def calls(number: int, *, last: Row | None = None) -> list[Row]:
    rows: list[Row] = []
    for n in range(number):
        end = dataclasses.replace(last, at=900) if last else closed(900)
        rows += [
            dataclasses.replace(row, at=(row.at or 0) + n * 100, thread=f"callers 1-{n}")
            for row in (opened(0), used(100), used(300), end)
        ]
    return sorted(rows, key=lambda row: (row.at or 0) + row.took)


def test_rows_that_can_not_be_read_are_not_healthy() -> None:
    run = made.healthy().run
    few = judge(dataclasses.replace(run, rows=10_000, skipped_rows={"too few columns": 100}))
    many = judge(dataclasses.replace(run, rows=10_000, skipped_rows={"too few columns": 102}))
    assert few.verdict.cause == "healthy"
    assert many.verdict.cause == "unknown"
    assert "but 102 of 10,102 rows can't be read" in many.verdict.finding


def test_errors_of_no_known_phase_are_not_healthy(tmp_path: Path) -> None:
    boom = dataclasses.replace(used(0), code="Sampler error", message="Boom", good=False)
    other = dataclasses.replace(used(0), code="E17", message="Boom", good=False)
    for last in (boom, other):
        analysis = judge(reading.read([jtl_rows.file(tmp_path, calls(50, last=last))]))
        assert analysis.run.unattributed == 50
        assert analysis.verdict.cause == "unknown"
        assert "50 of 200 rows are errors of no known phase" in analysis.verdict.finding


def test_without_thread_names_no_cause_is_named(tmp_path: Path) -> None:
    rows = [*calls(60), *(refused(1000 + n) for n in range(40))]
    found = jtl_rows.file(tmp_path, [dataclasses.replace(row, thread="") for row in rows])
    analysis = judge(reading.read([found]))
    assert [hypothesis.cause for hypothesis in analysis.hypotheses] == ["unknown"]


def test_without_any_time_no_cause_is_named(tmp_path: Path) -> None:
    rows = [dataclasses.replace(row, at=None) for row in calls(60)]
    rows += [dataclasses.replace(refused(0), at=None, thread=f"callers 2-{n}") for n in range(40)]
    analysis = judge(reading.read([jtl_rows.file(tmp_path, rows)]))
    assert analysis.counts.handshake == 40
    assert analysis.verdict.finding.startswith("40 closures of 100 connections: without the rows' times")
    assert [hypothesis.cause for hypothesis in analysis.hypotheses] == ["unknown"]
