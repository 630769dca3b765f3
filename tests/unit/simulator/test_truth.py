from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from jmxgen.errors import ResultError
from jmxgen.simulator import truth

ROW = truth.TruthRow(
    id=1,
    path="/ivr?caller=3",
    key="1-1",
    token=None,
    attempted_at=1000.0,
    opened_at=1001.5,
    last_frame_at=None,
    ended_at=2000.25,
    end="data",
    kind="abnormal",
    status=None,
    code=1006,
    by="server",
    cause="concurrency-cap",
    close_frame=False,
    frames_in=0,
    frames_out=0,
)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    other = dataclasses.replace(ROW, id=2, path='/"\n\u2028é', key=None)
    file = tmp_path / "truth.jsonl"
    file.write_text(ROW.line() + other.line())

    assert truth.read(file) == [ROW, other]


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"id": 1}', '{"id": 1, "more": 2}'])
def test_a_line_that_is_none_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_text(ROW.line() + line + "\n")

    with pytest.raises(ResultError, match=r"truth\.jsonl:2"):
        truth.read(file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="can't read the truth log"):
        truth.read(tmp_path / "none")


def test_attempts_are_counted_second_by_second_with_the_empty_ones() -> None:
    at = (500.0, 600.0, 1499.0, 1500.0, 3600.0)
    rows = [dataclasses.replace(ROW, attempted_at=moment) for moment in at]

    assert truth.attempts_per_second(rows) == {0: 3, 1: 1, 2: 0, 3: 1}
    assert truth.attempts_per_second([]) == {}
